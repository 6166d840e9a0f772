"""A migration of the engine as rows: tasks, deadlines, timers and subscriptions of an instance that moves to another version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.domain import deadlines
from orchestrator.domain.deadlines import Ledger
from orchestrator.engine import commands as c
from orchestrator.engine import timers as engine_timers
from orchestrator.engine.migration import Armed
from orchestrator.services.outcome import ledgers
from orchestrator.services.outcome.bodies import Directory
from orchestrator.services.outcome.effects import EFFECTS
from orchestrator.services.outcome.openings import hours_of
from orchestrator.services.outcome.rows import FAR_FUTURE, Step, write_rows
from orchestrator.services.running import Running
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

_NAMED = "deadline:"


def objections(running: Running, migration: engine.Migration) -> list[engine.Obstacle]:
    """What the jurisdiction lacks for the new version's open tasks; `running` reads the new version already."""
    found = []
    directory = _directory(running, migration)
    for before, after in migration.tasks:
        if (
            after.due
            and after.due.startswith(_NAMED)
            and after.due.removeprefix(_NAMED) not in running.bundle.jurisdiction.deadlines
        ):
            found.append(_obstacle(after, f"新版「{after.name}」的时限在辖区配置中没有"))
        if not _asks_others(before, after):
            continue
        bodies, missing = directory.bodies(running, after.candidate_groups)
        found += [_obstacle(after, f"新版的「{after.name}」无人可办：{each.sentence}") for each in missing]
        nobody = not missing and not bodies and not directory.users(running, after.candidate_users)
        nobody = nobody and directory.person_id(running, after.assignee) is None
        if nobody:
            found.append(_obstacle(after, f"新版的「{after.name}」对这件事项没有办理机构"))
    return found


@dataclass(frozen=True)
class Left:
    """The version that an instance leaves."""

    definition: engine.Definition
    id: str
    version: int


