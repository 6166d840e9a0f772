"""The tasks of an instance that moves: names, forms, whom they ask and when they are due."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from orchestrator.domain import cases
from orchestrator.domain.calendar import CountedFor
from orchestrator.engine import commands as c
from orchestrator.engine import timers
from orchestrator.sentences import joined, say
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
)
from orchestrator.services.instances import migration_obstacles
from orchestrator.services.instances.moved_deadlines import MovedDeadlines
from orchestrator.store.people import Membership
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


class MovedTasks(MovedDeadlines):
    def task(
        self,
        before: c.UserTaskOpened | None,
        after: c.UserTaskOpened,
    ) -> None:
        row = self.session.get_one(
            UserTask,
            self._row_id(after.task_id),
            with_for_update=True,
        )
        due_before = row.due_at
        self._note_words(row, before, after)
        row.definition_id = self.running.definition_id
        row.name = after.name[:120]
        row.form_key = after.form_key
        row.priority = cases.task_priority(
            after.priority,
            self.running.variables,
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
        is_due_again = row.due_at != due_before
        if is_due_again:
            self.changed.append(
                say(
                    "“{name}”的截止时间由 {moment} 改为 {new_moment}",
                    name=row.name,
                    moment=self._moment(due_before),
                    new_moment=self._moment(row.due_at),
                ),
            )
        if asked is not None or is_due_again:
            self._keep_entry(row, after, asked)

    def _note_words(
        self,
        row: UserTask,
        before: c.UserTaskOpened | None,
        after: c.UserTaskOpened,
    ) -> None:
        """What is seen of the task's name and form; a name that was computed when it opened is not news."""
        drawn_otherwise = before is None or before.name != after.name
        if row.name != after.name and drawn_otherwise:
            self.changed.append(
                say(
                    "“{name}”改称“{new_name}”",
                    name=row.name,
                    new_name=after.name,
                ),
            )
        if row.form_key != after.form_key:
            self.changed.append(
                say("“{name}”改用另一张表单", name=after.name),
            )

    def _keep_entry(
        self,
        row: UserTask,
        after: c.UserTaskOpened,
        asked: Sequence[str] | None,
    ) -> None:
        entry: dict[str, object] = {
            "element": row.element_id,
            "task": after.task_id,
        }
        if asked:
            entry["to"] = asked
        if row.due_at:
            entry["due"] = row.due_at.isoformat()
        self.task_entries.append(entry)

    def _ask(self, row: UserTask, after: c.UserTaskOpened) -> list[str]:
        """The task waits for those whom the new version names; who has claimed it keeps it when he is one of
        them. The candidates."""
        bodies, _missing = self.directory.bodies(
            self.running,
            after.candidate_groups,
        )
        candidates = [
            *self.directory.users(self.running, after.candidate_users),
            *bodies,
        ]
        rows = self.session.scalars(
            sa.select(UserTaskCandidate).where(
                UserTaskCandidate.task_id == row.id,
            ),
        ).all()
        if {offer.candidate for offer in rows} == set(candidates):
            return candidates
        holder = self.directory.person_id(self.running, after.assignee)
        if (
            holder is None
            and row.assignee_id is not None
            and self._serves(row.assignee_id, bodies)
        ):
            holder = row.assignee_id
        self._assign(row, holder, after.name)
        for offer in rows:
            self.session.delete(offer)
        self.session.flush()
        self.session.add_all(
            UserTaskCandidate(
                task_id=row.id,
                candidate=candidate,
                instance_id=self.running.id,
                offered=holder is None,
                due_sort=row.due_sort,
            )
            for candidate in candidates
        )
        names = self.session.scalars(
            sa.select(Body.name).where(Body.id.in_(bodies)).order_by(Body.id),
        ).all()
        self.changed.append(
            say(
                "“{name}”改由{names}办理",
                name=after.name,
                names=joined("、", names) or say("指定的人"),
            ),
        )
        return candidates

    def _assign(self, row: UserTask, holder: int | None, name: str) -> None:
        """Gives the task to that person, or back to all who are asked."""
        if row.assignee_id == holder:
            return
        if row.assignee_id is not None:
            self.changed.append(
                say(
                    "“{name}”的领取人不在新的办理机构，放回待领取",
                    name=name,
                ),
            )
            row.owner_id = None
            row.delegation = None
        row.assigned_at = None
        if holder is not None:
            row.assigned_at = self.running.now
        row.assignee_id = holder

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
            counted_for = self._counted_for(row, known, asked)
            self._ledger(row.id, row.id, name, row.opened_at, counted_for)
            return
        if before is not None and before.due == after.due:
            return
        if known is not None:
            self._part_ways(known, None)
            if known.entries:
                self.changed.append(
                    say(
                        "“{name}”的时限改变算法，已批准的延期不再计入",
                        name=after.name,
                    ),
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
            .values(due_sort=row.due_sort),
        )

    def _counted_for(
        self,
        row: UserTask,
        known: Deadline | None,
        asked: Sequence[str] | None,
    ) -> CountedFor:
        """Whose office hours and days off count for the deadline."""
        if known is not None and asked is None:
            return known.counted_for
        candidates = asked or self._candidates(row.id)
        bodies = [
            candidate for candidate in candidates if candidate.count(":") == 2
        ]
        return due_dates.counted_for(
            self.running.bundle.jurisdiction,
            bodies,
        )

    def _candidates(self, task_id: str) -> list[str]:
        return list(
            self.session.scalars(
                sa.select(UserTaskCandidate.candidate).where(
                    UserTaskCandidate.task_id == task_id,
                ),
            ),
        )
