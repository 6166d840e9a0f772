"""A draft held against finished instances: which of them would have gone another way, to another body, or
past a deadline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

import forms
from orchestrator import engine
from orchestrator.engine import (
    ONE_INSTANCE,
    Definition,
    WorkExhausted,
    exhausted,
    nameless,
    request_work,
)
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing import finished_instances
from orchestrator.services.designing.finished_instances import Known, Record
from orchestrator.services.designing.replay import (
    Key,
    Replay,
    ReplayedCompletion,
    ReplayedTask,
    Trace,
)
from orchestrator.services.designing.validation import (
    all_findings,
    assembled,
    resources_of,
)
from orchestrator.services.instances.migration import WITHHELD
from orchestrator.store.drafts import Draft
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.writing import heavy

MOST = 100
"""Finished instances of one back-test."""


@dataclass(frozen=True, slots=True)
class Backtested:
    """A finished instance under the draft."""

    instance_id: str
    business_key: str
    title: str
    ended_at: datetime
    verdict: str
    """`same`, `different`, or `unknown` where its record does not suffice."""
    told: tuple[str, ...]
    """What would have been different, in an official's words; or why nothing can be said."""


@heavy
def backtest(session: Session, draft: Draft, last: int) -> list[Backtested]:
    """The procedure's last finished instances (at most MOST), the latest first, run through the draft with
    what was filled in then.

    Each is compared with the same replay through the version it ran on, so that what a replay cannot know
    cancels out. Nothing is written. Raises RuleViolated with the reasons why the draft cannot be run.
    """
    resources = resources_of(session, draft)
    wrong = [
        finding.message
        for finding in all_findings(draft, resources)
        if finding.severity == "error"
    ]
    if wrong:
        raise RuleViolated(wrong)
    bundle = assembled(session, draft, resources)
    rows = session.execute(
        finished_instances.finished(
            draft.tenant_id,
            draft.process_key,
            max(1, min(last, MOST)),
        ),
    ).all()
    histories = finished_instances.histories(session, [row.id for row in rows])
    known = Known(
        session,
        [entry for entries in histories.values() for entry in entries],
    )
    with request_work():
        return [
            _within_budget(session, bundle, row, histories[row.id], known)
            for row in rows
        ]


def _within_budget(
    session: Session,
    bundle: Bundle,
    row: Any,
    entries: Sequence[HistoryEntry],
    known: Known,
) -> Backtested:
    if exhausted():
        return _unknown(
            row,
            say("这次回放的计算量已用完，没有比较这一件；请少选几件"),
        )
    try:
        with request_work(ONE_INSTANCE):
            return _one(session, bundle, row, entries, known)
    except WorkExhausted as endless:
        return _unknown(row, endless.message)


def _unknown(row: Any, why: str) -> Backtested:
    return Backtested(
        row.id,
        row.business_key,
        WITHHELD if row.restricted else row.title,
        row.ended_at,
        "unknown",
        (why,),
    )


def _one(
    session: Session,
    bundle: Bundle,
    row: Any,
    entries: Sequence[HistoryEntry],
    known: Known,
) -> Backtested:
    shown = (
        row.id,
        row.business_key,
        WITHHELD if row.restricted else row.title,
        row.ended_at,
    )
    if any(entry.kind == "migrated" for entry in entries):
        return _unknown(row, say("办理中途移到过别的版本，无法比较"))
    record = known.record(row, entries)
    before = Replay(session, record.bundle, record, known.bodies).run()
    if before.failed or before.skipped or before.ended is None:
        return _unknown(row, say("按当时的版本也推演不出原来的经过，无法比较"))
    after = Replay(session, bundle, record, known.bodies).run()
    facts = tuple(
        dict.fromkeys(
            _Comparison(record, bundle, before, after, known).told()
        ),
    )
    return Backtested(*shown, "different" if facts else "same", facts)


