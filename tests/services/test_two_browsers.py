"""The same thing done twice at the same time, by one person in two browsers or by two people."""

from __future__ import annotations

import io
import threading

import pytest
import sqlalchemy as sa
from PIL import Image

from orchestrator.errors import KeyTaken, RuleViolated
from orchestrator.services import access
from orchestrator.services.designing import new_procedures
from orchestrator.services.people import members, phrases, signatures
from orchestrator.services.user_tasks import saved_views
from orchestrator.store.decision_aids import Phrase
from orchestrator.store.drafts import Draft
from orchestrator.store.saved_views import InboxChoice, SavedView
from orchestrator.store.session import transaction
from tests.services.world import TENANT

pytestmark = pytest.mark.both_databases

AT_ONCE = 6


def together(world, *acts) -> list[Exception]:
    """What went wrong when all acts were done at the same time."""
    ready, wrong = threading.Barrier(len(acts)), []

    def run(act) -> None:
        with world.app.app_context():
            ready.wait()
            try:
                act()
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_views_density_and_signature_saved_at_the_same_time_are_all_kept(
    world,
) -> None:
    drawn, target = Image.new("L", (40, 20), 255), io.BytesIO()
    drawn.paste(0, (5, 5, 20, 15))
    drawn.save(target, "PNG")
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("li"))
    wrong = together(
        world,
        *[
            lambda: saved_views.save(
                who, "急件", "due=today", None, True, world.now
            )
        ]
        * AT_ONCE,
        *[lambda: saved_views.set_density(who, "compact")] * AT_ONCE,
        *[lambda: signatures.put(target.getvalue(), who.person_id, world.now)]
        * AT_ONCE,
    )
    assert wrong == []
    with transaction(writing=False) as session:
        assert session.scalars(sa.select(SavedView.name)).all() == ["急件"]
        assert session.scalars(sa.select(InboxChoice.density)).all() == [
            "compact"
        ]


def test_the_first_two_entries_of_a_members_file_meet(world) -> None:
    with transaction(writing=False) as session:
        who = access.viewer(session, world.person("li"))

    def keep() -> None:
        with transaction() as session:
            members._file(session, who, who.person_id, world.now)

    assert together(world, *[keep] * AT_ONCE) == []


def test_no_more_phrases_are_kept_than_allowed(world, monkeypatch) -> None:
    monkeypatch.setattr(phrases, "MOST", 2)
    by = world.person("li")
    wrong = together(
        world,
        *[
            lambda text=f"第{number}条": phrases.add(text, by, world.now)
            for number in range(AT_ONCE)
        ],
    )
    assert {type(error) for error in wrong} == {RuleViolated} and len(
        wrong
    ) == AT_ONCE - 2
    with transaction(writing=False) as session:
        assert (
            session.scalar(sa.select(sa.func.count()).select_from(Phrase)) == 2
        )


def test_a_new_procedure_begun_twice_at_the_same_time_is_one_draft(
    world,
) -> None:
    by = world.person("li")
    wrong = together(
        world,
        *[
            lambda: new_procedures.begin(
                TENANT, "legal_review", "法制审核", "", by, world.now
            )
        ]
        * 4,
    )
    assert [type(error) for error in wrong] == [KeyTaken] * 3
    with transaction(writing=False) as session:
        assert (
            session.scalar(sa.select(sa.func.count()).select_from(Draft)) == 1
        )
