"""Who has a task, at the edges: what is named for one person, what a colleague holds, who heads no longer,
another city's administrator, a matter that rests."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, InstanceChanged, NotFound
from orchestrator.services import access, user_tasks
from orchestrator.services.instances import incidents
from orchestrator.services.user_tasks import delegation, leaving
from orchestrator.store import held_tasks, inbox
from orchestrator.store.inbox_open import Filters, Official
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import OPERATES, Body
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.engine.diagrams import END, START, flow
from tests.services.world import CITY_PATH, TENANT, World, add_body

COUNTY = f"{TENANT}:grid-office:990100"


@pytest.fixture
def held(world) -> UserTask:
    """The review of an errand, held by 李科长."""
    task = world.task(world.start(), "review")
    user_tasks.claim(task.id, world.person("li"), world.now)
    return task


def _to_do(world: World, username: str) -> list[str]:
    """Ids of the tasks in the person's inbox."""
    with transaction(writing=False) as session:
        candidates = [COUNTY, f"user:{username}"]
        page = inbox.page_to_do(
            session,
            Official(world.person(username), candidates),
            Filters(TENANT),
        )
        return [task.id for task in page.rows]


def test_a_task_for_one_person_by_name_cannot_be_put_back_to_nobody(world):
    body = (
        START
        + END
        + '<userTask id="a" name="a" camunda:assignee="zhao"/>'
        + flow("start", "a", "end")
    )
    world.draw("named", body)
    task = world.task(world.start("named"), "a")
    with pytest.raises(Forbidden, match="直接指定给您"):
        user_tasks.unclaim(task.id, world.person("zhao"), world.now)
    assert world.tasks(task.instance_id)[0].assignee_id == world.person("zhao")


def test_what_a_colleague_claims_leaves_the_others_inboxes_until_he_puts_it_back(
    world, held
):
    assert (_to_do(world, "li"), _to_do(world, "wang")) == ([held.id], [])
    user_tasks.unclaim(held.id, world.person("li"), world.now)
    assert _to_do(world, "wang") == [held.id]


def test_who_headed_the_body_once_heads_it_no_longer(world, held):
    user_tasks.delegate(
        held.id, world.person("wang"), world.person("li"), world.now, "请核实"
    )
    li = world.person("li")
    with transaction() as session:
        his = sa.update(Membership).where(Membership.person_id == li)
        session.execute(his.values(title="主任", until_on=date(2026, 1, 1)))
    with transaction(writing=False) as session:
        assert not user_tasks.heads(session, TENANT, li, [COUNTY])
    with pytest.raises(Forbidden, match="负责人"):
        user_tasks.release(held.id, li, world.now, "放回")


def test_a_delegated_task_that_is_taken_over_is_delegated_no_more(world, held):
    user_tasks.delegate(
        held.id, world.person("wang"), world.person("li"), world.now, "请核实"
    )
    user_tasks.take_over(held.id, world.person("li"), world.now, "不用核实了")
    (now,) = world.tasks(held.instance_id)
    assert (now.assignee_id, now.owner_id, now.delegation) == (
        world.person("li"),
        None,
        None,
    )
    world.review(held.instance_id, "li")


def test_who_leaves_owns_no_task_that_he_had_delegated(world, held):
    li, wang = world.person("li"), world.person("wang")
    user_tasks.delegate(held.id, wang, li, world.now, "请核实")
    assert leaving.release_tasks_of(li, world.now) == 1
    (now,) = world.tasks(held.instance_id)
    assert (now.owner_id, now.delegation) == (None, None)


def test_what_was_delegated_to_who_leaves_goes_back_to_its_owner(world, held):
    li, wang = world.person("li"), world.person("wang")
    user_tasks.delegate(held.id, wang, li, world.now, "请核实")
    assert leaving.release_tasks_of(wang, world.now) == 1
    (now,) = world.tasks(held.instance_id)
    assert (now.assignee_id, now.owner_id, now.delegation) == (li, None, None)


def test_what_a_delegate_left_empty_in_a_row_is_no_mistake_of_his() -> None:
    row = {"text": "", "ticked": False, "list": [], "none": None, "name": "甲"}
    filled = {
        name for name in row if delegation._filled({"a": [row]}, f"a.0.{name}")
    }
    assert filled == {"name"} and delegation._filled({"a": [row]}, "a.1.text")


def test_what_was_delegated_is_given_back_and_not_delegated_further(
    world, held
):
    user_tasks.delegate(
        held.id, world.person("wang"), world.person("li"), world.now, "请核实"
    )
    with pytest.raises(Forbidden, match="不能再次委派"):
        user_tasks.delegate(
            held.id, world.person("li"), world.person("wang"), world.now
        )
    (now,) = world.tasks(held.instance_id)
    assert now.owner_id == world.person("li")
    assert now.delegation == "pending"


