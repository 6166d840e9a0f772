"""Who sees a matter: overseers of its place, those asked or acting, those who started it; to all others it
does not exist."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound
from orchestrator.services import access, listed_instances, user_tasks
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from orchestrator.store.user_tasks import Attachment, UserTaskCandidate
from tests.services.user_tasks.test_absences import away
from tests.services.user_tasks.test_signing import ask
from tests.services.world import MONDAY, PEOPLE, TENANT, add_body


@pytest.fixture
def errand(world) -> str:
    """Started by 赵 of civil affairs; waits for the county's grid office, where nobody oversees yet."""
    return world.start(by="zhao")


def viewer(world, username: str) -> access.Viewer:
    with transaction(writing=False) as session:
        found = access.viewer(session, world.person(username))
    assert found is not None
    return found


def sees(world, username: str, instance_id: str) -> bool:
    """Alike in a list and for the one matter."""
    who = viewer(world, username)
    with transaction(writing=False) as session:
        listed = _listed(session, access.may_see(who))
        by_name = listed_instances.may_list(session, who)
        assert _listed(session, by_name) == listed
        try:
            access.visible_instance(session, who, instance_id)
        except NotFound:
            assert instance_id not in listed
            return False
    assert instance_id in listed
    return True


def _listed(session: Session, visible: sa.ColumnElement[bool]) -> set[str]:
    return set(session.scalars(sa.select(ProcessInstance.id).where(visible)))


def oversee(*body_keys: str) -> None:
    with transaction() as session:
        session.execute(sa.update(Body).values(oversees=False))
        ids = [f"{TENANT}:{key}" for key in body_keys]
        session.execute(
            sa.update(Body).where(Body.id.in_(ids)).values(oversees=True)
        )


def test_who_started_it_his_colleagues_and_the_body_that_is_asked_see_it(
    world, errand
):
    oversee()
    assert sees(world, "zhao", errand)
    assert sees(world, "qian", errand)  # same bureau
    assert sees(world, "wang", errand)  # the office it waits for
    assert not sees(world, "sun", errand)  # police: not asked
    assert not sees(
        world, "zhou", errand
    )  # the city's office: not asked, oversees nothing


def test_who_oversees_the_place_sees_it_and_a_neighbour_whose_code_begins_alike_does_not(
    world, errand
):
    oversee("grid-office:990000")
    assert sees(world, "zhou", errand)
    with transaction() as session:
        session.add(
            Territory(
                tenant_id=TENANT,
                code="9901",
                name="邻县",
                level="county",
                parent_code="990000",
                path="990000/9901/",
            )
        )
        add_body(
            session,
            "government:9901",
            "government",
            "county",
            "990000/9901/",
            "邻县政府",
        )
        session.execute(
            sa.update(Body)
            .where(Body.id == f"{TENANT}:government:9901")
            .values(oversees=True)
        )
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == world.person("sun"))
            .values(body_id=f"{TENANT}:government:9901")
        )
    assert not sees(world, "sun", errand)


def test_who_acted_still_sees_it_after_he_left_the_body(world, errand):
    oversee()
    world.review(errand, by="wang")
    with transaction() as session:
        session.execute(
            sa.delete(Membership).where(
                Membership.person_id == world.person("wang")
            )
        )
    assert sees(world, "wang", errand)


def test_who_left_a_body_no_longer_sees_what_only_the_body_saw(world, errand):
    oversee("grid-office:990100")
    assert sees(world, "li", errand)
    with transaction() as session:
        left = sa.update(Membership).where(
            Membership.person_id == world.person("li")
        )
        session.execute(left.values(until_on=MONDAY.date()))
    assert not sees(world, "li", errand)


def test_a_list_names_the_matters_of_who_sees_few_and_asks_each_only_of_who_sees_many(
    world, errand, monkeypatch
):
    oversee()
    who = viewer(world, "zhao")
    with transaction(writing=False) as session:
        few = listed_instances.may_list(session, who)
        assert "history_entry" not in str(few)
        assert _listed(session, few) == {errand}
    second = world.start(by="qian")
    monkeypatch.setattr(listed_instances, "MOST_OWN", 1)
    with transaction(writing=False) as session:
        many = listed_instances.may_list(session, who)
        assert "history_entry" in str(many)
        assert _listed(session, many) == {errand, second}


