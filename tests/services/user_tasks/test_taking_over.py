"""A task that somebody holds comes into other hands: a colleague's, the head's choice, the administrator's;
each on the record."""

from __future__ import annotations

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
    TaskAlreadyClosed,
)
from orchestrator.services import access, user_tasks
from orchestrator.services.instances import case_view
from orchestrator.services.people import accounts
from orchestrator.services.records import history
from orchestrator.store import held_tasks
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import OPERATES, Body
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.engine.diagrams import END, START, flow
from tests.services.world import CITY_PATH, MONDAY, TENANT, World, add_body

pytestmark = pytest.mark.both_databases

COUNTY = f"{TENANT}:grid-office:990100"
POLICE = f"{TENANT}:police:990100"


@pytest.fixture
def held(world) -> UserTask:
    """The review of an errand, held by 李科长."""
    task = world.task(world.start(), "review")
    user_tasks.claim(task.id, world.person("li"), world.now)
    return _again(world, task)


@pytest.fixture
def administrator(world) -> int:
    with transaction() as session:
        add_body(
            session,
            "administrator:990000",
            "administrator",
            "city",
            CITY_PATH,
            "系统管理",
        )
        session.get_one(
            Body, f"{TENANT}:administrator:990000"
        ).platform = OPERATES
        person = Person(
            tenant_id=TENANT,
            username="root",
            display_name="管理员",
            password_hash="x",
        )
        session.add(person)
        session.flush()
        session.add(
            Membership(
                person_id=person.id,
                body_id=f"{TENANT}:administrator:990000",
                from_on=date(2024, 1, 1),
            )
        )
    return world.person("root")


def _again(world: World, task: UserTask) -> UserTask:
    with transaction(writing=False) as session:
        return session.get_one(UserTask, task.id)


def _entitle(world: World, username: str, title: str) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == world.person(username))
            .values(title=title)
        )


def _last(world: World, task: UserTask) -> tuple[str, int | None, dict]:
    entries = world.rows(
        sa.select(HistoryEntry)
        .where(HistoryEntry.instance_id == task.instance_id)
        .order_by(HistoryEntry.seq)
    )
    return entries[-1].kind, entries[-1].actor_id, entries[-1].data


def _told(world: World, task: UserTask, by: str) -> tuple[str, str, str]:
    """Title, person and remark of the last line of what was done."""
    with transaction(writing=False) as session:
        viewer = access.viewer(session, world.person(by))
        assert viewer is not None
        step = case_view.look(session, viewer, task.instance_id).steps[-1]
    return step.title, step.who, step.remark


def test_a_colleague_takes_over_with_a_reason_that_the_former_holder_reads(
    world, held
):
    world.later(hours=1)
    user_tasks.take_over(
        held.id, world.person("wang"), world.now, "李科长出差", held.revision
    )
    now = _again(world, held)
    assert (now.assignee_id, now.assigned_at, now.revision) == (
        world.person("wang"),
        world.now,
        held.revision + 1,
    )
    kind, actor, data = _last(world, held)
    assert (kind, actor) == ("taken-over", world.person("wang"))
    assert (data["from"], data["to"], data["reason"]) == (
        "李科长",
        "王主任",
        "李科长出差",
    )
    assert _told(world, held, "li") == (
        "接办：审核",
        "王主任",
        "由李科长转给王主任（李科长出差）",
    )
    world.review(held.instance_id, "wang")
    assert history.verify(held.instance_id) == []


def test_nothing_is_taken_over_without_a_reason(world, held):
    before = world.snapshot(held.instance_id)
    for reason in ("", "  \n"):
        with pytest.raises(RuleViolated, match="请写明理由"):
            user_tasks.take_over(
                held.id, world.person("wang"), world.now, reason
            )
    assert world.snapshot(held.instance_id) == before


