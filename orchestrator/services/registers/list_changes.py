"""What stands against an instance that changes an item list: told when it is applied for, on every task page,
and before an approval."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import forms
from orchestrator.domain.items import (
    Objection,
    Stay,
    admission_objection,
    barred_until,
    exit_objection,
    left_on,
    plain_name,
)
from orchestrator.domain.jurisdiction import list_word
from orchestrator.domain.list_compilation import compilation_objection
from orchestrator.domain.periods import written_day
from orchestrator.engine import expressions
from orchestrator.errors import FormInvalid
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle

ADMITS = "item-list.publish"
REMOVES = "item-list.remove"
COMPILES = "item-list.compile"
TOPICS = frozenset({ADMITS, REMOVES, COMPILES})
_NAMES_IT = frozenset({"item_name", "item_id", "listed_items", "list_kind"})
"""Variables that say which item is meant, or which items."""


class Lists(Protocol):
    """The item lists of a jurisdiction and who asks for what, in the database or in memory."""

    def lock(self, place: str) -> None:
        """Two decisions about the list of that territory wait for each other from here on."""

    def stays(self, place: str, item_id: str | None = None) -> Sequence[Stay]:
        """The stays on the territory's list, past, present and planned; of one item only, when named."""

    def rival(self, asks_for: str, except_for: str | None) -> str | None:
        """Number of a running instance that asks for the same; None when there is none but `except_for`."""

    def refused_at(self, asks_for: str) -> datetime | None:
        """When the same was refused last, where the profile bars it from then on; None when it was not."""


@dataclass(frozen=True, slots=True)
class Change:
    """An instance that is to change a list."""

    bundle: Bundle
    values: Mapping[str, Any]
    path: str
    """Of the instance's territory."""
    now: datetime
    instance_id: str | None = None
    """None before it is started."""

    @property
    def today(self) -> date:
        return self.day_of(self.now)

    def day_of(self, at: datetime) -> date:
        """The day of that instant in the jurisdiction."""
        zone = ZoneInfo(self.bundle.jurisdiction.timezone)
        return at.astimezone(zone).date()

    @property
    def topic(self) -> str | None:
        """Whether it admits, removes or compiles; None when its process does nothing of it, or what it is
        about is not yet known."""
        return _topic(self.bundle, self.values)

    @property
    def place(self) -> str:
        """Code of the territory whose list it is."""
        return _place(self.bundle, self.values, self.path)


def refuse(lists: Lists, change: Change) -> None:
    """Refuses an application that can't be carried out, or that another running instance has made already.
    Raises FormInvalid at its field."""
    if change.topic is None:
        return
    lists.lock(change.place)
    result = (
        objection(lists, change)
        or _rival(lists, change)
        or _bar(lists, change)
    )
    if result is not None:
        raise FormInvalid(
            {
                result.field: [
                    say(
                        "{sentence}。请核对后改写，或不再提出",
                        sentence=result.sentence,
                    ),
                ],
            },
        )


def refuse_completion(
    lists: Lists,
    change: Change,
    before: Mapping[str, Any],
    form: forms.Form | None,
    values: Mapping[str, Any],
) -> None:
    """Refuses a task's values that name another item than `before` for which the change can't be carried out,
    and an approval of such a change.

    What was named before stays as it was: whoever takes the application back isn't asked to rename it first.
    Raises FormInvalid.
    """
    if any(
        values.get(name) not in (None, before.get(name)) for name in _NAMES_IT
    ):
        refuse(lists, change)
    if form:
        asked = [
            field
            for field in form.inputs()
            if field.approves and values.get(field.key) == field.approves
        ]
    else:
        asked = []
    if not asked or change.topic is None:
        return
    # Two approvals at once: the second one waits here, and is told what the first one decided.
    lists.lock(change.place)
    result = objection(lists, change)
    if result is not None:
        raise FormInvalid(
            {
                asked[0].key: [
                    say(
                        "现在不能批准：{sentence}。请退回补正或不予同意",
                        sentence=result.sentence,
                    ),
                ],
            },
        )


def warnings(lists: Lists, change: Change) -> list[str]:
    """What whoever reviews the instance should know before he decides."""
    row = (objection(lists, change), _rival(lists, change))
    return [value.sentence for value in row if value is not None]


def objection(lists: Lists, change: Change) -> Objection | None:
    """Why it can't be carried out as the list stands today."""
    topic = change.topic
    if topic is None:
        return None
    if topic == COMPILES:
        return compilation_objection(
            lists.stays(change.place),
            change.values,
            change.today,
            list_word(change.bundle.jurisdiction.list_name),
        )
    if topic == ADMITS:
        name = str(change.values["item_name"])
        last_day = written_day(change.values.get("leaves_on"))
        return admission_objection(
            lists.stays(change.place),
            name,
            last_day,
            change.today,
        )
    stays = lists.stays(change.place, str(change.values["item_id"]))
    stay = next((stay for stay in stays if stay.open(change.today)), None)
    return exit_objection(
        stay,
        written_day(change.values.get("effective_on")),
        change.today,
    )


