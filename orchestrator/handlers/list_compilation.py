"""item-list.compile: a drafted list becomes one decision with all its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.domain.items import item_code
from orchestrator.domain.jurisdiction import list_word
from orchestrator.domain.list_compilation import (
    admitted,
    compilation_objection,
)
from orchestrator.handlers.context import HandlerContext
from orchestrator.handlers.item_list import (
    add_version,
    decided,
    enter,
    listed_at,
    place_of,
    refuse,
)
from orchestrator.store.item_lists import lock_list
from orchestrator.store.registers import ServiceItem

CHANGE = "compilation"


def compile_list(context: HandlerContext) -> Mapping[str, Any]:
    """Puts the items of the draft, but for those left out, on the list of the instance's territory as one
    decision; effective on the day of the draft, or today."""
    place = place_of(context)
    today = context.today
    lock_list(context.session, context.instance.tenant_id, place)
    stays = [entry.stay for entry in listed_at(context)]
    word = list_word(context.jurisdiction.list_name)
    refuse(compilation_objection(stays, context.variables, today, word))
    version = add_version(context, CHANGE)
    rows = admitted(context.variables)
    code = item_code(place, version.number)
    for number, row in enumerate(rows, 1):
        item = _item(context, row, f"{code}-{number:02d}", number)
        enter(context, version, item)
    return {**decided(context, version), "compiled_count": len(rows)}


def _item(
    context: HandlerContext,
    row: Mapping[str, Any],
    code: str,
    number: int,
) -> ServiceItem:
    categories = context.jurisdiction.item_categories
    return ServiceItem(
        id=f"{number:02d}{context.instance.id}",
        tenant_id=context.instance.tenant_id,
        territory_code=place_of(context),
        code=code,
        name=str(row.get("name") or "").strip(),
        category=str(row.get("category") or categories[-1]),
        legal_basis=str(row.get("legal_basis") or ""),
        details={"commitment": row.get("commitment")},
        department=row.get("department") or None,
    )
