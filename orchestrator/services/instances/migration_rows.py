"""A migration of the engine as rows: tasks, deadlines, timers and subscriptions of an instance that moves to
another version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.domain import cases, deadlines
from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import commands as c
from orchestrator.engine import timers
from orchestrator.engine.migration import Armed
from orchestrator.errors import InstanceChanged
from orchestrator.sentences import joined, say
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.changes import EFFECTS
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence import (
    deadline_rows,
    suspended_timers,
)
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
    RowChanges,
    write_rows,
)
from orchestrator.services.instances import migration_obstacles
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


@dataclass(frozen=True)
class Left:
    """The version that an instance leaves."""

    definition: engine.Definition
    id: str
    version: int


def carry_over(
    running: LockedInstance,
    migration: engine.Migration,
    left: Left,
    version: int,
) -> list[str]:
    """Writes the instance and what hangs on it as the new version has it, with the history's entry; what
    changed, in words.

    `running` reads the new version already, whose number is `version`, and holds the instance's lock. Raises
    InstanceChanged.
    """
    move = _Move(running, migration, left.definition)
    running.engine_state = migration.state
    running.title = (migration.title or running.title)[:200]
    move.step.moved = True
    for effect in migration.effects:
        EFFECTS[type(effect)](move.step, effect)
    for task_before, task_after in migration.tasks:
        move.task(task_before, task_after)
    move.own_ledgers()
    for armed in migration.armed:
        move.arm(armed)
    move.tell_closed()
    told = {
        "from": left.id,
        "to": running.definition_id,
        "versions": [left.version, version],
    }
    running.remember(
        "migrated", None, **told, changed=move.changed, tasks=move.told
    )
    session = running.session
    session.flush()
    session.execute(
        sa.update(ProcessInstance)
        .where(ProcessInstance.id == running.id)
        .values(definition_id=running.definition_id)
    )
    write_rows(session, [move.step])
    return move.changed


class _Move:
    def __init__(
        self,
        running: LockedInstance,
        migration: engine.Migration,
        left: engine.Definition,
    ) -> None:
        self.left = left
        self.running = running
        self.session = running.session
        self.step = RowChanges(running)
        self.migration = migration
        self.directory = migration_obstacles.directory(running, migration)
        self.changed: list[str] = []
        self.told: list[dict[str, object]] = []
        self.zone = ZoneInfo(running.bundle.jurisdiction.timezone)
        of_instance = Deadline.instance_id == running.id
        self.ledgers = {
            row.id: row
            for row in self.session.scalars(
                sa.select(Deadline).where(of_instance)
            )
        }
        planned = sa.and_(
            TimerJob.instance_id == running.id, TimerJob.state == "planned"
        )
        self.timers = {
            row.id: row
            for row in self.session.scalars(sa.select(TimerJob).where(planned))
        }
        self.tasks = {
            self._row_id(after.task_id): after
            for _before, after in migration.tasks
        }

    # ---- tasks

    def task(
        self, before: c.UserTaskOpened | None, after: c.UserTaskOpened
    ) -> None:
        row = self.session.get_one(
            UserTask, self._row_id(after.task_id), with_for_update=True
        )
        then = row.due_at
        if row.name != after.name and (
            before is None or before.name != after.name
        ):
            self.changed.append(
                say(
                    "「{name}」改称「{new_name}」",
                    name=row.name,
                    new_name=after.name,
                )
            )
        if row.form_key != after.form_key:
            self.changed.append(
                say("「{name}」改用另一张表单", name=after.name)
            )
        row.definition_id = self.running.definition_id
        row.name = after.name[:120]
        row.form_key = after.form_key
        row.priority = cases.task_priority(
            after.priority, self.running.variables
        )
        row.title = self.running.title
        row.variables = dict(after.variables)
        # Whoever has it open under the old version is asked to look again before he hands in.
        row.revision += 1
        asked = None
        if migration_obstacles.asks_others(before, after):
            asked = self._ask(row, after)
        self.session.flush()
        self._due(row, before, after, asked)
        self.session.refresh(row)
        if row.due_at != then:
            self.changed.append(
                say(
                    "「{name}」的截止时间由 {moment} 改为 {new_moment}",
                    name=row.name,
                    moment=self._moment(then),
                    new_moment=self._moment(row.due_at),
                )
            )
        if asked is not None or row.due_at != then:
            due = None
            if row.due_at:
                due = row.due_at.isoformat()
            told = {
                "element": row.element_id,
                "task": after.task_id,
                "to": asked,
                "due": due,
            }
            self.told.append(
                {key: value for key, value in told.items() if value}
            )

    def _ask(self, row: UserTask, after: c.UserTaskOpened) -> list[str]:
        """The task waits for those whom the new version names; who has claimed it keeps it when he is one of
        them. The candidates."""
        bodies, _missing = self.directory.bodies(
            self.running, after.candidate_groups
        )
        candidates = [
            *self.directory.users(self.running, after.candidate_users),
            *bodies,
        ]
        rows = self.session.scalars(
            sa.select(UserTaskCandidate).where(
                UserTaskCandidate.task_id == row.id
            )
        ).all()
        if {each.candidate for each in rows} == set(candidates):
            return candidates
        holder = self.directory.person_id(self.running, after.assignee)
        if (
            holder is None
            and row.assignee_id is not None
            and self._serves(row.assignee_id, bodies)
        ):
            holder = row.assignee_id
        if row.assignee_id is not None and holder != row.assignee_id:
            self.changed.append(
                say(
                    "「{name}」的领取人不在新的办理机构，放回待领取",
                    name=after.name,
                )
            )
            row.owner_id = row.delegation = None
        if row.assignee_id != holder:
            if holder is not None:
                row.assigned_at = self.running.now
            else:
                row.assigned_at = None
        row.assignee_id = holder
        for each in rows:
            self.session.delete(each)
        self.session.flush()
        self.session.add_all(
            UserTaskCandidate(
                task_id=row.id,
                candidate=each,
                instance_id=self.running.id,
                offered=holder is None,
                due_sort=row.due_sort,
            )
            for each in candidates
        )
        names = self.session.scalars(
            sa.select(Body.name).where(Body.id.in_(bodies)).order_by(Body.id)
        ).all()
        self.changed.append(
            say(
                "「{name}」改由{names}办理",
                name=after.name,
                names=joined("、", names) or say("指定的人"),
            )
        )
        return candidates

    def _serves(self, person_id: int, bodies: Sequence[str]) -> bool:
        query = sa.select(Membership.person_id).where(
            Membership.person_id == person_id,
            Membership.body_id.in_(bodies),
            Membership.until_on.is_(None),
        )
        return self.session.scalar(query.limit(1)) is not None

    def _due(
        self,
        row: UserTask,
        before: c.UserTaskOpened | None,
        after: c.UserTaskOpened,
        asked: Sequence[str] | None,
    ) -> None:
        known = self.ledgers.get(row.id)
        name = timers.ledger_name(after.due or "")
        if name is not None:
            hours = None
            if known is not None:
                hours = known.hours_of
            if known is None or asked is not None:
                bodies = [
                    each
                    for each in asked or self._candidates(row.id)
                    if ":" in each
                ]
                hours = due_dates.role_with_own_hours(
                    self.running.bundle.jurisdiction, bodies
                )
            self._ledger(row.id, row.id, name, row.opened_at, hours)
            return
        if before is not None and before.due == after.due:
            return
        if known is not None:
            self._part_ways(known, None)
            if known.entries:
                self.changed.append(
                    say(
                        "「{name}」的时限改变算法，已批准的延期不再计入",
                        name=after.name,
                    )
                )
            self.session.delete(self.ledgers.pop(row.id))
        row.due_at = self._instant(after.due, row.opened_at)
        row.due_sort = row.due_at or FAR_FUTURE
        row.due_provisional = False
        offers = UserTaskCandidate.task_id == row.id
        self.session.flush()
        self.session.execute(
            sa.update(UserTaskCandidate)
            .where(offers)
            .values(due_sort=row.due_sort)
        )

    def _candidates(self, task_id: str) -> list[str]:
        return list(
            self.session.scalars(
                sa.select(UserTaskCandidate.candidate).where(
                    UserTaskCandidate.task_id == task_id
                )
            )
        )

    # ---- ledgers

    def _ledger(
        self,
        row_id: str,
        task_id: str | None,
        name: str,
        start: datetime,
        hours: str | None,
    ) -> Deadline:
        """The row of that deadline by the new version's rule; extensions and suspensions that it has had are
        kept."""
        row = self.ledgers.get(row_id)
        if row is not None and row.name != name:
            self._part_ways(row, name)
        rule = self._rule(row_id, name, start)
        same = row is not None and (
            row.name,
            row.limit_amount,
            row.limit_unit,
            row.citation,
            row.hours_of,
        ) == (
            name,
            rule.amount,
            rule.unit,
            rule.citation,
            hours,
        )
        if row is not None and same:
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
        self._settle(row, rule, hours)
        return row

    def _rule(self, row_id: str, name: str, start: datetime) -> Ledger:
        """The limit of that name as the new version counts it, on the ground that its task or timer gives."""
        row = self.tasks.get(row_id) or self.timers.get(row_id)
        return self.running.ledger(
            name, start, row.element_id if row is not None else None
        )

    def _settle(
        self, row: Deadline, ledger: Ledger, hours: str | None
    ) -> None:
        """Writes the ledger to its row, which joins the session only now: a row without its sum must not be
        flushed."""
        calendar = self.running.calendar_of(hours)
        review = self.session.scalar(
            sa.select(UserTask.follow_up_at).where(UserTask.id == row.id)
        )
        row.name = ledger.name
        row.limit_amount = ledger.amount
        row.limit_unit = ledger.unit
        row.citation = ledger.citation
        row.hours_of = hours
        deadline_rows.fill(row, ledger, calendar)
        self.session.add(row)
        deadline_rows.settle(
            self.session,
            row,
            ledger,
            calendar,
            review if ledger.suspended else None,
        )

    def own_ledgers(self) -> None:
        """Timers with a ledger of their own follow their task again where both now run on the same deadline,
        and the new rule elsewhere."""
        for row in list(self.ledgers.values()):
            timer = self.timers.get(row.id)
            if timer is None or timer.id in self._rearmed() | self._stopped():
                continue
            of_task = self.ledgers.get(row.task_id or "")
            if of_task is not None and of_task.name == row.name:
                timer.deadline_id = of_task.id
                if deadline_rows.ledger_of(of_task).suspended:
                    timer.due_at = FAR_FUTURE
                else:
                    timer.due_at = of_task.due_at
                self.session.delete(self.ledgers.pop(row.id))
            elif migration_obstacles.known(self.running, row.name):
                if of_task is not None:
                    hours = of_task.hours_of
                else:
                    hours = row.hours_of
                self._ledger(
                    row.id, row.task_id, row.name, row.start_at, hours
                )

    def _part_ways(self, row: Deadline, name: str | None) -> None:
        """Timers that followed the task's ledger, and still run on its old deadline, get that as a ledger of
        their own."""
        for timer in self.timers.values():
            if (
                timer.deadline_id != row.id
                or row.name == name
                or timer.id in self._rearmed() | self._stopped()
            ):
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
            self._settle(own, ledger, row.hours_of)

    # ---- timers

    def arm(self, armed: Armed) -> None:
        timer = armed.timer
        row_id = self._row_id(armed.timer.timer_id)
        ledger = None
        if timer.deadline:
            ledger = self._ledger_for(row_id, armed)
        suspension = self._suspension(armed.timer)
        stands_still = suspension is not None or (
            ledger is not None and deadline_rows.ledger_of(ledger).suspended
        )
        left_ms = None
        if suspension is not None and ledger is None:
            left_ms = suspended_timers.left_at(
                timer.due_at, max(suspension.at, armed.since)
            )
        elif (
            suspension is not None
            and ledger is not None
            and not deadline_rows.ledger_of(ledger).suspended
        ):
            rule = deadline_rows.ledger_of(ledger)
            self._settle(
                ledger,
                replace(rule, entries=(*rule.entries, suspension)),
                ledger.hours_of,
            )
        if ledger is None:
            due_at = timer.due_at
        else:
            due_at = ledger.due_at
        if stands_still:
            due_at = FAR_FUTURE
        else:
            due_at = due_at
        called = self._called(timer.element_id)
        if armed.known:
            row = self.timers.get(row_id)
            if row is None:
                raise InstanceChanged(
                    say(
                        "「{called}」的定时没有触发成功，请先处理它的异常再移动",
                        called=called,
                    )
                )
            if row.deadline_id == row_id and (
                ledger is None or ledger.id != row_id
            ):
                self.session.delete(self.ledgers.pop(row_id))
            self.changed.append(
                say(
                    "「{called}」改为 {moment} 到期",
                    called=called,
                    moment=self._moment(due_at),
                )
            )
            row.due_at = due_at
            row.left_ms = left_ms
            row.deadline_id = ledger.id if ledger is not None else None
            return
        self.changed.append(
            say(
                "新增「{called}」，{moment} 到期",
                called=called,
                moment=self._moment(due_at),
            )
        )
        self.step.timer_rows.append(
            {
                "id": row_id,
                "tenant_id": self.running.tenant_id,
                "instance_id": self.running.id,
                "element_id": timer.element_id,
                "due_at": due_at,
                "state": "planned",
                "deadline_id": ledger.id if ledger is not None else None,
                "planned_at": armed.since,
                "fired_at": None,
                "lag_ms": None,
                "fired_count": 0,
                "left_ms": left_ms,
            }
        )

    def _suspension(self, timer: c.TimerSet) -> deadlines.LedgerEntry | None:
        """That of the step at whose border the timer is; None while its deadline runs."""
        row = None
        if timer.attached_to:
            row = self.ledgers.get(self._row_id(timer.attached_to))
        if row is not None:
            entries = deadlines.from_json(row.entries)
        else:
            entries = ()
        return next(
            (
                each
                for each in entries
                if each.kind == "suspension" and each.until is None
            ),
            None,
        )

    def _ledger_for(self, row_id: str, armed: Armed) -> Deadline:
        """Its task's ledger, when both run on the same deadline, else one of its own."""
        name = armed.timer.deadline or ""
        task_id = (
            self._row_id(armed.timer.attached_to)
            if armed.timer.attached_to
            else None
        )
        of_task = self.ledgers.get(task_id or "")
        if of_task is not None and of_task.name == name:
            return of_task
        host = None
        if task_id in self.tasks:
            host = task_id
        return self._ledger(
            row_id,
            host,
            name,
            armed.since,
            of_task.hours_of if of_task is not None else None,
        )

    def tell_closed(self) -> None:
        for effect in self.migration.effects:
            if isinstance(effect, c.TimerCancelled):
                row = self.timers.get(self._row_id(effect.timer_id))
                self.changed.append(
                    say(
                        "「{called}」不再计时",
                        called=self._called(effect.element_id),
                    )
                )
                if (
                    row is not None
                    and row.deadline_id == row.id
                    and row.id in self.ledgers
                ):
                    self.session.delete(self.ledgers.pop(row.id))

    def _rearmed(self) -> set[str]:
        return {
            self._row_id(each.timer.timer_id)
            for each in self.migration.armed
            if each.known
        }

    def _stopped(self) -> set[str]:
        return {
            self._row_id(each.timer_id)
            for each in self.migration.effects
            if isinstance(each, c.TimerCancelled)
        }

    # ---- words

    def _called(self, element_id: str) -> str:
        element = self.running.bundle.definition.elements.get(
            element_id
        ) or self.left.elements.get(element_id)
        return (element.name if element is not None else "") or say("时限")

    def _moment(self, at: datetime | None) -> str:
        if at is None or at >= FAR_FUTURE:
            return say("无期限")
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _row_id(self, task_id: str) -> str:
        return f"{self.running.id}.{task_id}"

    def _instant(self, text: str | None, start: datetime) -> datetime | None:
        if not text:
            return None
        try:
            return due_dates.read(
                self.running.bundle.jurisdiction, text, start
            ).at
        except (due_dates.DueTextInvalid, due_dates.DeadlineUnknown):
            return None