def test_an_administrator_of_another_city_finds_no_task_here(world, held):
    with transaction() as session:
        body = Body(
            id="other:administrator:1",
            tenant_id="other",
            role="administrator",
            family="administrator",
        )
        body.level, body.territory_code, body.territory_path, body.name = (
            "city",
            "1",
            CITY_PATH,
            "别市",
        )
        body.platform = OPERATES
        person = Person(
            tenant_id="other",
            username="elsewhere",
            display_name="别人",
            password_hash="x",
        )
        session.add_all([body, person])
        session.flush()
        session.add(
            Membership(
                person_id=person.id, body_id=body.id, from_on=date(2024, 1, 1)
            )
        )
    before, elsewhere = (
        world.snapshot(held.instance_id),
        world.person("elsewhere"),
    )
    for act in (
        lambda: user_tasks.give_back(held.id, elsewhere, world.now, "放回"),
        lambda: user_tasks.give_to(
            held.id, world.person("wang"), elsewhere, world.now, "转给主任"
        ),
        lambda: user_tasks.redirect(
            held.id, COUNTY, elsewhere, world.now, "改派"
        ),
    ):
        with pytest.raises(NotFound):
            act()
    assert world.snapshot(held.instance_id) == before


def test_nobody_works_on_a_task_of_a_matter_that_does_not_run(world, held):
    with transaction() as session:
        session.execute(sa.update(ProcessInstance).values(state="suspended"))
    with pytest.raises(InstanceChanged, match="暂不能办理"):
        world.review(held.instance_id, "li")
    with pytest.raises(InstanceChanged, match="暂不能办理"):
        user_tasks.unclaim(held.id, world.person("li"), world.now)


def test_who_gave_a_task_back_as_administrator_does_not_come_to_see_the_matter_when_he_is_none(
    world, held
):
    body = f"{TENANT}:administrator:990000"
    with transaction() as session:
        add_body(
            session,
            "administrator:990000",
            "administrator",
            "city",
            CITY_PATH,
            "系统管理",
        )
        session.get_one(Body, body).platform = OPERATES
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
                person_id=person.id, body_id=body, from_on=date(2024, 1, 1)
            )
        )
    root = world.person("root")
    user_tasks.give_back(held.id, root, world.now, "账号停用")
    with transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == root)
            .values(until_on=date(2026, 3, 2))
        )
    with transaction(writing=False) as session, pytest.raises(NotFound):
        viewer = access.viewer(session, root)
        assert viewer is not None
        access.visible_instance(session, viewer, held.instance_id)


def test_who_has_left_is_not_offered_a_task_and_another_city_is_not_told_who_holds_one(
    world, held
):
    with transaction(writing=False) as session:
        assert [
            name
            for _id, name in held_tasks.people_for(
                session, held.id, world.person("li")
            )
        ] == ["王主任"]
    with transaction() as session:
        session.get_one(Person, world.person("wang")).active = False
    world.later(days=30)
    with transaction(writing=False) as session:
        assert (
            held_tasks.people_for(session, held.id, world.person("li")) == []
        )
        assert len(held_tasks.stuck(session, TENANT, world.now)) == 1
        assert held_tasks.stuck(session, "elsewhere", world.now) == []


@pytest.mark.parametrize("since", ["claimed", "done"])
def test_a_task_whose_body_came_late_is_offered_to_it_only_while_nobody_has_it(
    world, since: str
):
    filing = world.start("filing_away")
    (incident,) = world.rows(sa.select(Incident))
    task = world.task(filing, "file_away")
    with transaction() as session:
        add_body(
            session,
            "archive:990100",
            "archive",
            "county",
            "990000/990100/",
            "试验县档案馆",
        )
        changed = (
            {"assignee_id": world.person("sun")}
            if since == "claimed"
            else {"state": "completed"}
        )
        session.execute(
            sa.update(UserTask).where(UserTask.id == task.id).values(**changed)
        )
    offered = sa.select(UserTaskCandidate.offered).where(
        UserTaskCandidate.task_id == task.id
    )
    if since == "claimed":
        incidents.retry(incident.id, by=world.person("zhou"), now=world.now)
        assert world.rows(offered) == [False]
    else:
        with pytest.raises(InstanceChanged, match="已经办结"):
            incidents.retry(
                incident.id, by=world.person("zhou"), now=world.now
            )
        assert world.rows(offered) == []


@pytest.mark.parametrize(
    ("name", "is_filled"),
    [
        ("opinion", True),
        ("remark", False),
        ("after.0.name", True),
        ("after.1.name", False),
        ("after.2.name", True),
        ("opinion.0", True),
    ],
)
def test_what_a_delegate_left_empty_is_asked_of_the_owner_in_rows_too(
    name: str, is_filled: bool
) -> None:
    """A row that does not exist has nothing to ask for."""
    data = {
        "opinion": "同意",
        "remark": "",
        "after": [{"name": "甲"}, {"name": ""}],
    }
    assert delegation._filled(data, name) is is_filled