@pytest.mark.parametrize("stranger", ["sun", "qian", "zhou"])
def test_who_is_none_of_its_body_does_nothing_with_a_held_task(
    world, held, stranger
):
    before, by = world.snapshot(held.instance_id), world.person(stranger)
    attempts = [
        lambda: user_tasks.take_over(held.id, by, world.now, "我来"),
        lambda: user_tasks.take_back(held.id, by, world.now),
        lambda: user_tasks.release(held.id, by, world.now, "放回"),
        lambda: user_tasks.hand_over(
            held.id, world.person("wang"), by, world.now, "转交"
        ),
        lambda: user_tasks.give_back(held.id, by, world.now, "放回"),
        lambda: user_tasks.give_to(
            held.id, world.person("wang"), by, world.now, "转交"
        ),
        lambda: user_tasks.redirect(held.id, POLICE, by, world.now, "改派"),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert world.snapshot(held.instance_id) == before


def test_who_took_part_earlier_and_serves_another_body_takes_nothing_over(
    world, held
):
    with transaction() as session:
        session.execute(
            sa.update(UserTask)
            .where(UserTask.id == held.id)
            .values(owner_id=world.person("sun"))
        )
    with pytest.raises(Forbidden, match="同一办理机构"):
        user_tasks.take_over(held.id, world.person("sun"), world.now, "我来")


def test_of_two_colleagues_who_take_over_at_once_one_has_it_and_the_other_is_told(
    world, held
):
    with transaction() as session:
        for username in ("wu", "zheng"):
            person = Person(
                tenant_id=TENANT,
                username=username,
                display_name=username,
                password_hash="x",
            )
            session.add(person)
            session.flush()
            session.add(
                Membership(
                    person_id=person.id,
                    body_id=COUNTY,
                    from_on=date(2024, 1, 1),
                )
            )
    ready, refused = threading.Barrier(2), []

    def take(username: str) -> None:
        with world.app.app_context():
            ready.wait()
            try:
                user_tasks.take_over(
                    held.id,
                    world.person(username),
                    world.now,
                    "我来办",
                    held.revision,
                )
            except InstanceChanged as changed:
                refused.append((username, str(changed)))

    threads = [
        threading.Thread(target=take, args=(each,)) for each in ("wu", "zheng")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((loser, message),) = refused
    assert "刚刚有变动" in message
    winner = world.rows(
        sa.select(Person.username).where(
            Person.id == _again(world, held).assignee_id
        )
    )
    assert winner != [loser] and winner[0] in ("wu", "zheng")
    assert world.history(held.instance_id).count("taken-over") == 1


def test_what_was_released_or_done_meanwhile_cannot_be_taken_over(world, held):
    user_tasks.unclaim(held.id, world.person("li"), world.now)
    with pytest.raises(InstanceChanged, match="可以直接领取"):
        user_tasks.take_over(held.id, world.person("wang"), world.now, "我来")
    world.review(held.instance_id, "wang")
    with pytest.raises(TaskAlreadyClosed):
        user_tasks.take_over(held.id, world.person("li"), world.now, "我来")


def test_who_delegated_takes_it_back_and_nobody_else_does(world, held):
    user_tasks.delegate(
        held.id, world.person("wang"), world.person("li"), world.now, "请核实"
    )
    with pytest.raises(Forbidden, match="只有委派人"):
        user_tasks.take_back(held.id, world.person("wang"), world.now)
    user_tasks.take_back(held.id, world.person("li"), world.now, "已核实")
    now = _again(world, held)
    assert (now.assignee_id, now.owner_id, now.delegation) == (
        world.person("li"),
        None,
        None,
    )
    assert _told(world, held, "wang") == (
        "收回委派：审核",
        "李科长",
        "由王主任转给李科长（已核实）",
    )


def test_the_head_releases_and_hands_over_and_a_colleague_who_heads_nothing_does_not(
    world, held
):
    with pytest.raises(Forbidden, match="负责人"):
        user_tasks.release(held.id, world.person("wang"), world.now, "休假")
    _entitle(world, "wang", "主任")
    with transaction(writing=False) as session:
        assert user_tasks.heads(
            session, TENANT, world.person("wang"), [COUNTY]
        )
        assert not user_tasks.heads(
            session, TENANT, world.person("wang"), [POLICE]
        )
    user_tasks.release(held.id, world.person("wang"), world.now, "李科长休假")
    assert _again(world, held).assignee_id is None
    assert _told(world, held, "li") == (
        "负责人放回：审核",
        "王主任",
        "由李科长放回（李科长休假）",
    )
    user_tasks.claim(held.id, world.person("wang"), world.now)
    user_tasks.hand_over(
        held.id,
        world.person("li"),
        world.person("wang"),
        world.now,
        "请李科长办",
    )
    assert _again(world, held).assignee_id == world.person("li")
    with pytest.raises(Forbidden):
        user_tasks.hand_over(
            held.id,
            world.person("sun"),
            world.person("wang"),
            world.now,
            "别的单位",
        )


def _join(world: World, username: str, body: str) -> None:
    with transaction() as session:
        row = Membership(
            person_id=world.person(username),
            body_id=body,
            title="",
            from_on=date(2024, 1, 1),
        )
        session.add(row)


def test_a_task_is_not_handed_to_a_colleague_of_ones_other_body(world, held):
    _join(world, "li", POLICE)
    with pytest.raises(Forbidden, match="同一办理机构"):
        user_tasks.assign(
            held.id,
            world.person("sun"),
            world.person("li"),
            world.now,
            "请孙警官办",
        )
    assert _again(world, held).assignee_id == world.person("li")


@pytest.mark.parametrize("left", ["the body", "the service"])
def test_a_task_is_not_handed_to_somebody_who_left(world, held, left: str):
    wang = world.person("wang")
    with transaction() as session:
        if left == "the body":
            session.execute(
                sa.update(Membership)
                .where(Membership.person_id == wang)
                .values(until_on=date(2026, 1, 1))
            )
        else:
            session.get_one(Person, wang).active = False
    with pytest.raises(Forbidden, match="同一办理机构"):
        user_tasks.assign(
            held.id, wang, world.person("li"), world.now, "请王主任办"
        )
    assert _again(world, held).assignee_id == world.person("li")


def test_a_task_for_one_person_by_name_is_not_handed_to_somebody_who_left_his_body(
    world,
):
    world.draw(
        "named",
        START
        + END
        + '<userTask id="a" name="a" camunda:assignee="zhao"/>'
        + flow("start", "a", "end"),
    )
    task = world.task(world.start("named"), "a")
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == world.person("qian"))
            .values(until_on=date(2026, 1, 1))
        )
    with pytest.raises(Forbidden, match="同一办理机构"):
        user_tasks.assign(
            task.id,
            world.person("qian"),
            world.person("zhao"),
            world.now,
            "请钱科员办",
        )


