"""Administrators of people: nobody reaches beyond his territory, a leaver's tasks go on, everything is on the
record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    InstanceChanged,
    NotFound,
    RuleViolated,
    SignInRefused,
)
from orchestrator.services import people, user_tasks
from orchestrator.services.people import (
    Visitor,
    administering,
    links,
    sessions,
)
from orchestrator.services.people.accounts import Details, NewPassword
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.people import Membership, Person
from orchestrator.store.people_pages import (
    RETIRED,
    WAITING,
    PeopleFilter,
    page,
)
from orchestrator.store.session import transaction
from orchestrator.store.territories import OPERATES, Body
from orchestrator.store.user_tasks import UserTask
from tests.services.world import CITY_PATH, COUNTY_PATH, TENANT, add_body

GOOD = NewPassword("battery staple", "battery staple")
POLICE, WELFARE, OFFICE = (
    "police:990100",
    "civil-affairs:990100",
    "grid-office:990000",
)


@pytest.fixture
def administrators(world) -> dict[str, int]:
    """One of the whole city, one of the county."""
    with transaction() as session:
        for code, level, path in (
            ("990000", "city", CITY_PATH),
            ("990100", "county", COUNTY_PATH),
        ):
            add_body(
                session,
                f"operator:{code}",
                "operator",
                level,
                path,
                f"{code}运行组",
            )
            session.get_one(
                Body, f"{TENANT}:operator:{code}"
            ).platform = OPERATES
            person = Person(
                tenant_id=TENANT,
                username=level,
                display_name=level,
                password_hash="x",
            )
            session.add(person)
            session.flush()
            session.add(
                Membership(
                    person_id=person.id,
                    body_id=f"{TENANT}:operator:{code}",
                    from_on=date(2024, 1, 1),
                )
            )
    return {level: world.person(level) for level in ("city", "county")}


def details(*bodies: str, name: str = "新人") -> Details:
    return Details(name, "0511-1", dict.fromkeys(bodies, "科员"))


def record(person_id: int) -> list[tuple[str, int | None]]:
    with transaction(writing=False) as session:
        rows = session.execute(
            sa.select(AccountEvent.kind, AccountEvent.actor_id)
            .where(AccountEvent.person_id == person_id)
            .order_by(AccountEvent.id)
        )
        return [tuple(row) for row in rows]


def names(paths: list[str], state: str = "", text: str = "") -> list[str]:
    with transaction(writing=False) as session:
        found = page(
            session, PeopleFilter(TENANT, paths, text=text, state=state)
        )
        return [person.username for person in found.people]


def test_a_new_person_sets_a_password_by_a_link_that_opens_once(
    world, administrators
) -> None:
    made = administering.add(
        administrators["city"], "new", details(POLICE), world.now
    )
    with pytest.raises(SignInRefused):
        people.sign_in("new", "", world.now)
    with pytest.raises(FormInvalid) as wrong:
        links.redeem(
            made.link, NewPassword("12345678", "1234567"), world.now, Visitor()
        )
    assert sorted(wrong.value.errors) == ["again", "new"]
    person_id, token = links.redeem(made.link, GOOD, world.now, Visitor())
    with transaction(writing=False) as session:
        assert (
            sessions.person_of(session, token, world.now).id
            == person_id
            == made.person_id
        )
    assert (
        people.sign_in("new", "battery staple", world.now)[0] == made.person_id
    )
    with pytest.raises(NotFound):
        links.redeem(made.link, GOOD, world.now, Visitor())
    by = administrators["city"]
    assert record(made.person_id) == [
        ("added", by),
        ("link-made", by),
        ("password-set", made.person_id),
    ]


def test_a_link_ends_in_time_by_a_newer_one_and_with_the_account(
    world, administrators
) -> None:
    by = administrators["city"]
    made = administering.add(by, "new", details(POLICE), world.now)
    with pytest.raises(NotFound):
        links.redeem(
            made.link, GOOD, world.now + timedelta(hours=168), Visitor()
        )
    newer = administering.make_link(by, made.person_id, world.now)
    with pytest.raises(NotFound):
        links.redeem(made.link, GOOD, world.now, Visitor())
    administering.retire(by, made.person_id, world.now)
    with pytest.raises(NotFound):
        links.redeem(newer, GOOD, world.now, Visitor())


def test_a_new_link_ends_the_password_and_the_sessions_of_before(
    world, administrators
) -> None:
    by = administrators["city"]
    made = administering.add(by, "new", details(POLICE), world.now)
    _id, token = links.redeem(made.link, GOOD, world.now, Visitor())
    administering.make_link(by, made.person_id, world.now)
    with transaction(writing=False) as session:
        assert sessions.person_of(session, token, world.now) is None
    with pytest.raises(SignInRefused):
        people.sign_in("new", "battery staple", world.now)


def test_an_administrator_gives_nobody_a_body_beyond_his_territory(
    world, administrators
) -> None:
    county = administrators["county"]
    for body in (OFFICE, "operator:990000"):
        with pytest.raises(Forbidden):
            administering.add(county, "new", details(POLICE, body), world.now)
        with pytest.raises(Forbidden):
            administering.change(
                county, world.person("sun"), details(body), world.now
            )
    made = administering.add(
        county, "new", details(POLICE, "operator:990100"), world.now
    )
    assert names([COUNTY_PATH], WAITING) == ["new"]
    assert (
        administering.make_links(county, world.now)[0][0].id == made.person_id
    )


@pytest.mark.parametrize(
    "act",
    [
        lambda by, whom, now: administering.change(
            by, whom, details(POLICE), now
        ),
        administering.retire,
        lambda by, whom, now: administering.restore(
            by, whom, details(POLICE), now
        ),
        administering.make_link,
        administering.end_sessions,
        administering.unlock,
    ],
)
def test_an_administrator_does_nothing_to_people_beyond_his_territory(
    world, administrators, act
) -> None:
    county, zhou, sun = (
        administrators["county"],
        world.person("zhou"),
        world.person("sun"),
    )
    with pytest.raises(NotFound):
        act(county, zhou, world.now)
    with pytest.raises(NotFound):
        act(county, 2_000_000_000, world.now)
    administering.change(
        administrators["city"], sun, details(POLICE, OFFICE), world.now
    )
    with pytest.raises(Forbidden):
        act(county, sun, world.now)
    assert "zhou" not in names([COUNTY_PATH]) and "zhou" in names([CITY_PATH])


def test_who_administers_nobody_does_nothing(world, administrators) -> None:
    with pytest.raises(Forbidden):
        administering.retire(
            world.person("wang"), world.person("sun"), world.now
        )


def test_a_leavers_tasks_go_to_the_colleague_who_is_named(
    world, administrators
) -> None:
    county, instance = administrators["county"], world.start()
    task = world.task(instance, "review").id
    user_tasks.claim(task, world.person("wang"), world.now)
    left = administering.retire(
        county, world.person("wang"), world.now, to=world.person("li")
    )
    assert (left.handed_over, left.given_back) == (1, 0)
    assert world.task(instance, "review").assignee_id == world.person("li")
    assert names([COUNTY_PATH], RETIRED) == ["wang"]
    assert record(world.person("wang")) == [("retired", county)]


def test_a_task_that_the_named_one_may_not_have_goes_back_to_its_body(
    world, administrators
) -> None:
    instance = world.start()
    user_tasks.claim(
        world.task(instance, "review").id, world.person("wang"), world.now
    )
    left = administering.retire(
        administrators["city"],
        world.person("wang"),
        world.now,
        to=world.person("sun"),
    )
    assert (left.handed_over, left.given_back) == (0, 1)
    assert world.task(instance, "review").assignee_id is None


def test_who_moves_leaves_the_tasks_of_his_former_body_behind(
    world, administrators
) -> None:
    instance = world.start()
    task = world.task(instance, "review").id
    user_tasks.claim(task, world.person("wang"), world.now)
    moved = administering.change(
        administrators["city"],
        world.person("wang"),
        details(OFFICE),
        world.now,
        to=world.person("li"),
    )
    assert moved.tasks.handed_over == 1 and moved.changed["机构"]
    with transaction(writing=False) as session:
        assert session.get_one(UserTask, task).assignee_id == world.person(
            "li"
        )


def test_two_administrators_do_not_overwrite_one_another(
    world, administrators
) -> None:
    sun = world.person("sun")
    with transaction(writing=False) as session:
        seen = administering.state_of(session, session.get_one(Person, sun))
    administering.change(
        administrators["city"], sun, Details(phone="1"), world.now, seen
    )
    with pytest.raises(InstanceChanged):
        administering.change(
            administrators["county"], sun, Details(phone="2"), world.now, seen
        )


def test_nobody_retires_himself_or_changes_his_own_bodies_or_leaves_a_person_without_one(
    world, administrators
) -> None:
    city = administrators["city"]
    with pytest.raises(RuleViolated):
        administering.retire(city, city, world.now)
    with pytest.raises(RuleViolated):
        administering.change(city, city, details(POLICE), world.now)
    with pytest.raises(RuleViolated):
        administering.change(city, world.person("sun"), details(), world.now)
    with pytest.raises(RuleViolated):
        administering.retire(
            city, world.person("sun"), world.now, to=world.person("sun")
        )


def test_who_comes_back_has_new_bodies_and_a_new_link(
    world, administrators
) -> None:
    city, sun = administrators["city"], world.person("sun")
    administering.retire(city, sun, world.now)
    with pytest.raises(RuleViolated):
        administering.make_link(city, sun, world.now)
    made = administering.restore(
        city, sun, details(WELFARE, name="孙警官"), world.now
    )
    assert links.redeem(made.link, GOOD, world.now, Visitor())[0] == sun
    with pytest.raises(RuleViolated):
        administering.restore(city, sun, details(WELFARE), world.now)


def test_the_list_is_searched_by_name_user_name_telephone_and_body(
    world, administrators
) -> None:
    administering.change(
        administrators["city"],
        world.person("sun"),
        Details(phone="0511-77"),
        world.now,
    )
    for text in ("孙警", "sun", "511-77", "公安局"):
        assert names([CITY_PATH], text=text) == ["sun"], text
    assert names([CITY_PATH], text="%") == []
