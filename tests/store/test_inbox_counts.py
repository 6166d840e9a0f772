"""The counters of the inbox against a plain count of the same rows, with any bodies, clocks and bounds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.store import inbox_counts
from orchestrator.store.inbox_counts import Counts
from orchestrator.store.inbox_open import Official
from orchestrator.store.kept_statements import kept
from orchestrator.store.session import transaction
from orchestrator.store.set_aside import SetAside
from orchestrator.store.user_tasks import ReadTask, UserTask, UserTaskCandidate
from tests.store.planting import NOW, TENANT, plant_matters, plant_people

BODIES = [f"{TENANT}:office-{number}:990100" for number in range(4)]
HOUR = timedelta(hours=1)
TASKS = 60


@pytest.fixture
def li(rows) -> int:
    """Somebody with tasks that several bodies are offered, that she holds, has aside or has read."""
    person = plant_people("wang", "li")["li"]
    chance = random.Random(7)
    due = [chance.choice([None, _hours(chance, 60)]) for _ in range(TASKS)]
    ids = plant_matters(["甲"] * TASKS, BODIES[0], due=due)
    own = [*([NOW - HOUR] * 5), *(_hours(chance, 60) for _ in range(15)), None]
    plant_matters(
        ["乙"] * len(own), BODIES[1], prefix="b", assignee=person, due=own
    )
    with transaction() as session:
        for row in session.scalars(
            sa.select(UserTask).where(UserTask.id.in_(ids))
        ):
            for body in chance.sample(BODIES[1:], chance.choice([0, 0, 1, 3])):
                session.add(
                    UserTaskCandidate(
                        task_id=row.id,
                        candidate=body,
                        instance_id=row.instance_id,
                        offered=True,
                        due_sort=row.due_sort,
                    )
                )
        for task in chance.sample(ids, 12):
            back = _hours(chance, 90)
            session.add(
                SetAside(
                    person_id=person,
                    task_id=task,
                    returns_at=back,
                    note="",
                    set_at=NOW,
                )
            )
        for task in chance.sample(ids, 15):
            session.add(ReadTask(person_id=person, task_id=task, read_at=NOW))
    return person


def _hours(chance: random.Random, most: int) -> datetime:
    return NOW + chance.randint(-most // 2, most) * HOUR


@pytest.fixture(params=[3, 8, 1_000])
def cap(request, monkeypatch) -> Iterator[int]:
    """To which number is counted; the statements that are kept hold it."""
    monkeypatch.setattr(inbox_counts, "COUNT_CAP", request.param)
    monkeypatch.setattr(inbox_counts, "MOST_OFFERS", request.param + 2)
    kept.cache_clear()
    yield request.param
    kept.cache_clear()


def test_they_are_those_of_a_plain_count_up_to_their_bound(
    li: int, cap: int
) -> None:
    chance = random.Random(cap)
    since = NOW - HOUR
    with transaction(writing=False) as session:
        for count in (0, 1, 2, 3, 4, 4):
            bodies = chance.sample(BODIES, count)
            now = _hours(chance, 40)
            ends = (now, now + 9 * HOUR, now + chance.choice([9, 50]) * HOUR)
            counts = inbox_counts.count_by_due(
                session, Official(li, bodies), TENANT, ends, since
            )
            plain = _plain_counts(session, li, bodies, ends)
            assert counts == plain, (bodies, ends)


def _plain_counts(session, person: int, bodies: list[str], ends) -> Counts:
    now, tonight, week = ends
    offered = session.execute(
        sa.select(UserTaskCandidate.task_id, UserTaskCandidate.candidate)
    ).all()
    tasks = {
        task.id: task
        for task in session.scalars(sa.select(UserTask))
        if task.assignee_id == person
        or (
            task.assignee_id is None
            and any((task.id, body) in offered for body in bodies)
        )
    }
    put_off = {
        row.task_id: row.returns_at
        for row in session.scalars(sa.select(SetAside))
        if row.task_id in tasks
    }
    away = {
        key
        for key, back in put_off.items()
        if now < back <= tasks[key].due_sort
    }
    read = set(session.scalars(sa.select(ReadTask.task_id)))
    dues = [task.due_sort for key, task in tasks.items() if key not in away]
    counts = (
        len(dues),
        sum(due < now for due in dues),
        sum(now <= due < tonight for due in dues),
        sum(now <= due < week for due in dues),
        len(tasks.keys() - read),
        sum(task.assignee_id == person for task in tasks.values()),
        len(away),
        0,
        len(put_off) - len(away),
    )
    return Counts(
        *(min(count, inbox_counts.COUNT_CAP + 1) for count in counts)
    )