def test_the_administrator_gives_back_to_somebody_or_to_another_body_and_is_let_into_nothing(
    world, held, administrator
):
    user_tasks.give_back(
        held.id, administrator, world.now, "账号停用", held.revision
    )
    now = _again(world, held)
    assert (now.assignee_id, now.assigned_at) == (None, None)
    with pytest.raises(InstanceChanged, match="刚刚有变动"):
        user_tasks.give_to(
            held.id,
            world.person("wang"),
            administrator,
            world.now,
            "转给主任",
            held.revision,
        )
    user_tasks.give_to(
        held.id,
        world.person("wang"),
        administrator,
        world.now,
        "转给主任",
        now.revision,
    )
    assert _again(world, held).assignee_id == world.person("wang")
    with pytest.raises(Forbidden):
        user_tasks.give_to(
            held.id, world.person("sun"), administrator, world.now, "别的单位"
        )
    with pytest.raises(Forbidden):
        user_tasks.redirect(
            held.id,
            f"{TENANT}:administrator:990000",
            administrator,
            world.now,
            "改派",
        )
    with pytest.raises(RuleViolated):
        user_tasks.redirect(held.id, POLICE, administrator, world.now, " ")
    user_tasks.redirect(held.id, POLICE, administrator, world.now, "职责划转")
    offered = world.rows(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.task_id == held.id
        )
    )
    assert (offered, _again(world, held).assignee_id) == ([POLICE], None)
    assert _told(world, held, "sun") == (
        "改派：审核",
        "管理员",
        "由试验县网格中心转给试验县公安局（职责划转）",
    )
    with transaction(writing=False) as session:
        viewer = access.viewer(session, administrator)
        with pytest.raises(NotFound):
            access.visible_instance(session, viewer, held.instance_id)
    world.review(held.instance_id, "sun")
    assert history.verify(held.instance_id) == []


def test_what_a_retired_person_held_goes_back_and_what_he_delegated_stays_where_it_is(
    world, held
):
    other, third = (
        world.task(world.start(), "review"),
        world.task(world.start(), "review"),
    )
    for task in (other, third):
        user_tasks.claim(task.id, world.person("li"), world.now)
    user_tasks.delegate(
        other.id, world.person("wang"), world.person("li"), world.now, "请核实"
    )
    user_tasks.claim(third.id, world.person("li"), world.now)
    accounts.retire("li", world.now)
    assert user_tasks.release_tasks_of(world.person("li"), world.now) == 0
    assert [
        _again(world, task).assignee_id for task in (held, other, third)
    ] == [
        None,
        world.person("wang"),
        None,
    ]
    assert (
        _again(world, other).owner_id,
        _again(world, other).delegation,
    ) == (
        None,
        None,
    )
    assert _told(world, held, "wang")[::2] == (
        "离岗放回：审核",
        "由李科长放回（人员离岗）",
    )


def test_what_was_delegated_to_a_retired_person_returns_to_its_owner(
    world, held
):
    user_tasks.delegate(
        held.id, world.person("wang"), world.person("li"), world.now, "请核实"
    )
    with transaction() as session:
        session.get_one(Person, world.person("wang")).active = False
    assert user_tasks.release_tasks_of(world.person("wang"), world.now) == 1
    assert _again(world, held).assignee_id == world.person("li")


def test_colleagues_tasks_are_listed_for_the_body_and_old_ones_for_the_administrator_without_contents(
    world, held
):
    with transaction(writing=False) as session:
        seen = [
            row.task_id
            for row in session.execute(
                held_tasks.of_colleagues(
                    session, world.person("wang"), [COUNTY]
                )
            )
        ]
        own = session.execute(
            held_tasks.of_colleagues(session, world.person("li"), [COUNTY])
        ).all()
        others = session.execute(
            held_tasks.of_colleagues(session, world.person("sun"), [POLICE])
        ).all()
        assert (seen, own, others) == ([held.id], [], [])
        assert held_tasks.stuck(session, TENANT, MONDAY) == []
        world.later(days=1)
        (old,) = held_tasks.stuck(session, TENANT, world.now)
    assert (
        old.business_key,
        old.name,
        old.bodies,
        old.holder,
        old.absent,
    ) == (
        held.business_key,
        "审核",
        ("试验县网格中心",),
        "李科长",
        False,
    )
    assert old.since == MONDAY
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == world.person("li"))
            .values(until_on=date(2026, 3, 2))
        )
    with transaction(writing=False) as session:
        (old,) = held_tasks.stuck(session, TENANT, MONDAY)
    assert old.absent
