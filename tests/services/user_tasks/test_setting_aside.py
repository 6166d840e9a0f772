"""暂放: a task leaves one person's list until a day. No clock stops and nobody else notices."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.services import access, user_tasks
from orchestrator.services.user_tasks import setting_aside
from orchestrator.store import inbox, inbox_counts
from orchestrator.store.inbox_open import Filters, Official
from orchestrator.store.session import transaction
from orchestrator.store.set_aside import SetAside
from orchestrator.store.user_tasks import UserTask
from tests.services.world import TENANT

DAY = timedelta(days=1)


@pytest.fixture
def review(world) -> UserTask:
    """A review that falls due in ten days."""
    task = world.task(world.start(), "review")
    _fall_due(task.id, world.now + 10 * DAY)
    return task


def _fall_due(task_id: str, at) -> None:
    with transaction() as session:
        row = session.get_one(UserTask, task_id)
        row.due_at = at
        row.due_sort = at


def _viewer(world, username: str) -> access.Viewer:
    with transaction(writing=False) as session:
        found = access.viewer(session, world.person(username), world.now)
    assert found
    return found


def _listed(world, username: str, **filters) -> list[str]:
    """Ids in the person's list as it stands now."""
    who = _viewer(world, username)
    with transaction(writing=False) as session:
        of = Official(who.person_id, who.addresses)
        given = Filters(TENANT, now=world.now, **filters)
        return [row.id for row in inbox.page_to_do(session, of, given).rows]


def _counts(world, username: str) -> inbox_counts.Counts:
    who = _viewer(world, username)
    ends = (world.now, world.now + DAY, world.now + 7 * DAY)
    with transaction(writing=False) as session:
        of = Official(who.person_id, who.addresses)
        return inbox_counts.count_by_due(session, of, TENANT, ends, world.now)


def test_it_leaves_only_his_list_and_returns_on_the_day(world, review) -> None:
    li = _viewer(world, "li")
    set_at = world.now
    setting_aside.set_aside(
        li, review.id, world.now + 3 * DAY, " 等  回函 ", world.now
    )
    assert _listed(world, "li") == []
    assert _listed(world, "li", aside=True) == [review.id]
    assert (_counts(world, "li").all, _counts(world, "li").aside) == (0, 1)
    assert _listed(world, "wang") == [review.id]
    with transaction(writing=False) as session:
        row = session.get_one(SetAside, (li.person_id, review.id))
        assert row.note == "等 回函"
        due_at = session.get_one(UserTask, review.id).due_at
        assert due_at == set_at + 10 * DAY
    world.now += 3 * DAY
    assert _listed(world, "li") == [review.id]
    assert (_counts(world, "li").all, _counts(world, "li").aside) == (1, 0)


def test_what_falls_due_before_it_returns_is_in_the_list_at_once(
    world, review
) -> None:
    li = _viewer(world, "li")
    setting_aside.set_aside(li, review.id, world.now + 5 * DAY, "", world.now)
    _fall_due(review.id, world.now + 2 * DAY)
    assert _listed(world, "li") == [review.id]
    assert _counts(world, "li").aside == 0


def test_what_a_colleague_takes_is_counted_as_aside_no_more(
    world, review
) -> None:
    li = _viewer(world, "li")
    setting_aside.set_aside(li, review.id, world.now + DAY, "", world.now)
    assert _counts(world, "li").aside == 1
    user_tasks.claim(review.id, world.person("wang"), world.now)
    assert _counts(world, "li").aside == 0


def test_it_is_taken_up_before_the_day(world, review) -> None:
    li = _viewer(world, "li")
    setting_aside.set_aside(li, review.id, world.now + DAY, "", world.now)
    setting_aside.take_up(li, review.id)
    assert _listed(world, "li") == [review.id]


def test_no_day_that_has_begun_or_lies_after_the_due_time(
    world, review
) -> None:
    li = _viewer(world, "li")
    for days, said in ((0, "今天以后"), (11, "期限"), (400, "一年")):
        with pytest.raises(RuleViolated, match=said):
            setting_aside.set_aside(
                li, review.id, world.now + days * DAY, "", world.now
            )
    with pytest.raises(RuleViolated, match="100"):
        setting_aside.set_aside(
            li, review.id, world.now + DAY, "长" * 101, world.now
        )
    with pytest.raises(NotFound):
        setting_aside.set_aside(li, "none", world.now + DAY, "", world.now)
    assert _listed(world, "li") == [review.id]


def test_nobody_sets_aside_what_he_cannot_do(world, review) -> None:
    zhao = _viewer(world, "zhao")
    with pytest.raises(InstanceChanged, match="没有暂放"):
        setting_aside.set_aside(
            zhao, review.id, world.now + DAY, "", world.now
        )


def test_a_person_has_a_bounded_number_aside(
    world, review, monkeypatch
) -> None:
    monkeypatch.setattr(setting_aside, "MOST", 1)
    li = _viewer(world, "li")
    setting_aside.set_aside(li, review.id, world.now + DAY, "", world.now)
    second = world.task(world.start(), "review")
    with pytest.raises(RuleViolated, match="已暂放 1 项"):
        setting_aside.set_aside(li, second.id, world.now + DAY, "", world.now)
    # Another day for the same one is no task more.
    setting_aside.set_aside(li, review.id, world.now + 2 * DAY, "", world.now)
