"""The deadlines of an instance that moves: the new rule, and the extensions and suspensions
that were granted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from orchestrator.domain import deadlines
from orchestrator.domain.calendar import CountedFor
from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import commands as c
from orchestrator.services.execution.persistence import (
    deadline_rows,
)
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
)
from orchestrator.services.instances import migration_obstacles
from orchestrator.services.instances.moved_rows import MovedRows
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask


class MovedDeadlines(MovedRows):
    def _ledger(
        self,
        row_id: str,
        task_id: str | None,
        name: str,
        start: datetime,
        counted_for: CountedFor,
    ) -> Deadline:
        """The row of that deadline by the new version's rule; extensions and suspensions that it has had are
        kept."""
        row = self.ledgers.get(row_id)
        if row is not None and row.name != name:
            self._part_ways(row, name)
        rule = self._rule(row_id, name, start)
        wanted = _limit_of_ledger(rule, counted_for)
        if row is not None and _limit_of(row) == wanted:
            return row
        if row is None:
            row = Deadline(
                id=row_id,
                tenant_id=self.running.tenant_id,
                instance_id=self.running.id,
            )
            row.task_id = task_id
            row.start_at = start
            self.ledgers[row_id] = row
        else:
            rule = replace(
                rule,
                start_at=row.start_at,
                entries=deadlines.from_json(row.entries),
            )
        self._settle(row, rule, counted_for)
        return row

    def _rule(self, row_id: str, name: str, start: datetime) -> Ledger:
        """The limit of that name as the new version counts it, on the ground that its task or timer gives."""
        element_id = None
        row = self.tasks.get(row_id) or self.timers.get(row_id)
        if row is not None:
            element_id = row.element_id
        return self.running.ledger(name, start, element_id)

    def _settle(
        self,
        row: Deadline,
        ledger: Ledger,
        counted_for: CountedFor,
    ) -> None:
        """Writes the ledger to its row, which joins the session only now: a row without its sum must not be
        flushed."""
        calendar = self.running.calendar_of(counted_for)
        review_at = None
        if ledger.suspended:
            review_at = self.session.scalar(
                sa.select(UserTask.follow_up_at).where(UserTask.id == row.id),
            )
        row.name = ledger.name
        row.limit_amount = ledger.amount
        row.limit_unit = ledger.unit
        row.limit_until = ledger.until or None
        row.citation = ledger.citation
        row.hours_of = counted_for.role
        row.days_of = counted_for.place
        deadline_rows.fill(row, ledger, calendar)
        self.session.add(row)
        deadline_rows.settle(self.session, row, ledger, calendar, review_at)

    def own_ledgers(self) -> None:
        """Timers with a ledger of their own follow their task again where both now run on the same deadline,
        and the new rule elsewhere."""
        settled = self._rearmed() | self._stopped()
        for row in list(self.ledgers.values()):
            timer = self.timers.get(row.id)
            if timer is None or timer.id in settled:
                continue
            of_task = self.ledgers.get(row.task_id or "")
            if of_task is not None and of_task.name == row.name:
                timer.deadline_id = of_task.id
                timer.due_at = of_task.due_at
                if deadline_rows.ledger_of(of_task).suspended:
                    timer.due_at = FAR_FUTURE
                self.session.delete(self.ledgers.pop(row.id))
            elif migration_obstacles.known(self.running, row.name):
                counted_for = row.counted_for
                if of_task is not None:
                    counted_for = of_task.counted_for
                self._ledger(
                    row.id,
                    row.task_id,
                    row.name,
                    row.start_at,
                    counted_for,
                )

    def _part_ways(self, row: Deadline, name: str | None) -> None:
        """Timers that followed the task's ledger, and still run on its old deadline, get that as a ledger of
        their own."""
        if row.name == name:
            return
        settled = self._rearmed() | self._stopped()
        for timer in self.timers.values():
            if timer.deadline_id != row.id or timer.id in settled:
                continue
            ledger = deadline_rows.ledger_of(row)
            if migration_obstacles.known(self.running, row.name):
                rule = self._rule(timer.id, row.name, row.start_at)
                ledger = replace(rule, entries=ledger.entries)
            own = Deadline(
                id=timer.id,
                tenant_id=row.tenant_id,
                instance_id=row.instance_id,
                task_id=row.task_id,
            )
            own.start_at = row.start_at
            timer.deadline_id = timer.id
            self.ledgers = {**self.ledgers, own.id: own}
            self._settle(own, ledger, row.counted_for)

    def _rearmed(self) -> set[str]:
        return {
            self._row_id(armed.timer.timer_id)
            for armed in self.migration.armed
            if armed.known
        }

    def _stopped(self) -> set[str]:
        return {
            self._row_id(effect.timer_id)
            for effect in self.migration.effects
            if isinstance(effect, c.TimerCancelled)
        }


_Limit = tuple[str, int, str, str, str, CountedFor]
"""Name, amount, unit, last time of day, article, office hours and days off: what a rule gives to a row."""


def _limit_of(row: Deadline) -> _Limit:
    return _limit_of_ledger(deadline_rows.ledger_of(row), row.counted_for)


def _limit_of_ledger(ledger: Ledger, counted_for: CountedFor) -> _Limit:
    return (
        ledger.name,
        ledger.amount,
        ledger.unit,
        ledger.until,
        ledger.citation,
        counted_for,
    )
