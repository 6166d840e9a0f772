"""What the histories tell since they were last read becomes notifications of the people concerned.

The clock reads them, so that no click waits for it. Each instance remembers up to which entry it was read: an
entry is read once, and one that is not read yet is never passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.notifications import (
    about_signing,
    opinions,
    recipients,
    undecided,
    writing,
)
from orchestrator.services.notifications.writing import Occasion
from orchestrator.store import requests
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

OLDEST = timedelta(days=7)
"""Of what happened longer ago nobody is notified: a clock that stood still so long would flood everybody."""
HANDED_ON = frozenset(
    {
        "assigned",
        "delegated",
        "resolved",
        "taken-back",
        "handed-over",
        "administrator-assigned",
        "redirected",
    }
    | {"released", "administrator-released", "returned"}
)
"""Entries by which an open task comes to other people."""
CLOSED = frozenset({"cancelled", "merged", "voided", requests.LAPSED})
"""Entries by which somebody ends the whole instance."""
OF_A_STEP = {
    "deadline-extended": say("已延期"),
    "deadline-suspended": say("已挂账"),
    "deadline-resumed": say("已恢复办理"),
    "suspension-refused": say("未同意挂账"),
}
"""What was decided of the time of a step → how it is told to those who have the step."""

log = logging.getLogger("gridflow.clock")


def collect(now: datetime, limit: int = 500) -> int:
    """Reads the histories that went on, each instance in its own transaction; returns how many were read."""
    query = (
        sa.select(ProcessInstance.id)
        .where(sa.text("history_seq > notified_seq"))
        .order_by(ProcessInstance.id)
        .limit(limit)
    )
    with transaction(writing=False) as session:
        waiting = session.scalars(query).all()
    return sum(_collect_one(instance_id, now) for instance_id in waiting)


def _collect_one(instance_id: str, now: datetime) -> bool:
    query = sa.select(ProcessInstance).where(
        ProcessInstance.id == instance_id,
        ProcessInstance.history_seq > ProcessInstance.notified_seq,
    )
    with transaction() as session:
        instance = session.scalars(
            query.with_for_update(skip_locked=True)
        ).first()
        if instance is None:
            return False
        entries = session.scalars(
            sa.select(HistoryEntry)
            .where(
                HistoryEntry.instance_id == instance_id,
                HistoryEntry.seq > instance.notified_seq,
            )
            .order_by(HistoryEntry.seq)
        ).all()
        fresh = [entry for entry in entries if entry.at >= now - OLDEST]
        occasions = _Reading(session, instance, fresh, now).occasions()
        writing.write(session, instance.tenant_id, instance_id, occasions, now)
        _settle(session, instance_id, now)
        instance.notified_seq = instance.history_seq
    return True


def _settle(session: Session, instance_id: str, now: datetime) -> None:
    """Marks the notifications about closed tasks as read."""
    closed = sa.select(UserTask.id).where(
        UserTask.instance_id == instance_id, UserTask.state != "open"
    )
    session.execute(
        sa.update(Notification)
        .where(
            Notification.instance_id == instance_id,
            Notification.task_id.in_(closed),
            Notification.read_at.is_(None),
        )
        .values(read_at=now)
    )


class _Reading:
    """The new entries of one instance."""

    def __init__(
        self,
        session: Session,
        instance: ProcessInstance,
        entries: Sequence[HistoryEntry],
        now: datetime,
    ) -> None:
        self._session = session
        self._instance = instance
        self._entries = entries
        tasks = session.scalars(
            sa.select(UserTask).where(
                UserTask.instance_id == instance.id, UserTask.state == "open"
            )
        ).all()
        self._open = {task.id.rpartition(".")[2]: task for task in tasks}
        if entries:
            self._people = recipients.of_tasks(
                session, [task.id for task in tasks], now
            )
        else:
            self._people = {}
        actors = {
            entry.actor_id for entry in entries if entry.actor_id is not None
        }
        self._names: Mapping[int, str] = dict(
            session.execute(
                sa.select(Person.id, Person.display_name).where(
                    Person.id.in_(actors)
                )
            ).all()
        )

    def occasions(self) -> list[Occasion]:
        return [
            occasion for entry in self._entries for occasion in self._of(entry)
        ]

    def _of(self, entry: HistoryEntry) -> list[Occasion]:
        occasions = [
            self._opened(entry, value)
            for value in entry.data.get("opened", ())
        ]
        if entry.kind in HANDED_ON:
            occasions.append(self._handed_on(entry))
        elif entry.kind == "urged":
            occasions += self._urged(entry)
        elif entry.kind in ("reminded", "overdue"):
            occasions.append(self._reminded(entry))
        elif entry.kind == "ended" or entry.kind in CLOSED:
            occasions.append(self._result(entry))
            if entry.kind == requests.LAPSED:
                occasions.append(
                    undecided.of_entry(self._session, self._instance, entry)
                )
        elif entry.kind == requests.SUBJECT_ENDED:
            occasions += [
                self._on_task(entry, "result", task)
                for task in self._open.values()
            ]
        elif entry.kind in ("copied", "copy-sent"):
            occasions.append(self._copied(entry))
        elif entry.kind in about_signing.KINDS:
            occasions.append(self._signing(entry))
        elif entry.kind == "extension-refused":
            occasions.append(self._refused(entry))
        elif entry.kind in OF_A_STEP:
            occasions += self._of_the_step(entry)
        elif entry.kind == "commented":
            occasions.append(self._mentioned(entry))
        return [
            occasion
            for occasion in occasions
            if occasion is not None and occasion.people
        ]

    def _urged(self, entry: HistoryEntry) -> list[Occasion]:
        """Whoever urges means all who have it. The clock means those whose time is over, or all where it
        rings before anybody's is; two of its clocks that ring in one minute say it once."""
        if entry.actor_id is not None:
            return [
                self._on_task(entry, "urged", task)
                for task in self._open.values()
            ]
        minute = f"{entry.at:%Y%m%d%H%M}"
        waiting = list(self._open.values())
        late = [
            task
            for task in waiting
            if task.due_at is not None and task.due_at <= entry.at
        ]
        return [
            replace(
                self._on_task(entry, "urged", task),
                source=f"{minute}.{task.id.rpartition('.')[2]}.urged",
            )
            for task in late or waiting
        ]

    def _opened(
        self, entry: HistoryEntry, opened: Mapping[str, Any]
    ) -> Occasion | None:
        task = self._open.get(str(opened.get("task")))
        if task is None:
            return None
        came_back = self._done_before(task)
        if came_back:
            occasion = self._on_task(entry, "returned", task)
        else:
            occasion = self._on_task(entry, "assigned", task)
        applicant = self._instance.started_by
        is_his = applicant != entry.actor_id and applicant in occasion.people
        if not came_back and not is_his:
            return occasion
        words = opinions.of_entry(self._bundle(), entry)
        return replace(occasion, words=words)

    def _done_before(self, task: UserTask) -> bool:
        """Whether the instance has come back to a step that one of those who are asked had completed."""
        definition = self._bundle().definition
        element = definition.elements.get(task.element_id)
        if element is None or element.multi is not None:
            return False
        asked = sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == task.id
        )
        query = (
            sa.select(UserTask.id)
            .join(UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id)
            .where(
                UserTask.instance_id == task.instance_id,
                UserTask.element_id == task.element_id,
                UserTask.state == "completed",
                UserTaskCandidate.candidate.in_(asked),
            )
        )
        return self._session.scalar(query.limit(1)) is not None

    def _handed_on(self, entry: HistoryEntry) -> Occasion | None:
        task = self._open.get(str(entry.data.get("task")))
        if task is None:
            return None
        occasion = self._on_task(
            entry, "returned" if entry.kind == "resolved" else "assigned", task
        )
        return replace(
            occasion, people=set(occasion.people) - {entry.actor_id}
        )

    def _reminded(self, entry: HistoryEntry) -> Occasion | None:
        """An urgent task that nobody took; a late one, where the profile wants another notice than that of
        its due time."""
        task = self._open.get(str(entry.data.get("task")))
        if task is None:
            return None
        if entry.kind == "reminded":
            return replace(self._on_task(entry, "urged", task), again=True)
        if entry.data.get("notice"):
            return self._on_task(entry, "overdue", task)
        return None

    def _refused(self, entry: HistoryEntry) -> Occasion | None:
        """Those who have the task hear that it gets no more time, and why."""
        of_task = str(entry.data.get("of_task") or "")
        task = self._open.get(of_task.rpartition(".")[2])
        if task is None:
            return None
        occasion = self._on_task(entry, "result", task)
        return replace(
            occasion,
            people=set(occasion.people) - self._applicants(entry),
            words=str(entry.data.get("remark") or ""),
        )

    def _applicants(self, entry: HistoryEntry) -> set[int]:
        """Who applied for what was refused: the result of his application tells him already."""
        applicant = self._session.scalar(
            sa.select(ProcessInstance.started_by).where(
                ProcessInstance.tenant_id == self._instance.tenant_id,
                ProcessInstance.about_id == self._instance.id,
                ProcessInstance.business_key == entry.data.get("because"),
            ),
        )
        if applicant is None:
            return set()
        return {applicant}

    def _of_the_step(self, entry: HistoryEntry) -> list[Occasion]:
        """Those who have the step hear that its time stands still, goes on or was prolonged, or that it was
        not granted, and why."""
        due_at = entry.data.get("due")
        informed = {entry.actor_id}
        if entry.kind == "suspension-refused":
            informed |= self._applicants(entry)
        occasions = []
        for task in self._open.values():
            of_task = str(entry.data.get("of_task") or "")
            if of_task and of_task != task.id:
                continue
            if not of_task and task.element_id != entry.element_id:
                continue
            occasion = self._on_task(entry, "result", task)
            occasions.append(
                replace(
                    occasion,
                    people=set(occasion.people) - informed,
                    task_id=None,
                    step=say(
                        "{what}：{name}",
                        what=OF_A_STEP[entry.kind],
                        name=task.name,
                    ),
                    words=str(
                        entry.data.get("remark")
                        or entry.data.get("reason")
                        or ""
                    ),
                    due_at=task.due_at if due_at else None,
                )
            )
        return occasions

    def _on_task(
        self, entry: HistoryEntry, kind: str, task: UserTask
    ) -> Occasion:
        return Occasion(
            kind,
            f"{entry.seq}.{task.id.rpartition('.')[2]}",
            self._people.get(task.id, ()),
            entry.at,
            task.id,
            task.name,
            self._by(entry),
            _words(entry),
            task.due_at,
        )

    def _result(self, entry: HistoryEntry) -> Occasion | None:
        applicant = self._instance.started_by
        if applicant is None or (
            entry.kind in CLOSED and entry.actor_id == applicant
        ):
            return None
        definition = self._bundle().definition
        element = definition.elements.get(entry.element_id or "")
        if element is not None:
            step = element.name
        else:
            step = ""
        words = _words(entry)
        if entry.kind == "ended":
            words = self._last_opinion(entry, applicant)
        return Occasion(
            "result",
            str(entry.seq),
            {applicant},
            entry.at,
            step=step,
            by=self._by(entry),
            words=words,
        )

    def _last_opinion(self, entry: HistoryEntry, applicant: int) -> str:
        """What whoever decided last wrote: the reason of a refusal reaches the applicant with it."""
        decided = self._session.scalar(
            sa.select(HistoryEntry)
            .where(
                HistoryEntry.instance_id == entry.instance_id,
                HistoryEntry.kind == "user-task-completed",
                HistoryEntry.seq <= entry.seq,
            )
            .order_by(HistoryEntry.seq.desc())
            .limit(1)
        )
        if decided is None or decided.actor_id == applicant:
            return ""
        return opinions.of_entry(self._bundle(), decided)

    def _bundle(self) -> bundles.Bundle:
        """As its answers are read back: what is personal or graded by now goes into no notification."""
        own = bundles.bundle_of(self._session, self._instance.definition_id)
        return bundles.readable(self._session, own)

    def _copied(self, entry: HistoryEntry) -> Occasion:
        receivers = entry.data.get("receivers") or [entry.data.get("to")]
        people = recipients.addressed(
            self._session, [str(receiver) for receiver in receivers]
        )
        return Occasion(
            "copied",
            str(entry.seq),
            people,
            entry.at,
            by=self._by(entry),
            words=_words(entry),
            again=entry.actor_id is None,
        )

    def _signing(self, entry: HistoryEntry) -> Occasion | None:
        task = self._open.get(str(entry.data.get("task")))
        if task is None:
            return None
        return about_signing.occasion(
            self._session,
            entry,
            task,
            lambda kind: self._on_task(entry, kind, task),
        )

    def _mentioned(self, entry: HistoryEntry) -> Occasion:
        people = set(entry.data.get("mentions", ()))
        return Occasion(
            "mentioned",
            str(entry.seq),
            people,
            entry.at,
            by=self._by(entry),
            words=_words(entry),
        )

    def _by(self, entry: HistoryEntry) -> str:
        return self._names.get(entry.actor_id or 0, "")


def _words(entry: HistoryEntry) -> str:
    if entry.kind != "user-task-completed":
        return str(entry.data.get("reason") or "")
    return ""
