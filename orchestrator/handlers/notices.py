"""notice.publish: the public pages follow what took effect, with exactly the fields the jurisdiction
publishes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.handlers import notice_rows
from orchestrator.handlers.context import HandlerContext
from orchestrator.handlers.grid_notices import grid_notices
from orchestrator.handlers.notice_rows import NoticeSubject, NoticeText
from orchestrator.store.item_lists import stays_of, versions_of
from orchestrator.store.territories import Territory


def publish(context: HandlerContext) -> Mapping[str, Any]:
    """Refreshes the item list's notice, or the notices of the grids that an adjustment made or took areas
    from."""
    if context.variables.get("item_list_number"):
        territory = str(
            context.variables.get("item_list_territory")
            or context.instance.territory_code,
        )
        item_list_notice(
            context.session,
            context.jurisdiction,
            territory,
            context.now,
            context.instance.id,
        )
    codes = [
        *(context.variables.get("new_grids") or ()),
        *(context.variables.get("changed_grids") or ()),
    ]
    grid_notices(
        context.session,
        context.jurisdiction,
        context.instance.tenant_id,
        list(dict.fromkeys(codes)),
        context.now,
        context.instance.id,
    )
    return {}


def item_list_notice(
    session: Session,
    jurisdiction: Jurisdiction,
    territory_code: str,
    now: Any,
    instance_id: str | None,
) -> None:
    """Writes the notice of a territory's item list with the days of every decision: a page shows what is in
    force on its own day."""
    tenant_id = jurisdiction.key
    today = now.astimezone(ZoneInfo(jurisdiction.timezone)).date()
    listed = [
        stay
        for stay in stays_of(session, tenant_id, [territory_code])
        if stay.stay.open(today)
    ]
    place = session.scalar(
        sa.select(Territory.name).where(
            Territory.tenant_id == tenant_id,
            Territory.code == territory_code,
        ),
    )
    body = {
        "timezone": jurisdiction.timezone,
        "versions": [
            {
                "number": version.number,
                "effective_on": version.effective_on.isoformat(),
                "approved_by": version.approved_by,
            }
            for version in versions_of(session, tenant_id, territory_code)
        ],
        "items": [
            {
                "name": entry.item.name,
                "category": entry.item.category,
                "legal_basis": entry.item.legal_basis,
                "from": entry.stay.since.isoformat(),
                "until": _text(entry.stay.until),
                "last_day": _text(entry.stay.last_day),
            }
            for entry in listed
        ],
    }
    subject = NoticeSubject(tenant_id, "item-list", territory_code)
    text = NoticeText(f"{place}{jurisdiction.list_name}", body)
    notice_rows.put(session, subject, text, now, instance_id)


def _text(day: date | None) -> str | None:
    if day:
        return day.isoformat()
    return None
