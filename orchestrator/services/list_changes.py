"""What stands against a matter that changes an item list: told when it is applied for, on every task page, and before an approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.items import Objection, admission_objection, exit_objection, plain_name
from orchestrator.domain.territory import codes_by_level
from orchestrator.errors import FormInvalid
from orchestrator.services.bundles import Bundle
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.item_lists import lock_list, stays_of

ADMITS, REMOVES = "item-list.publish", "item-list.remove"


@dataclass(frozen=True, slots=True)
class Change:
    """A matter that is to change a list."""

    bundle: Bundle
    values: Mapping[str, Any]
    path: str
    """Of the matter's territory."""
    now: datetime
    instance_id: str | None = None
    """None before it is started."""

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.bundle.jurisdiction.timezone)).date()

    @property
    def topic(self) -> str | None:
        """Whether it admits or removes; None when its process does neither, or what it is about is not yet known."""
        topics = {each.topic for each in self.bundle.definition.elements.values()}
        if ADMITS in topics and self.values.get("item_name"):
            return ADMITS
        return REMOVES if REMOVES in topics and self.values.get("item_id") else None


def refuse(session: Session, change: Change) -> None:
    """Refuses an application that can't be carried out, or that another running matter has made already. Raises FormInvalid at its field."""
    if change.topic is None:
        return
    lock_list(session, change.bundle.jurisdiction.key, _list_of(change.bundle, change.path))
    found = objection(session, change) or _rival(session, change)
    if found is not None:
        raise FormInvalid({found.field: [f"{found.sentence}。请核对后改写，或不再提出"]})


def refuse_approval(session: Session, change: Change, form: forms.Form | None, values: Mapping[str, Any]) -> None:
    """Refuses the answer that approves, as the form marks it, while the matter can't be carried out. Raises FormInvalid at that answer."""
    asked = [each for each in form.inputs() if each.approves and values.get(each.key) == each.approves] if form else []
    if not asked or change.topic is None:
        return
    # Two approvals at once: the second one waits here, and is told what the first one decided.
    lock_list(session, change.bundle.jurisdiction.key, _list_of(change.bundle, change.path))
    found = objection(session, change)
    if found is not None:
        raise FormInvalid({asked[0].key: [f"现在不能批准：{found.sentence}。请退回补正或不予同意"]})


def warnings(session: Session, change: Change) -> list[str]:
    """What whoever reviews the matter should know before he decides."""
    found = (objection(session, change), _rival(session, change))
    return [each.sentence for each in found if each is not None]


def objection(session: Session, change: Change) -> Objection | None:
    """Why it can't be carried out as the list stands today."""
    topic = change.topic
    if topic is None:
        return None
    listed = stays_of(session, change.bundle.jurisdiction.key, [_list_of(change.bundle, change.path)])
    if topic == ADMITS:
        name, last_day = str(change.values["item_name"]), _day(change.values.get("leaves_on"))
        return admission_objection((each.stay for each in listed), name, last_day, change.today)
    stays = [each.stay for each in listed if each.item.id == change.values["item_id"]]
    stay = next((each for each in stays if each.open(change.today)), None)
    return exit_objection(stay, _day(change.values.get("effective_on")), change.today)


def _rival(session: Session, change: Change) -> Objection | None:
    """Another running matter of the same list that asks for the same."""
    topic = change.topic
    if topic is None:
        return None
    place = _list_of(change.bundle, change.path)
    rows = session.execute(
        sa.select(ProcessInstance.business_key, ProcessInstance.variables, ProcessInstance.territory_path).where(
            ProcessInstance.tenant_id == change.bundle.jurisdiction.key,
            ProcessInstance.process_key == change.bundle.definition.key,
            ProcessInstance.state == "active",
            ProcessInstance.id != (change.instance_id or ""),
            sa.not_(ProcessInstance.variables["item_list_number"].as_string().is_not(None)),
        )
    )
    for row in rows:
        if _list_of(change.bundle, row.territory_path) == place and _same(topic, row.variables, change.values):
            told = "申请纳入同名事项" if topic == ADMITS else "提出该事项退出"
            return Objection("item_name" if topic == ADMITS else "item_id", f"{row.business_key} 正在{told}，尚未办结")
    return None


def _same(topic: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if topic == ADMITS:
        return plain_name(str(one.get("item_name") or "")) == plain_name(str(other.get("item_name") or ""))
    return one.get("item_id") == other.get("item_id")


def _list_of(bundle: Bundle, path: str) -> str:
    """Code of the territory whose list it is: the level that the diagram names, else the matter's own, below a county the county's."""
    levels = codes_by_level(path)
    steps = [each for each in bundle.definition.elements.values() if each.topic in (ADMITS, REMOVES)]
    named = [text for each in steps for name, text in each.inputs if name == "list_level" and text in levels]
    own = path.strip("/").split("/")[-1]
    return levels[named[0]] if named else levels.get("county", own)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10]) if text else None
    except ValueError:
        return None
