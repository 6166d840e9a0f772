"""A form that is begun: saved for its person alone, in place of the one before, until it is submitted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import RuleViolated
from orchestrator.services.records import (
    purposes,
    saved_forms,
    submission_keys,
)
from orchestrator.store.people import Person
from orchestrator.store.saved_forms import SavedForm, find_purposes, find_saved
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.services.world import World

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
PURPOSE = "task:a.1"


def people(count: int = 2) -> list[int]:
    with transaction(writing=False) as session:
        return list(
            session.scalars(
                sa.select(Person.id).order_by(Person.id).limit(count)
            )
        )


def content(person: int, purpose: str = PURPOSE) -> list[list[str]] | None:
    with transaction(writing=False) as session:
        row = find_saved(session, person, purpose)
        return row.content if row else None


def test_the_last_content_stands_and_belongs_to_one_person(
    world: World,
) -> None:
    mine, his = people()
    saved_forms.save(
        mine,
        PURPOSE,
        "k1",
        [("name", "夜间巡查"), ("kind", "a"), ("kind", "b")],
        NOW,
    )
    saved_forms.save(
        mine,
        PURPOSE,
        "k1",
        [("name", "夜间巡查河道")],
        NOW + timedelta(minutes=1),
    )
    assert content(mine) == [["name", "夜间巡查河道"]] and content(his) is None
    with transaction(writing=False) as session:
        assert find_purposes(session, mine, {PURPOSE, "task:b"}) == {
            PURPOSE: NOW + timedelta(minutes=1)
        }
        assert find_purposes(session, his, {PURPOSE}) == {}
    saved_forms.drop(his, PURPOSE)
    assert content(mine) is not None
    saved_forms.drop(mine, PURPOSE)
    saved_forms.drop(mine, PURPOSE)
    assert content(mine) is None


def test_what_was_submitted_is_not_shown_even_when_it_was_saved_later(
    world: World,
) -> None:
    (mine,) = people(1)
    with transaction() as session:
        submission_keys.claim(session, mine, "used", PURPOSE, {}, NOW)
    saved_forms.save(
        mine, PURPOSE, "used", [("name", "x")], NOW + timedelta(seconds=1)
    )
    assert content(mine) is None
    with transaction(writing=False) as session:
        assert find_purposes(session, mine, {PURPOSE}) == {}
    assert saved_forms.sweep(NOW) == 1
    saved_forms.save(mine, PURPOSE, "fresh", [("name", "y")], NOW)
    assert content(mine) == [["name", "y"]]


def test_old_forms_go_and_young_ones_stay(world: World) -> None:
    (mine,) = people(1)
    saved_forms.save(mine, "task:old", "k1", [], NOW)
    saved_forms.save(mine, "task:young", "k2", [], NOW + timedelta(days=1))
    assert saved_forms.sweep(NOW + saved_forms.KEPT + timedelta(hours=1)) == 1
    assert (
        content(mine, "task:old") is None and content(mine, "task:young") == []
    )


def test_one_person_cannot_fill_the_table(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mine,) = people(1)
    monkeypatch.setattr(saved_forms, "MOST_FORMS", 3)
    for number in range(5):
        saved_forms.save(
            mine,
            f"task:{number}",
            f"k{number}",
            [],
            NOW + timedelta(minutes=number),
        )
    with transaction(writing=False) as session:
        rows = session.scalars(
            sa.select(SavedForm.purpose).order_by(SavedForm.purpose)
        ).all()
    assert rows == ["task:2", "task:3", "task:4"]
    with pytest.raises(RuleViolated, match="没有自动保存"):
        saved_forms.save(
            mine,
            "task:4",
            "k",
            [("text", "长" * saved_forms.MOST_CHARACTERS)],
            NOW,
        )
    with pytest.raises(RuleViolated):
        saved_forms.save(mine, "task:4", "两个", [], NOW)
    assert content(mine, "task:4") == []


def test_what_a_colleague_left_in_a_task_goes_when_the_task_is_closed(
    world: World,
) -> None:
    mine, his = people()
    task = world.task(world.start(), "review")
    saved_forms.save(
        mine, purposes.of_task(task.id), "k1", [("opinion", "x")], NOW
    )
    saved_forms.save(
        his, purposes.of_start("case", "body", None), "k2", [], NOW
    )
    assert saved_forms.sweep(NOW) == 0
    with transaction() as session:
        session.get_one(UserTask, task.id).state = "completed"
    assert saved_forms.sweep(NOW) == 1
    assert content(mine, purposes.of_task(task.id)) is None