def test_a_link_leads_to_all_that_opens_and_to_nothing_else(world):
    """Also what is about something that opens for a task alone, to a deputy or to an added signer."""
    oversee()
    asked, held, below = chains = [
        [world.start() for _ in range(3)] for _ in range(3)
    ]
    everything = [errand for chain in chains for errand in chain]
    with transaction() as session:
        for chain in chains:
            for first, second in itertools.pairwise(chain):
                row = session.get_one(ProcessInstance, second)
                row.about_id = first
    for errand in everything:
        holder = "li" if errand == held[0] else "wang"
        task = world.task(errand, "review").id
        user_tasks.claim(task, world.person(holder), world.now)
    away(world, "li", "zhou")
    ask(world, world.task(asked[0], "review"), "sun", by="wang")
    ask(world, world.task(below[1], "review"), "sun", by="wang")
    opened = {}
    for username in PEOPLE:
        with transaction(writing=False) as session:
            who = access.viewer(session, world.person(username), world.now)
            linked = listed_instances.seen_among(session, who, everything)
            opened[username] = {
                errand for errand in everything if _opens(session, who, errand)
            }
        assert linked == opened[username], username
    assert opened["sun"] == {*asked, *below[1:]}
    assert opened["zhou"] == {*held}
    assert opened["zhao"] == {*everything}


def _opens(session: Session, who: access.Viewer, instance_id: str) -> bool:
    try:
        access.visible_instance(session, who, instance_id)
    except NotFound:
        return False
    return True


def test_a_person_named_by_the_diagram_sees_it(world, errand):
    oversee()
    with transaction() as session:
        task = world.task(errand, "review")
        session.add(
            UserTaskCandidate(
                task_id=task.id,
                candidate="user:sun",
                instance_id=errand,
                offered=True,
                due_sort=task.due_sort,
            )
        )
    assert sees(world, "sun", errand)


def test_nobody_of_another_city_sees_anything_even_with_the_same_codes(
    world, errand
):
    oversee("grid-office:990000")
    who = viewer(world, "zhou")
    stranger = access.Viewer(
        who.person_id, who.username, who.display_name, "elsewhere", who.bodies
    )
    with transaction(writing=False) as session:
        assert (
            session.scalars(
                sa.select(ProcessInstance.id).where(access.may_see(stranger))
            ).all()
            == []
        )


def test_an_attachment_is_seen_with_its_matter_and_before_that_by_who_uploaded_it(
    world, errand
):
    oversee()
    row = {
        "tenant_id": TENANT,
        "field_key": "attachments",
        "filename": "说明.pdf",
        "content_type": "application/pdf",
        "size": 1,
        "sha256": "0" * 64,
        "uploaded_by": world.person("zhao"),
        "uploaded_at": MONDAY,
    }
    with transaction() as session:
        session.add(Attachment(id="loose", instance_id=None, **row))
        session.add(Attachment(id="kept", instance_id=errand, **row))

    def may(username: str, attachment_id: str) -> bool:
        with transaction(writing=False) as session:
            try:
                return (
                    access.visible_attachment(
                        session, viewer(world, username), attachment_id
                    ).id
                    == attachment_id
                )
            except NotFound:
                return False

    assert [
        may(name, "loose") for name in ("zhao", "qian", "wang", "sun")
    ] == [
        True,
        False,
        False,
        False,
    ]
    assert [may(name, "kept") for name in ("zhao", "qian", "wang", "sun")] == [
        True,
        True,
        True,
        False,
    ]
    assert not may("zhao", "no-such-file")


def test_who_serves_no_body_that_may_start_it_starts_nothing(world):
    with pytest.raises(Forbidden, match="试验县网格中心不能发起“办件”"):
        world.start(by="wang")
    assert world.rows(sa.select(ProcessInstance.id)) == []


def test_who_has_left_the_service_is_nobody_here(world):
    zhao = world.person("zhao")
    with transaction() as session:
        session.get_one(Person, zhao).active = False
    with transaction(writing=False) as session:
        assert access.viewer(session, zhao) is None


def test_nothing_is_started_in_the_name_of_a_body_that_one_has_left(world):
    with transaction() as session:
        his = sa.update(Membership).where(
            Membership.person_id == world.person("zhao")
        )
        session.execute(his.values(until_on=date(2026, 1, 1)))
    with pytest.raises(Forbidden, match="不属于这个机构"):
        world.start(by="zhao")
    assert world.rows(sa.select(ProcessInstance.id)) == []