class _Comparison:
    """Two replays of one instance, told as differences."""

    def __init__(
        self,
        record: Record,
        bundle: Bundle,
        before: Trace,
        after: Trace,
        known: Known,
    ) -> None:
        self.record = record
        self.bundle = bundle
        self.before = before
        self.after = after
        self.known = known
        self.old = record.bundle.definition
        self.new = bundle.definition
        self.zone = ZoneInfo(bundle.jurisdiction.timezone)

    def told(self) -> Iterator[str]:
        for key, opened in self.before.opened.items():
            if key in self.after.opened:
                yield from self._after(key, opened, self.after.opened[key])
            if key in self.after.done:
                yield from self._late(
                    self.before.done[key],
                    self.after.done[key],
                )
        for key in self.after.opened:
            if key[0] == "fire" and key not in self.before.opened:
                yield from self._fired(key)
        yield from self._unfilled()
        yield from self._end()

    def _after(
        self,
        key: Key,
        then: Sequence[ReplayedTask],
        now: Sequence[ReplayedTask],
    ) -> Iterator[str]:
        """The steps that followed an act, and who was asked for them."""
        before = _by_element(then)
        after = _by_element(now)
        ended_then = self._ended_by(key, self.before)
        ended_now = self._ended_by(key, self.after)
        if (before.keys(), ended_then) != (after.keys(), ended_now) and not (
            key == self._last() and self.after.failed
        ):
            was = self._names(then, ended_then, self.old)
            would = self._names(now, ended_now, self.new)
            yield say(
                "{act}之后原来{was}，新版{would}",
                act=self._act(key),
                was=was,
                would=would,
            )
        for element_id, first in before.items():
            second = after.get(element_id, first)
            if first.bodies != second.bodies:
                was = self.known.body_names(first.bodies)
                would = self.known.body_names(second.bodies)
                yield say(
                    "“{name}”原由{was}办，新版由{would}办",
                    name=second.name,
                    was=was,
                    would=would,
                )

    def _late(
        self,
        then: ReplayedCompletion,
        now: ReplayedCompletion,
    ) -> Iterator[str]:
        late_then = then.due_at is not None and then.at > then.due_at
        if now.due_at is not None and now.at > now.due_at and not late_then:
            due, at = (
                f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"
                for moment in (now.due_at, now.at)
            )
            yield say(
                "“{name}”新版时限至 {due}，当时 {at} 才办完，逾期",
                name=now.name,
                due=due,
                at=at,
            )
        elif late_then and (now.due_at is None or now.at <= now.due_at):
            if now.due_at:
                due = say(
                    "时限至 {until:%Y-%m-%d %H:%M}",
                    until=now.due_at.astimezone(self.zone),
                )
            else:
                due = say("没有时限")
            yield say(
                "“{name}”当时逾期，新版{due}，不算逾期",
                name=now.name,
                due=due,
            )

    def _fired(self, key: Key) -> Iterator[str]:
        opened = self.after.opened[key]
        yield say(
            "“{name}”在新版会到期{part}",
            name=_name(self.new, key[1]),
            part=say("，随之要办{listed}", listed=_listed(opened))
            if opened
            else "",
        )

    def _unfilled(self) -> Iterator[str]:
        """Fields that the draft newly demands in forms that were handed in then."""
        for entry in self.record.entries:
            if entry.kind not in ("started", "user-task-completed"):
                continue
            element = self.new.elements.get(entry.element_id or "")
            key = self._form_key(entry, element)
            form = self.bundle.forms.get(key or "")
            then = self.record.bundle.forms.get(entry.data.get("form") or "")
            if element:
                name = element.name
            else:
                name = say("申请")
            for label in _demanded(
                form,
                then,
                entry.data.get("submitted", {}),
            ):
                yield say(
                    "“{name}”的表单新增必填项“{label}”，当时没有填",
                    name=name,
                    label=label,
                )

    def _form_key(
        self,
        entry: HistoryEntry,
        element: engine.Element | None,
    ) -> str | None:
        """The form that was handed in; an event hands in none."""
        if entry.kind == "started" and entry.element_id is None:
            return self.new.start_form_key
        if element is not None:
            return element.form_key
        return None

    def _end(self) -> Iterator[str]:
        if self.after.failed:
            yield say("新版推演不下去：{failed}", failed=self.after.failed)
            return
        if self.after.ended is None:
            unknown = [
                task
                for task in self.after.waiting
                if task.element_id not in self.old.elements
            ]
            for task in unknown:
                yield say(
                    "新增“{name}”，当时没有这一步的记录，推演到此为止",
                    name=task.name,
                )
            if not unknown:
                yield (
                    say(
                        "新版停在{listed}，当时没有这一步的记录，推演到此为止",
                        listed=_listed(self.after.waiting) or say("自动等待"),
                    )
                )
            return
        for element_id in dict.fromkeys(self.after.skipped):
            yield say(
                "“{name}”新版不再要求办理",
                name=_name(self.old, element_id),
            )
        if self.after.ended != self.before.ended:
            was = _name(self.old, self.before.ended or "")
            would = _name(self.new, self.after.ended)
            yield say(
                "原来以“{was}”办结，新版以“{would}”办结",
                was=was,
                would=would,
            )

    # ---- words

    def _last(self) -> Key:
        return list(self.after.opened)[-1]

    def _ended_by(self, key: Key, trace: Trace) -> str | None:
        if trace.ended is not None and key == list(trace.opened)[-1]:
            return trace.ended
        return None

    def _names(
        self,
        opened: Sequence[ReplayedTask],
        ended: str | None,
        definition: Definition,
    ) -> str:
        if ended is not None:
            return say("办结（{name}）", name=_name(definition, ended))
        if opened:
            return say("到{listed}", listed=_listed(opened))
        return say("等待其他步骤")

    def _act(self, key: Key) -> str:
        kind, what, count = key
        if kind == "start":
            return say("发起申请")
        if count > 1:
            again = say("（第 {count} 次）", count=count)
        else:
            again = ""
        if kind == "event":
            return say("收到“{what}”{again}", what=what, again=again)
        name = _name(self.old, what)
        if kind == "fire":
            return say("“{name}”到期{again}", name=name, again=again)
        return f"“{name}”{again}"


def _by_element(asked: Sequence[ReplayedTask]) -> dict[str, ReplayedTask]:
    """Of a step that several are asked for, one stands for all, with the bodies of all."""
    tasks: dict[str, ReplayedTask] = {}
    for task in asked:
        earlier = tasks.get(task.element_id)
        bodies = tuple(
            dict.fromkeys(
                (*(earlier.bodies if earlier else ()), *task.bodies)
            ),
        )
        tasks[task.element_id] = ReplayedTask(
            task.element_id,
            task.name,
            bodies,
        )
    return tasks


def _demanded(
    form: forms.Form | None,
    then: forms.Form | None,
    given: Mapping[str, Any],
) -> list[str]:
    """Labels of fields that must be filled in now, were not asked for then, and are not given."""
    if form is None:
        return []
    if then is not None:
        asked = then.field_keys
    else:
        asked = frozenset()
    fields = [
        field
        for field in form.inputs()
        if field.required and field.key not in asked
    ]
    return [
        field.label or field.key
        for field in fields
        if given.get(field.key) in (None, "", [], False)
    ]


def _listed(asked: Sequence[ReplayedTask]) -> str:
    return "、".join(dict.fromkeys(f"“{value.name}”" for value in asked))


def _name(definition: Definition, element_id: str) -> str:
    element = definition.elements.get(element_id)
    if element is not None:
        return nameless.label(element)
    return element_id
