"""The timers of an instance that moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from orchestrator.domain import deadlines
from orchestrator.domain.calendar import WHOLE_JURISDICTION
from orchestrator.engine import commands as c
from orchestrator.engine.migration import Armed
from orchestrator.errors import InstanceChanged
from orchestrator.sentences import say
from orchestrator.services.execution.persistence import (
    deadline_rows,
    suspended_timers,
)
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
)
from orchestrator.services.instances.moved_deadlines import MovedDeadlines
from orchestrator.store.timers import Deadline


class MovedTimers(MovedDeadlines):
    def arm(self, armed: Armed) -> None:
        """Sets the timer as the new version has it, or makes it."""
        timer = armed.timer
        row_id = self._row_id(timer.timer_id)
        ledger = None
        if timer.deadline:
            ledger = self._ledger_for(row_id, armed)
        suspension = self._suspension(timer)
        stands_still = suspension is not None or _is_suspended(ledger)
        left_ms = None
        if suspension is not None and ledger is None:
            suspended_at = max(suspension.at, armed.since)
            left_ms = suspended_timers.left_at(timer.due_at, suspended_at)
        elif suspension is not None and ledger is not None:
            self._suspend_with(ledger, suspension)
        due_at: datetime = timer.due_at
        if ledger is not None:
            due_at = ledger.due_at
        if stands_still:
            due_at = FAR_FUTURE
        deadline_id = None
        if ledger is not None:
            deadline_id = ledger.id
        if armed.known:
            self._rearm(armed, due_at, left_ms, deadline_id)
        else:
            self._add(armed, due_at, left_ms, deadline_id)

    def _suspend_with(
        self,
        ledger: Deadline,
        suspension: deadlines.LedgerEntry,
    ) -> None:
        """The step's suspension is written into the timer's own deadline, which does not have it yet."""
        rule = deadline_rows.ledger_of(ledger)
        if not rule.suspended:
            rule = replace(rule, entries=(*rule.entries, suspension))
            self._settle(ledger, rule, ledger.counted_for)

    def _rearm(
        self,
        armed: Armed,
        due_at: datetime,
        left_ms: int | None,
        deadline_id: str | None,
    ) -> None:
        row_id = self._row_id(armed.timer.timer_id)
        called = self._called(armed.timer.element_id)
        row = self.timers.get(row_id)
        if row is None:
            raise InstanceChanged(
                say(
                    "“{called}”的定时没有触发成功，请先处理它的异常再移动",
                    called=called,
                ),
            )
        if row.deadline_id == row_id and deadline_id != row_id:
            self.session.delete(self.ledgers.pop(row_id))
        self.changed.append(
            say(
                "“{called}”改为 {moment} 到期",
                called=called,
                moment=self._moment(due_at),
            ),
        )
        row.due_at = due_at
        row.left_ms = left_ms
        row.deadline_id = deadline_id

    def _add(
        self,
        armed: Armed,
        due_at: datetime,
        left_ms: int | None,
        deadline_id: str | None,
    ) -> None:
        element_id = armed.timer.element_id
        self.changed.append(
            say(
                "新增“{called}”，{moment} 到期",
                called=self._called(element_id),
                moment=self._moment(due_at),
            ),
        )
        self.step.timer_rows.append(
            {
                "id": self._row_id(armed.timer.timer_id),
                "tenant_id": self.running.tenant_id,
                "instance_id": self.running.id,
                "element_id": element_id,
                "due_at": due_at,
                "state": "planned",
                "deadline_id": deadline_id,
                "planned_at": armed.since,
                "fired_at": None,
                "lag_ms": None,
                "fired_count": 0,
                "left_ms": left_ms,
            },
        )

    def _suspension(self, timer: c.TimerSet) -> deadlines.LedgerEntry | None:
        """That of the step at whose border the timer is; None while its deadline runs."""
        if not timer.attached_to:
            return None
        row = self.ledgers.get(self._row_id(timer.attached_to))
        if row is None:
            return None
        for entry in deadlines.from_json(row.entries):
            if entry.kind == "suspension" and entry.until is None:
                return entry
        return None

    def _ledger_for(self, row_id: str, armed: Armed) -> Deadline:
        """Its task's ledger, when both run on the same deadline, else one of its own."""
        name = armed.timer.deadline or ""
        task_id = None
        if armed.timer.attached_to:
            task_id = self._row_id(armed.timer.attached_to)
        of_task = self.ledgers.get(task_id or "")
        counted_for = WHOLE_JURISDICTION
        if of_task is not None:
            if of_task.name == name:
                return of_task
            counted_for = of_task.counted_for
        host = None
        if task_id in self.tasks:
            host = task_id
        return self._ledger(row_id, host, name, armed.since, counted_for)

    def note_stopped_timers(self) -> None:
        """Says which timers the new version no longer has, and deletes deadlines that were theirs alone."""
        for effect in self.migration.effects:
            if not isinstance(effect, c.TimerCancelled):
                continue
            self.changed.append(
                say(
                    "“{called}”不再计时",
                    called=self._called(effect.element_id),
                ),
            )
            row = self.timers.get(self._row_id(effect.timer_id))
            if row is None or row.deadline_id != row.id:
                continue
            if row.id in self.ledgers:
                self.session.delete(self.ledgers.pop(row.id))


def _is_suspended(row: Deadline | None) -> bool:
    return row is not None and deadline_rows.ledger_of(row).suspended
