"""The assessment of every kind, with suspended and extended cases left out, is what a slow recount finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import COUNTED, MEMBERS
from orchestrator.services import bundles
from orchestrator.services.assessment import scoring
from orchestrator.services.clocks import deadlines
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.handlers.office import TENANT, Office
from tests.handlers.test_assessment import COUNTY, _slow_told, _work
from tests.handlers.test_cases import to_the_county, to_the_departments
from tests.handlers.test_figures import month, settle

pytestmark = pytest.mark.one_database
MONTH, QUARTER = "2026-11", "2026Q4"
LEFT_OUT = ("suspended", "extended")
_KINDS = ("suspension", "extension")


def _extend(office: Office, case: str, element: str) -> None:
    (task,) = [
        row for row in office.open_tasks(case) if row.element_id == element
    ]
    approver = office.person("jk-wgb")
    deadlines.extend(
        task.id,
        deadlines.Extension(1, "working_days", "情况复杂"),
        approver,
        office.now,
    )


def _extended(office: Office) -> None:
    """One case takes longer at the township, another one at the bureau."""
    item = office.rows(sa.select(GridCase.item_id))[0]
    longer = office.report(item)
    _extend(office, longer, "triage_township")
    to_the_county(office, longer)
    to_the_departments(office, longer)
    other = office.report(item)
    to_the_county(office, other)
    to_the_departments(office, other)
    _extend(office, other, "handle_case")
    office.complete(other, "handle_case", "jk-cg", result="清理完毕")


def _tasks_of(session: Session, case: GridCase, key: str) -> list[UserTask]:
    """The tasks that the body did, or is asked to do."""
    entries = session.scalars(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == case.instance_id,
            HistoryEntry.kind == "user-task-completed",
        )
    )
    done_by = {
        f"{case.instance_id}.{entry.data['task']}": entry.actor_body_id
        for entry in entries
    }
    own = []
    for task in _all_tasks(session, case):
        asked = session.scalars(
            sa.select(UserTaskCandidate.candidate).where(
                UserTaskCandidate.task_id == task.id
            )
        ).all()
        bodies = [done_by[task.id]] if task.id in done_by else asked
        if key in bodies:
            own.append(task)
    return own


def _all_tasks(session: Session, case: GridCase) -> list[UserTask]:
    return list(
        session.scalars(
            sa.select(UserTask).where(UserTask.instance_id == case.instance_id)
        )
    )


def _is_left_out(session: Session, tasks: list[UserTask]) -> bool:
    ledgers = [session.get(Deadline, task.id) for task in tasks]
    return any(
        entry["kind"] in _KINDS
        for ledger in ledgers
        if ledger is not None
        for entry in ledger.entries
    )


def _slow(
    session: Session, of: str, key: str, months: Sequence[str]
) -> tuple[Counter[str], set[str]]:
    """What somebody's cases count as, looked at one by one, and those that are left out."""
    counts: Counter[str] = Counter()
    left_out = set()
    for case in session.scalars(sa.select(GridCase)):
        begun = case.found_at
        ended = case.archived_at if case.state != "open" else None
        reworked = case.rework_count > 0
        if of == MEMBERS:
            instance = session.get_one(ProcessInstance, case.instance_id)
            if str(instance.started_by) != key:
                continue
            tasks = _all_tasks(session, case)
        else:
            tasks = _tasks_of(session, case, key)
            if not tasks:
                continue
            begun = min(task.opened_at for task in tasks)
            closed = [task.closed_at for task in tasks if task.closed_at]
            ended = max(closed) if len(closed) == len(tasks) else None
            steps = Counter(task.element_id for task in tasks)
            reworked = max(steps["handle_case"], steps["handle_by_office"]) > 1
        if _is_left_out(session, tasks):
            left_out.add(case.instance_id)
            continue
        if month(begun) in months:
            counts["registered"] += 1
        if ended is None or month(ended) not in months:
            continue
        if case.state in ("merged", "void"):
            counts["dropped"] += 1
            continue
        late = any(
            task.due_at and task.closed_at and task.closed_at > task.due_at
            for task in tasks
        )
        counts.update(
            [
                "closed",
                "late" if late else "on_time",
                "reworked" if reworked else "first_time",
            ]
        )
        if case.state == "archived":
            counts.update(_slow_told(session, case.instance_id))
    return counts, left_out


def test_departments_offices_and_members_are_what_a_slow_recount_finds(
    office: Office,
) -> None:
    """Slow: a month of work is played once and looked at case by case for everybody who is assessed."""
    _work(office, 30)
    _extended(office)
    settle(office)
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT)
        by = session.get_one(Body, COUNTY)
        seen = Counter[str]()
        for rule in profile.assessment:
            formulas = [
                replace(formula, exclude=LEFT_OUT) for formula in rule.formulas
            ]
            wider = replace(rule, formulas=tuple(formulas))
            period = QUARTER if rule.every == "quarter" else MONTH
            for scored in scoring.scores(session, profile, wider, by, period):
                key = scored.assessed.key
                counts, left_out = _slow(
                    session, rule.of, key, periods.months_of(period)
                )
                told = {name: scored.figures[name] for name in COUNTED}
                expected = {name: counts[name] for name in COUNTED}
                assert told == expected, (rule.of, key)
                assert set(scored.excluded) == left_out, (rule.of, key)
                reasons = set(scored.excluded.values())
                seen.update(f"{rule.of} {reason}" for reason in reasons)
                seen[rule.of] += counts["closed"]
        assert seen["departments"] and seen["offices"] and seen["members"]
        for of in ("departments", "offices", "members"):
            assert seen[f"{of} extended"], of
