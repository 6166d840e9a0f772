"""Bodies: created, renamed, dissolved into a successor on a day of effect, by administrators of their
territory."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import access, bundles, user_tasks
from orchestrator.services.clocks import upkeep
from orchestrator.services.jurisdictions import profile_bodies
from orchestrator.services.jurisdictions.profile_bodies import write_bodies
from orchestrator.services.people import bodies
from orchestrator.services.people.bodies import Dissolution
from orchestrator.store import body_pages
from orchestrator.store.body_pages import EMPTY, HEADLESS, STUCK, BodyFilter
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, BodyEvent, Territory
from orchestrator.store.user_tasks import UserTaskCandidate
from tests.services.people.test_administering import administrators  # noqa: F401
from tests.services.world import CITY_PATH, TENANT

OFFICE, CITY_OFFICE = (
    f"{TENANT}:grid-office:990100",
    f"{TENANT}:grid-office:990000",
)
POLICE, WELFARE = f"{TENANT}:police:990100", f"{TENANT}:civil-affairs:990100"
TODAY = date(2026, 3, 2)


def body(body_id: str) -> Body:
    with transaction(writing=False) as session:
        return session.get_one(Body, body_id)


def troubled(trouble: str) -> list[str]:
    with transaction(writing=False) as session:
        wanted = BodyFilter(TENANT, [CITY_PATH], ["主任"], "grid", trouble)
        found, _more = body_pages.page(session, wanted)
        assert body_pages.counts(session, wanted)[trouble] == len(found)
        assert {row.trouble for row in found} <= {trouble}
        return [row.body.id for row in found]


def serving(username: str, world) -> list[str]:
    return world.rows(
        sa.select(Membership.body_id).where(
            Membership.person_id == world.person(username),
            Membership.until_on.is_(None),
        )
    )


def test_people_open_tasks_and_later_ones_go_to_the_successor(
    world, administrators
) -> None:
    city, instance = administrators["city"], world.start()
    task = world.task(instance, "review").id
    user_tasks.claim(task, world.person("wang"), world.now)
    assert bodies.dissolve(
        city, OFFICE, Dissolution(TODAY, CITY_OFFICE), world.now
    )
    assert serving("wang", world) == serving("li", world) == [CITY_OFFICE]
    asked = world.rows(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == task
        )
    )
    assert asked == [CITY_OFFICE]
    assert world.task(instance, "review").assignee_id == world.person(
        "wang"
    ), "who holds it goes on"
    kinds = world.rows(
        sa.select(HistoryEntry.kind)
        .where(HistoryEntry.instance_id == instance)
        .order_by(HistoryEntry.seq)
    )
    assert kinds[-1] == "redirected"
    later = world.task(world.start(), "review").id
    assert world.rows(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == later
        )
    ) == [CITY_OFFICE]
    world.review(instance, by="wang")


def test_what_the_dissolved_body_saw_its_successor_sees(
    world, administrators
) -> None:
    instance = world.start(by="zhao")
    with transaction(writing=False) as session, pytest.raises(NotFound):
        access.visible_instance(
            session, access.viewer(session, world.person("sun")), instance
        )
    bodies.dissolve(
        administrators["city"], WELFARE, Dissolution(TODAY, POLICE), world.now
    )
    with transaction(writing=False) as session:
        access.visible_instance(
            session, access.viewer(session, world.person("sun")), instance
        )
    bodies.dissolve(
        administrators["city"],
        POLICE,
        Dissolution(TODAY, CITY_OFFICE),
        world.now,
    )
    with transaction(writing=False) as session:
        assert WELFARE in access.viewer(session, world.person("zhou")).body_ids


def test_a_planned_dissolution_waits_for_its_day_and_can_be_taken_back(
    world, administrators
) -> None:
    city, on = administrators["city"], TODAY + timedelta(days=10)
    assert not bodies.dissolve(
        city, POLICE, Dissolution(on, WELFARE), world.now
    )
    bodies.settle(world.now)
    assert serving("sun", world) == [POLICE]
    bodies.keep(city, POLICE, world.now)
    assert body(POLICE).ends_on is None
    bodies.dissolve(city, POLICE, Dissolution(on, WELFARE), world.now)
    world.later(days=10)
    assert upkeep.tidy(world.now)
    assert (
        serving("sun", world) == [WELFARE]
        and body(POLICE).dissolved_at is not None
    )
    kinds = world.rows(
        sa.select(BodyEvent.kind)
        .where(BodyEvent.body_id == POLICE)
        .order_by(BodyEvent.id)
    )
    assert kinds == ["planned", "kept", "planned", "dissolved"]


def test_nothing_is_dissolved_that_leaves_people_or_tasks_nowhere(
    world, administrators
) -> None:
    city = administrators["city"]
    for plan in (
        Dissolution(TODAY),
        Dissolution(TODAY - timedelta(days=1), WELFARE),
        Dissolution(TODAY, POLICE),
        Dissolution(TODAY, f"{TENANT}:operator:990100"),
    ):
        with pytest.raises(RuleViolated):
            bodies.dissolve(city, POLICE, plan, world.now)
    with pytest.raises(RuleViolated):
        bodies.dissolve(
            city, f"{TENANT}:operator:990000", Dissolution(TODAY), world.now
        )
    bodies.dissolve(
        city,
        WELFARE,
        Dissolution(TODAY + timedelta(days=1), POLICE),
        world.now,
    )
    with pytest.raises(RuleViolated):
        bodies.dissolve(city, POLICE, Dissolution(TODAY, WELFARE), world.now)


def test_an_administrator_changes_no_body_beyond_his_territory(
    world, administrators
) -> None:
    county = administrators["county"]
    for act in (
        lambda: bodies.rename(county, CITY_OFFICE, "新名", world.now),
        lambda: bodies.dissolve(
            county, CITY_OFFICE, Dissolution(TODAY), world.now
        ),
        lambda: bodies.dissolve(
            county, OFFICE, Dissolution(TODAY, CITY_OFFICE), world.now
        ),
        lambda: bodies.keep(county, CITY_OFFICE, world.now),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        bodies.create(county, "grid-office", "990000", "", world.now)
    with pytest.raises(Forbidden):
        bodies.create(
            world.person("wang"), "grid-office", "990100", "", world.now
        )


def test_the_bodies_that_design_procedures_stand_for_the_whole_city(
    world,
) -> None:
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT, world.now)
        city, county = (
            session.get_one(Territory, (TENANT, code))
            for code in ("990000", "990100")
        )
    designed = {"process-designer": ("archive",)}
    profile = replace(profile, functions=designed)
    bodies.require_place(profile, "archive", city)
    bodies.require_place(profile, "police", county)
    with pytest.raises(RuleViolated, match="只能设在最高一级"):
        bodies.require_place(profile, "archive", county)


def test_a_dissolved_body_can_be_set_up_again_under_another_name(
    world, administrators
) -> None:
    city = administrators["city"]
    with pytest.raises(RuleViolated):
        bodies.create(city, "police", "990100", "", world.now)
    bodies.dissolve(city, POLICE, Dissolution(TODAY, WELFARE), world.now)
    assert (
        bodies.create(city, "police", "990100", "新公安局", world.now)
        == POLICE
    )
    assert (
        body(POLICE).name,
        body(POLICE).dissolved_at,
        body(POLICE).successor_id,
    ) == (
        "新公安局",
        None,
        None,
    )
    with pytest.raises(RuleViolated):
        bodies.create(city, "no-such-role", "990100", "", world.now)
    bodies.rename(city, POLICE, " 公安分局 ", world.now)
    assert (body(POLICE).name, body(POLICE).named_here) == ("公安分局", True)
    for wrong in ("", "长" * 61):
        with pytest.raises(RuleViolated):
            bodies.rename(city, POLICE, wrong, world.now)


def test_bodies_that_people_named_keep_no_profile_from_being_published(
    world,
) -> None:
    own = sa.update(Body).where(Body.role == "police")
    with transaction() as session:
        session.execute(own.values(named_here=True))
        profile = bundles.profile_in_force(session, TENANT, world.now)
        police = replace(
            profile.roles["police"], name_template="{territory}" + "长" * 120
        )
        roles = {**profile.roles, "police": police}
        name = session.get_one(Body, POLICE).name
        write_bodies(session, replace(profile, roles=roles))
        assert session.get_one(Body, POLICE).name == name


def test_a_profile_that_cannot_take_effect_keeps_no_other_city_waiting(
    world, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def take_effect(deployment_id: str, _now: datetime) -> None:
        tried.append(deployment_id)
        if deployment_id == "one":
            raise RuleViolated(["too long"])

    due = [SimpleNamespace(id="one"), SimpleNamespace(id="two")]
    monkeypatch.setattr(profile_bodies, "published_ahead", lambda *_of: due)
    monkeypatch.setattr(profile_bodies, "_take_effect", take_effect)
    profile_bodies.take_effect(world.now)
    assert tried == ["one", "two"]


def test_bodies_without_people_or_head_are_told_and_those_with_waiting_tasks_apart(
    world,
    administrators,
) -> None:
    assert troubled(STUCK) == troubled(EMPTY) == []
    assert OFFICE in troubled(HEADLESS)
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.body_id == OFFICE)
            .values(title="主任")
        )
    assert OFFICE not in troubled(HEADLESS)
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.body_id == OFFICE)
            .values(until_on=TODAY)
        )
    assert troubled(EMPTY) == [OFFICE]
    world.start()
    assert troubled(STUCK) == [OFFICE] and troubled(EMPTY) == []


def test_a_person_acts_for_one_of_his_bodies_or_for_all(world) -> None:
    with transaction() as session:
        session.add(
            Membership(
                person_id=world.person("wang"), body_id=POLICE, from_on=TODAY
            )
        )
    with transaction(writing=False) as session:
        viewer = access.viewer(session, world.person("wang"))
        assert viewer.body_ids == [OFFICE, POLICE]
        assert viewer.acting_for(POLICE).body_ids == [POLICE]
        assert viewer.acting_for(POLICE).acting_for("").body_ids == [
            OFFICE,
            POLICE,
        ]
        assert viewer.acting_for(CITY_OFFICE).body_ids == [OFFICE, POLICE], (
            "none of his"
        )
