"""How an instance came out, and what stands in the way of what it applies for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.registers import alike_items, list_changes
from orchestrator.services.registers.registered_lists import RegisteredLists
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.registers import LEFT, ItemListEntry, ItemListVersion


def outcomes(
    session: Session,
    instances: Sequence[ProcessInstance],
    now: datetime,
) -> dict[str, str]:
    """Instance id → how it came out: the name of its end in the diagram, and from when its decision about a
    list holds."""
    by_id = {instance.id: instance for instance in instances}
    result: dict[str, list[str]] = {}
    completed = [
        instance.id for instance in instances if instance.state == "completed"
    ]
    ends = sa.select(HistoryEntry.instance_id, HistoryEntry.element_id).where(
        HistoryEntry.instance_id.in_(completed),
        HistoryEntry.kind == "ended",
    )
    for instance_id, element_id in session.execute(ends) if completed else ():
        bundle = bundles.bundle_of(session, by_id[instance_id].definition_id)
        element = bundle.definition.elements.get(element_id or "")
        if element and element.name:
            result[instance_id] = [element.name]
        else:
            result[instance_id] = []
    deciding = [
        instance.id for instance in instances if _may_have_decided(instance)
    ]
    for version, leaves_on, left_on in (
        session.execute(_decisions(deciding)) if deciding else ()
    ):
        zone = bundles.bundle_of(
            session,
            by_id[str(version.instance_id)].definition_id,
        ).jurisdiction.timezone
        today = now.astimezone(ZoneInfo(zone)).date()
        if version.effective_on > today:
            sentence = say("尚未生效")
        else:
            sentence = say("已生效")
        words = result.setdefault(str(version.instance_id), [])
        words.append(
            say(
                "{effective_on} 起生效（{told}）",
                effective_on=version.effective_on,
                told=sentence,
            ),
        )
        words += _stay(leaves_on, left_on, today)
    return {
        instance_id: joined("，", words)
        for instance_id, words in result.items()
        if words
    }


def _decisions(
    instance_ids: Sequence[str],
) -> sa.Select[ItemListVersion, date | None, date | None]:
    """The decisions of these instances; of an item that one admitted, its last day and the day of its
    exit."""
    return (
        sa.select(ItemListVersion, ItemListEntry.leaves_on, LEFT.effective_on)
        .outerjoin(
            ItemListEntry,
            sa.and_(
                ItemListEntry.tenant_id == ItemListVersion.tenant_id,
                ItemListEntry.territory_code == ItemListVersion.territory_code,
                ItemListEntry.entered_in == ItemListVersion.number,
            ),
        )
        .outerjoin(
            LEFT,
            sa.and_(
                LEFT.tenant_id == ItemListEntry.tenant_id,
                LEFT.territory_code == ItemListEntry.territory_code,
                LEFT.number == ItemListEntry.left_in,
            ),
        )
        .where(ItemListVersion.instance_id.in_(instance_ids))
    )


def _stay(
    leaves_on: date | None,
    left_on: date | None,
    today: date,
) -> list[str]:
    """Whether what was admitted has left its list, or is there for a time only."""
    if left_on is not None:
        return [
            say("{day} 起已退出", day=left_on)
            if left_on <= today
            else say("{day} 起退出", day=left_on),
        ]
    if leaves_on is None:
        return []
    return [
        say("{day} 到期退出", day=leaves_on)
        if leaves_on < today
        else say("临时，至 {day}", day=leaves_on),
    ]


def _may_have_decided(instance: ProcessInstance) -> bool:
    """Whether a decision about a list may be its own. A running instance keeps the decision's number among
    its variables, an ended one has no variables any more."""
    return (
        instance.state != "active" or "item_list_number" in instance.variables
    )


def obstacles(
    session: Session,
    bundle: Bundle,
    instance: ProcessInstance,
    halts: Sequence[Incident],
    now: datetime,
) -> list[str]:
    """Why what a running instance applies for can't be carried out as things stand, and what stopped it.
    `halts`: its open incidents."""
    if instance.state != "active":
        return []
    stopped = [halt.message for halt in halts]
    if instance.variables.get("item_list_number"):
        return stopped
    change = list_changes.Change(
        bundle,
        instance.variables,
        instance.territory_path,
        now,
        instance.id,
    )
    sentences = list_changes.warnings(
        RegisteredLists(session, instance.tenant_id),
        change,
    )
    return list(dict.fromkeys([*stopped, *sentences]))


def alike(
    session: Session,
    bundle: Bundle,
    instance: ProcessInstance,
    now: datetime,
) -> list[alike_items.AlikeItem]:
    """What is like the item that a running instance asks to admit, while nothing is decided."""
    if instance.state != "active" or instance.variables.get(
        "item_list_number",
    ):
        return []
    change = list_changes.Change(
        bundle,
        instance.variables,
        instance.territory_path,
        now,
        instance.id,
    )
    return alike_items.alike_items(session, change)