def carry_over(running: Running, migration: engine.Migration, left: Left, version: int) -> list[str]:
    """Writes the instance and what hangs on it as the new version has it, with the history's entry; what changed, in words.

    `running` reads the new version already, whose number is `version`, and holds the instance's lock. Raises InstanceChanged.
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
    told = {"from": left.id, "to": running.definition_id, "versions": [left.version, version]}
    running.remember("migrated", None, **told, changed=move.changed, tasks=move.told)
    session = running.session
    session.flush()
    session.execute(
        sa.update(ProcessInstance).where(ProcessInstance.id == running.id).values(definition_id=running.definition_id)
    )
    write_rows(session, [move.step])
    return move.changed


class _Move:
    def __init__(self, running: Running, migration: engine.Migration, left: engine.Definition) -> None:
        self.left = left
        self.running, self.session, self.step = running, running.session, Step(running)
        self.migration = migration
        self.directory = _directory(running, migration)
        self.changed: list[str] = []
        self.told: list[dict[str, object]] = []
        self.zone = ZoneInfo(running.bundle.jurisdiction.timezone)
        of_instance = Deadline.instance_id == running.id
        self.ledgers = {row.id: row for row in self.session.scalars(sa.select(Deadline).where(of_instance))}
        planned = sa.and_(TimerJob.instance_id == running.id, TimerJob.state == "planned")
        self.timers = {row.id: row for row in self.session.scalars(sa.select(TimerJob).where(planned))}

    # ------------------------------------------------------------------------------------------------------------- tasks

    def task(self, before: c.UserTaskOpened | None, after: c.UserTaskOpened) -> None:
        row = self.session.get_one(UserTask, self._row_id(after.task_id), with_for_update=True)
        then = row.due_at
        if row.name != after.name and (before is None or before.name != after.name):
            self.changed.append(f"「{row.name}」改称「{after.name}」")
        if row.form_key != after.form_key:
            self.changed.append(f"「{after.name}」改用另一张表单")
        row.definition_id, row.name, row.form_key = self.running.definition_id, after.name[:120], after.form_key
        row.priority, row.title, row.variables = after.priority, self.running.title, dict(after.variables)
        # Whoever has it open under the old version is asked to look again before he hands in.
        row.revision += 1
        asked = self._ask(row, after) if _asks_others(before, after) else None
        self.session.flush()
        self._due(row, before, after, asked)
        self.session.refresh(row)
        if row.due_at != then:
            self.changed.append(f"「{row.name}」的截止时间由 {self._moment(then)} 改为 {self._moment(row.due_at)}")
        if asked is not None or row.due_at != then:
            due = row.due_at.isoformat() if row.due_at else None
            told = {"element": row.element_id, "task": after.task_id, "to": asked, "due": due}
            self.told.append({key: value for key, value in told.items() if value})

    def _ask(self, row: UserTask, after: c.UserTaskOpened) -> list[str]:
        """The task waits for those whom the new version names; who has claimed it keeps it when he is one of them. The candidates."""
        bodies, _missing = self.directory.bodies(self.running, after.candidate_groups)
        candidates = [*self.directory.users(self.running, after.candidate_users), *bodies]
        rows = self.session.scalars(sa.select(UserTaskCandidate).where(UserTaskCandidate.task_id == row.id)).all()
        if {each.candidate for each in rows} == set(candidates):
            return candidates
        holder = self.directory.person_id(self.running, after.assignee)
        if holder is None and row.assignee_id is not None and self._serves(row.assignee_id, bodies):
            holder = row.assignee_id
        if row.assignee_id is not None and holder != row.assignee_id:
            self.changed.append(f"「{after.name}」的签收人不在新的办理机构，退回待签收")
            row.owner_id = row.delegation = None
        row.assignee_id = holder
        for each in rows:
            self.session.delete(each)
        self.session.flush()
        self.session.add_all(
            UserTaskCandidate(
                task_id=row.id, candidate=each, instance_id=self.running.id, offered=holder is None, due_sort=row.due_sort
            )
            for each in candidates
        )
        names = self.session.scalars(sa.select(Body.name).where(Body.id.in_(bodies)).order_by(Body.id)).all()
        self.changed.append(f"「{after.name}」改由{'、'.join(names) or '指定的人'}办理")
        return candidates

    def _serves(self, person_id: int, bodies: Sequence[str]) -> bool:
        query = sa.select(Membership.person_id).where(
            Membership.person_id == person_id, Membership.body_id.in_(bodies), Membership.until_on.is_(None)
        )
        return self.session.scalar(query.limit(1)) is not None

    def _due(
        self, row: UserTask, before: c.UserTaskOpened | None, after: c.UserTaskOpened, asked: Sequence[str] | None
    ) -> None:
        known = self.ledgers.get(row.id)
        if after.due and after.due.startswith(_NAMED):
            hours = known.hours_of if known is not None else None
            if known is None or asked is not None:
                hours = hours_of(self.running, [each for each in asked or self._candidates(row.id) if ":" in each])
            self._ledger(row.id, row.id, after.due.removeprefix(_NAMED), row.opened_at, hours)
            return
        if before is not None and before.due == after.due:
            return
        if known is not None:
            self._part_ways(known, None)
            self.session.delete(self.ledgers.pop(row.id))
        row.due_at = self._instant(after.due, row.opened_at)
        row.due_sort, row.due_provisional = row.due_at or FAR_FUTURE, False
        offers = UserTaskCandidate.task_id == row.id
        self.session.flush()
        self.session.execute(sa.update(UserTaskCandidate).where(offers).values(due_sort=row.due_sort))

    def _candidates(self, task_id: str) -> list[str]:
        return list(self.session.scalars(sa.select(UserTaskCandidate.candidate).where(UserTaskCandidate.task_id == task_id)))

    # ----------------------------------------------------------------------------------------------------------- ledgers

    def _ledger(self, row_id: str, task_id: str | None, name: str, start: datetime, hours: str | None) -> Deadline:
        """The row of that deadline by the new version's rule; extensions and suspensions that it has had are kept."""
        rule = self.running.bundle.jurisdiction.deadlines[name]
        row = self.ledgers.get(row_id)
        if row is not None and row.name != name:
            self._part_ways(row, name)
        same = row is not None and (row.name, row.limit_amount, row.limit_unit, row.citation, row.hours_of) == (
            name, rule.amount, rule.unit, rule.citation, hours,
        )  # fmt: skip
        if row is not None and same:
            return row
        entries = deadlines.from_json(row.entries) if row is not None else ()
        ledger = Ledger(name, row.start_at if row is not None else start, rule.amount, rule.unit, rule.citation, entries)
        if row is None:
            row = self.ledgers[row_id] = Deadline(id=row_id, tenant_id=self.running.tenant_id, instance_id=self.running.id)
            row.task_id, row.start_at = task_id, start
            self.session.add(row)
        row.name, row.limit_amount, row.limit_unit = name, rule.amount, rule.unit
        row.citation, row.hours_of = rule.citation, hours
        self._settle(row, ledger)
        return row

    def _settle(self, row: Deadline, ledger: Ledger) -> None:
        calendar = self.running.calendar_of(row.hours_of)
        review = self.session.scalar(sa.select(UserTask.follow_up_at).where(UserTask.id == row.id))
        ledgers.settle(self.session, row, ledger, calendar, review if ledger.suspended else None)

    def own_ledgers(self) -> None:
        """Timers that follow a ledger of their own, when its rule reads differently now."""
        for row in list(self.ledgers.values()):
            if (
                row.id in self.timers
                and self._timer_deadline(self.timers[row.id]) == row.name
                and row.id not in self._rearmed()
            ):
                self._ledger(row.id, row.task_id, row.name, row.start_at, row.hours_of)

    def _part_ways(self, row: Deadline, name: str | None) -> None:
        """Timers that followed the task's ledger, and still run on its old deadline, get that as a ledger of their own."""
        for timer in self.timers.values():
            old = self._timer_deadline(timer)
            if timer.deadline_id != row.id or timer.id in self._rearmed() or old is None or old == name:
                continue
            rule = self.running.bundle.jurisdiction.deadlines[old]
            own = Deadline(id=timer.id, tenant_id=row.tenant_id, instance_id=row.instance_id, task_id=row.task_id, name=old)
            own.start_at, own.hours_of, own.citation = row.start_at, row.hours_of, rule.citation
            own.limit_amount, own.limit_unit = rule.amount, rule.unit
            ledger = replace(ledgers.ledger_of(row), name=old, amount=rule.amount, unit=rule.unit, citation=rule.citation)
            self.session.add(own)
            timer.deadline_id = timer.id
            self.ledgers = {**self.ledgers, own.id: own}
            self._settle(own, ledger)

    def _timer_deadline(self, timer: TimerJob) -> str | None:
        """Name of the deadline on which that timer runs in the new version."""
        element = self.running.bundle.definition.elements.get(timer.element_id)
        text = element.event.timer[1] if element is not None and element.event and element.event.timer else ""
        stripped = engine_timers.strip_quotes(text)
        return stripped.removeprefix(_NAMED) if stripped.startswith(_NAMED) else None

    # ------------------------------------------------------------------------------------------------------------ timers

    def arm(self, armed: Armed) -> None:
        timer, row_id = armed.timer, self._row_id(armed.timer.timer_id)
        ledger = self._ledger_for(row_id, armed) if timer.deadline else None
        suspended = ledger is not None and ledgers.ledger_of(ledger).suspended
        due_at = timer.due_at if ledger is None else FAR_FUTURE if suspended else ledger.due_at
        called = self._called(timer.element_id)
        if armed.known:
            row = self.timers[row_id]
            if ledger is None and row.deadline_id == row_id:
                self.session.delete(self.ledgers.pop(row_id))
            self.changed.append(f"「{called}」改为 {self._moment(due_at)} 到期")
            row.due_at, row.deadline_id = due_at, ledger.id if ledger is not None else None
            return
        self.changed.append(f"新增「{called}」，{self._moment(due_at)} 到期")
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
            }
        )

    def _ledger_for(self, row_id: str, armed: Armed) -> Deadline:
        """Its task's ledger, when both run on the same deadline, else one of its own."""
        name, task_id = armed.timer.deadline or "", self._row_id(armed.timer.attached_to) if armed.timer.attached_to else None
        of_task = self.ledgers.get(task_id or "")
        if of_task is not None and of_task.name == name:
            return of_task
        host = task_id if task_id in {self._row_id(after.task_id) for _before, after in self.migration.tasks} else None
        return self._ledger(row_id, host, name, armed.since, of_task.hours_of if of_task is not None else None)

    def tell_closed(self) -> None:
        for effect in self.migration.effects:
            if isinstance(effect, c.TimerCancelled):
                row = self.timers.get(self._row_id(effect.timer_id))
                self.changed.append(f"「{self._called(effect.element_id)}」不再计时")
                if row is not None and row.deadline_id == row.id and row.id in self.ledgers:
                    self.session.delete(self.ledgers.pop(row.id))

    def _rearmed(self) -> set[str]:
        return {self._row_id(each.timer.timer_id) for each in self.migration.armed if each.known}

    # ------------------------------------------------------------------------------------------------------------- words

    def _called(self, element_id: str) -> str:
        element = self.running.bundle.definition.elements.get(element_id) or self.left.elements.get(element_id)
        return (element.name if element is not None else "") or "时限"

    def _moment(self, at: datetime | None) -> str:
        if at is None or at >= FAR_FUTURE:
            return "无期限"
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _row_id(self, task_id: str) -> str:
        return f"{self.running.id}.{task_id}"

    def _instant(self, text: str | None, start: datetime) -> datetime | None:
        if not text:
            return None
        try:
            return engine_timers.schedule("timeDuration", text, start, self.running.environment).due_at
        except (ValueError, KeyError):
            return None


def _directory(running: Running, migration: engine.Migration) -> Directory:
    asked: dict[str, c.UserTaskOpened] = {
        after.task_id: after for before, after in migration.tasks if _asks_others(before, after)
    }
    return Directory(running.session, [Step(running, opened=asked)])


def _asks_others(before: c.UserTaskOpened | None, after: c.UserTaskOpened) -> bool:
    """Whether the new version names others than the old one would now."""
    if before is None:
        return True
    then = before.candidate_groups, before.candidate_users, before.assignee
    return then != (after.candidate_groups, after.candidate_users, after.assignee)


def _obstacle(task: c.UserTaskOpened, why: str) -> engine.Obstacle:
    return engine.Obstacle(task.element_id, task.name, why)