def asks_for(
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> str | None:
    """What no other running instance may ask for, as 64 hexadecimal digits; None when it asks for no change
    of a list, or has had it."""
    topic = _topic(bundle, values)
    if topic is None or values.get("item_list_number") is not None:
        return None
    if topic == COMPILES:
        what = ""
    elif topic == ADMITS:
        what = plain_name(str(values["item_name"]))
    else:
        what = str(values["item_id"])
    sentence = "\n".join((topic, _place(bundle, values, path), what))
    return hashlib.sha256(sentence.encode()).hexdigest()


_CHANGES = {ADMITS: "admission", REMOVES: "exit"}


def bars(bundle: Bundle, topics: Collection[str], end: str | None) -> bool:
    """Whether an application that ends there is refused, and barred for some months."""
    return any(
        rule is not None
        and rule.again_after_refusal > 0
        and end in rule.refused_ends
        for topic, change in _CHANGES.items()
        if topic in topics
        for rule in (bundle.jurisdiction.list_rules.get(change),)
    )


def _bar(lists: Lists, change: Change) -> Objection | None:
    """A refusal or an exit since which too few months have passed."""
    profile = change.bundle.jurisdiction
    rule = profile.list_rules.get(_CHANGES.get(change.topic or "", ""))
    if rule is None:
        return None
    field, name = _named(lists, change)
    ground = profile.cite(rule.again_citation)
    since, months = _refused_on(lists, change), rule.again_after_refusal
    last = barred_until(since, months, change.today)
    if last is not None:
        return Objection(
            field,
            say(
                "“{name}”的申请 {since} 未获同意，{months} 个月内（至 {last}）不得再次提出（{ground}）",
                name=name,
                since=since,
                months=months,
                last=last,
                ground=ground,
            ),
        )
    if not rule.again_after_exit:
        return None
    since = left_on(lists.stays(change.place), name, change.today)
    months = rule.again_after_exit
    last = barred_until(since, months, change.today)
    if last is None:
        return None
    return Objection(
        field,
        say(
            "“{name}”{since} 退出清单，{months} 个月内（至 {last}）不得再次申请纳入（{ground}）",
            name=name,
            since=since,
            months=months,
            last=last,
            ground=ground,
        ),
    )


def _named(lists: Lists, change: Change) -> tuple[str, str]:
    """The field that says which item is meant, and the item's name."""
    if change.topic == ADMITS:
        return "item_name", str(change.values["item_name"])
    stays = lists.stays(change.place, str(change.values["item_id"]))
    return "item_id", next((stay.name for stay in stays), "")


def _refused_on(lists: Lists, change: Change) -> date | None:
    wanted = asks_for(change.bundle, change.values, change.path)
    at = lists.refused_at(wanted) if wanted is not None else None
    return change.day_of(at) if at is not None else None


def _rival(lists: Lists, change: Change) -> Objection | None:
    """Another running instance that asks for the same."""
    wanted = asks_for(change.bundle, change.values, change.path)
    number = None
    if wanted is not None:
        number = lists.rival(wanted, change.instance_id)
    if number is None:
        return None
    if change.topic == COMPILES:
        return Objection(
            "list_kind",
            say("{number} 正在编制本级清单，尚未办结", number=number),
        )
    if change.topic == ADMITS:
        return Objection(
            "item_name",
            say("{number} 正在申请纳入同名事项，尚未办结", number=number),
        )
    return Objection(
        "item_id",
        say("{number} 正在提出该事项退出，尚未办结", number=number),
    )


def _topic(bundle: Bundle, values: Mapping[str, Any]) -> str | None:
    topics = bundle.definition.topics
    if ADMITS in topics and values.get("item_name"):
        return ADMITS
    if REMOVES in topics and values.get("item_id"):
        return REMOVES
    if COMPILES in topics and values.get("listed_items"):
        return COMPILES
    return None


def _place(bundle: Bundle, values: Mapping[str, Any], path: str) -> str:
    """The level that the diagram names at the step, as its expression comes out for these values; else the
    instance's own territory."""
    codes = path.strip("/").split("/")
    levels = bundle.jurisdiction.levels
    known = {"level": levels.of(path), "territory": codes[-1], **values}
    elements = bundle.definition.elements.values()
    steps = [
        element
        for element in elements
        if element.topic == _topic(bundle, values)
    ]
    for text in (
        text
        for step in steps
        for name, text in step.inputs
        if name == "list_level"
    ):
        try:
            level = expressions.fill(text, known, bundle.definition.edition)
        except ValueError:
            continue
        if level in levels.codes(path):
            return levels.codes(path)[level]
    return codes[-1]
