"""会签 as an instance's page tells it: who answered what, how it is counted, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from forms import Form, inputs
from orchestrator.engine import Element
from orchestrator.engine.countersign import Countersign
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.territories import Body

LAST = 400
"""Entries of the history that are looked at, the latest: a few rounds of the largest 会签."""


@dataclass(frozen=True)
class Vote:
    who: str
    body: str
    answer: str
    """The name that the form gives it."""
    at: datetime
    means: str = ""
    """`agree`, `refuse` or nothing."""


@dataclass(frozen=True)
class Ballot:
    name: str
    way: str
    votes: Sequence[Vote]
    result: str
    """How it was counted, or that it was broken off; empty while people still answer."""
    passed: bool = False


def counted(data: Mapping[str, Any]) -> str:
    """The result that a history entry keeps, in words: `按比例通过（60%）：共 5 人，同意 3，不同意 1，其他 0
    → 通过`."""
    other = data["given"] - data["agreed"] - data["refused"]
    numbers = say(
        "共 {total} 人，同意 {agreed}，不同意 {refused}",
        total=data["total"],
        agreed=data["agreed"],
        refused=data["refused"],
    )
    if other:
        others = say("，其他意见 {other}", other=other)
    else:
        others = ""
    missing = data["total"] - data["given"]
    if missing:
        unasked = say("，结果已定、未再表决 {missing}", missing=missing)
    else:
        unasked = ""
    return say(
        "{way}：{numbers}{others}{unasked}，{outcome}",
        way=data["way"],
        numbers=numbers,
        others=others,
        unasked=unasked,
        outcome=say("通过") if data["passed"] else say("未通过"),
    )


def of(session: Session, bundle: Bundle, instance_id: str) -> list[Ballot]:
    """Every 会签 of the instance that somebody has answered, the earliest first; each time it was gone
    through is one."""
    elements = {
        id_: element
        for id_, element in bundle.definition.elements.items()
        if element.countersign is not None
    }
    if not elements:
        return []
    query = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == instance_id,
        HistoryEntry.element_id.in_(elements),
        HistoryEntry.kind.in_(
            ("user-task-completed", "countersigned", "user-task-cancelled")
        ),
    )
    entries = list(
        reversed(
            session.scalars(
                query.order_by(HistoryEntry.seq.desc()).limit(LAST),
            ).all(),
        ),
    )
    people = _names(
        session,
        Person.id,
        Person.display_name,
        {entry.actor_id for entry in entries},
    )
    bodies = _names(
        session,
        Body.id,
        Body.name,
        {entry.actor_body_id for entry in entries},
    )
    open_: dict[str, list[Vote]] = {}
    broken: set[str] = set()
    ballots: list[Ballot] = []
    for entry in entries:
        element = elements[entry.element_id or ""]
        if entry.kind == "user-task-cancelled":
            # One that is counted early takes its open tasks away too: what comes next tells which it was.
            broken.add(element.id)
        elif entry.kind == "user-task-completed":
            if element.id in broken:
                ballots += _broken_off(element, open_.pop(element.id, []))
                broken.discard(element.id)
            who = people.get(entry.actor_id, say("系统"))
            body = bodies.get(entry.actor_body_id, "")
            open_.setdefault(element.id, []).append(
                _vote(
                    bundle,
                    element,
                    entry,
                    who,
                    body,
                ),
            )
        else:
            votes = open_.pop(element.id, [])
            broken.discard(element.id)
            ballots.append(
                Ballot(
                    element.name,
                    entry.data["way"],
                    votes,
                    counted(entry.data),
                    entry.data["passed"],
                ),
            )
    for id_, votes in open_.items():
        if id_ in broken:
            ballots += _broken_off(elements[id_], votes)
        else:
            ballots.append(_without_result(elements[id_], votes, ""))
    return ballots


def _broken_off(element: Element, votes: Sequence[Vote]) -> list[Ballot]:
    if not votes:
        return []
    sentence = say("本轮未表决完即终止，已提的意见不计")
    return [_without_result(element, votes, sentence)]


def _without_result(
    element: Element,
    votes: Sequence[Vote],
    result: str,
) -> Ballot:
    preset = element.countersign
    called = preset.called if preset is not None else ""
    return Ballot(element.name, called, votes, result)


def _vote(
    bundle: Bundle,
    element: Element,
    entry: HistoryEntry,
    who: str,
    body: str,
) -> Vote:
    preset = element.countersign
    assert preset is not None
    given = entry.data.get("submitted", {}).get(preset.vote)
    return Vote(
        who,
        body,
        _label(bundle.forms.get(element.form_key or ""), preset, given),
        entry.at,
        _meaning(preset, given),
    )


def _meaning(preset: Countersign, given: Any) -> str:
    if given == preset.agree:
        return "agree"
    if given == preset.refuse:
        return "refuse"
    return ""


def _label(form: Form | None, preset: Countersign, given: Any) -> str:
    for field in inputs(form.fields) if form is not None else ():
        if field.key == preset.vote:
            return next(
                (
                    option.label
                    for option in field.options
                    if option.value == given
                ),
                str(given),
            )
    if given is None:
        return ""
    return str(given)


def _names(
    session: Session,
    key: Any,
    name: Any,
    ids: set[Any],
) -> dict[Any, str]:
    wanted = {value for value in ids if value}
    return {
        row[0]: row[1]
        for row in session.execute(sa.select(key, name).where(key.in_(wanted)))
    }
