"""Groups of the directory: a table kept by administrators of the whole city, followed at a sign-in."""

from __future__ import annotations

import pytest

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import user_tasks
from orchestrator.services.people import account_rows, administering, groups
from orchestrator.services.people.body_names import TypedBody
from orchestrator.store.groups import mappings_of
from orchestrator.store.people import Person
from orchestrator.store.provisioning import (
    DirectoryGroup,
    DirectoryGroupMember,
)
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.services.people.test_administering import (
    OFFICE,
    POLICE,
    WELFARE,
    administrators,  # noqa: F401
    details,
)
from tests.services.world import TENANT


def bodies_of(person_id: int) -> dict[str, str]:
    with transaction(writing=False) as session:
        person = session.get_one(Person, person_id)
        return account_rows.bodies_of(session, person)


def mapping_ids() -> list[int]:
    with transaction(writing=False) as session:
        return [each.id for each in mappings_of(session, TENANT)]


def test_who_is_in_a_group_serves_its_body_and_leaves_it_with_the_group(
    world, administrators
) -> None:
    by = administrators["city"]
    made = administering.add(by, "member", details(WELFARE), world.now)
    (police,) = bodies_of(world.person("wang"))
    groups.put(by, "公安民警", TypedBody(police, "民警"), world.now)
    groups.follow("member", ["公安民警", "别的组"], world.now)
    assert bodies_of(made.person_id) == {WELFARE: "科员", police: "民警"}
    task = world.task(world.start(), "review").id
    user_tasks.claim(task, made.person_id, world.now)
    left = groups.follow("member", ["别的组"], world.now)
    assert left.given_back == 1
    assert bodies_of(made.person_id) == {WELFARE: "科员"}, (
        "no group stands for that one"
    )
    with transaction(writing=False) as session:
        assert session.get_one(UserTask, task).assignee_id is None
    assert groups.follow("nobody", ["公安民警"], world.now).given_back == 0


def test_a_member_whom_the_clock_moves_gives_back_what_he_claimed(
    world, administrators
) -> None:
    """The table grew after the directory had pushed the group: nobody's act has moved him."""
    by = administrators["city"]
    made = administering.add(by, "member", details(WELFARE), world.now)
    (police,) = bodies_of(world.person("wang"))
    groups.put(by, "公安民警", TypedBody(police, "民警"), world.now)
    with transaction() as session:
        group = DirectoryGroup(tenant_id=TENANT, name="公安民警")
        session.add(group)
        session.flush()
        membership = DirectoryGroupMember(
            group_id=group.id, person_id=made.person_id
        )
        session.add(membership)
    assert groups.reconcile(world.now) == 1
    assert set(bodies_of(made.person_id)) == {WELFARE, police}
    task = world.task(world.start(), "review").id
    user_tasks.claim(task, made.person_id, world.now)
    with transaction() as session:
        key = (group.id, made.person_id)
        session.delete(session.get_one(DirectoryGroupMember, key))
        other = DirectoryGroup(tenant_id=TENANT, name="别的组")
        session.add(other)
        session.flush()
        membership = DirectoryGroupMember(
            group_id=other.id, person_id=made.person_id
        )
        session.add(membership)
    assert groups.reconcile(world.now) == 1
    assert set(bodies_of(made.person_id)) == {WELFARE}
    with transaction(writing=False) as session:
        assert session.get_one(UserTask, task).assignee_id is None


def test_a_title_stays_and_a_removed_row_takes_nothing_from_anybody(
    world, administrators
) -> None:
    by = administrators["city"]
    made = administering.add(by, "member", details(POLICE), world.now)
    groups.put(by, "公安民警", TypedBody(POLICE, "民警"), world.now)
    groups.follow("member", ["公安民警"], world.now)
    assert bodies_of(made.person_id) == {POLICE: "科员"}
    groups.remove(by, mapping_ids()[0], world.now)
    groups.follow("member", [], world.now)
    assert bodies_of(made.person_id) == {POLICE: "科员"}


def test_the_table_is_kept_by_administrators_of_the_whole_city(
    world, administrators
) -> None:
    county, by = administrators["county"], administrators["city"]
    with pytest.raises(Forbidden):
        groups.put(county, "公安民警", TypedBody(POLICE), world.now)
    groups.put(by, "市级", TypedBody(OFFICE), world.now)
    with pytest.raises(Forbidden):
        groups.remove(county, mapping_ids()[0], world.now)
    for name, title in (("", ""), ("组" * 201, ""), ("组", "长" * 61)):
        with pytest.raises(RuleViolated):
            groups.put(by, name, TypedBody(POLICE, title), world.now)
    groups.put(by, "组", TypedBody(POLICE), world.now)
    with pytest.raises(RuleViolated, match="已经对应"):
        groups.put(by, "组", TypedBody(POLICE), world.now)
    with pytest.raises(NotFound):
        groups.remove(by, 999_999, world.now)
