"""Comments that name people, and copies by hand: who may, who is told, who may read from then on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.services import access, instances
from orchestrator.services.instances import case_view, oversight, remarks
from orchestrator.services.notifications import collecting
from orchestrator.services.records import history
from orchestrator.store import inbox_past
from orchestrator.store.inbox_open import Filters
from orchestrator.store.instances import Copy
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.services.world import World


def viewer(world: World, username: str) -> access.Viewer:
    with transaction(writing=False) as session:
        found = access.viewer(session, world.person(username), world.now)
    assert found is not None
    return found


def sees(world: World, username: str, matter: str) -> bool:
    with transaction(writing=False) as session:
        try:
            access.visible_instance(session, viewer(world, username), matter)
        except NotFound:
            return False
    return True


def told(world: World, kind: str) -> list[str]:
    return world.rows(
        sa.select(Person.username)
        .join(Notification, Notification.person_id == Person.id)
        .where(Notification.kind == kind)
        .order_by(Person.username)
    )


def copies(world: World, username: str) -> list[str]:
    who = viewer(world, username)
    with transaction(writing=False) as session:
        filters = Filters(who.tenant_id)
        return [
            row.id
            for row in inbox_past.page_copies(
                session, who.addresses, filters
            ).rows
        ]


def test_a_comment_stands_in_the_record_and_those_it_names_are_notified(
    world,
) -> None:
    matter = world.start()
    named = remarks.comment(
        matter,
        "@李科长请核对面积，@wang 也看一下",
        world.person("zhao"),
        world.now,
    )
    assert named == ["李科长", "王主任"]
    collecting.collect(world.now)
    assert told(world, "mentioned") == ["li", "wang"]
    (words,) = set(
        world.rows(
            sa.select(Notification.words).where(
                Notification.kind == "mentioned"
            )
        )
    )
    assert words.startswith("@李科长请核对面积")
    with transaction(writing=False) as session:
        seen = case_view.look(session, viewer(world, "li"), matter, world.now)
    (step,) = [each for each in seen.steps if each.kind == "commented"]
    assert (step.who, step.body) == (
        "赵科员",
        "试验县民政局",
    ) and "请核对面积" in step.remark
    assert history.verify(matter) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" ", "请填写评论"),
        ("长" * 1001, "最多写 1000 字"),
        ("@nobody 请看", "没有找到@的人员"),
        ("@孙警官请看", "看不到这件事项"),
        ("@李科长" * 21, "最多@20人"),
    ],
)
def test_a_comment_that_does_not_go_is_told_and_nothing_is_written(
    world, text: str, reason: str
) -> None:
    matter = world.start()
    before = world.snapshot(matter)
    with pytest.raises(RuleViolated) as refused:
        remarks.comment(matter, text, world.person("zhao"), world.now)
    assert reason in refused.value.reasons[0]
    assert world.snapshot(matter) == before


def test_an_address_with_an_at_sign_names_nobody_and_two_of_one_name_are_told_apart(
    world,
) -> None:
    matter = world.start()
    assert (
        remarks.comment(
            matter, "发到 office@li.cn", world.person("zhao"), world.now
        )
        == []
    )
    with transaction() as session:
        for username in ("li", "wang"):
            session.scalars(
                sa.select(Person).where(Person.username == username)
            ).one().display_name = "李明"
    with pytest.raises(RuleViolated, match="改写用户名"):
        remarks.comment(matter, "@李明请看", world.person("zhao"), world.now)
    assert remarks.comment(
        matter, "@li请看", world.person("zhao"), world.now
    ) == ["李明"]


def test_strangers_do_not_comment_and_a_closed_record_takes_nothing(
    world,
) -> None:
    matter = world.start()
    with pytest.raises(NotFound):
        remarks.comment(matter, "看看", world.person("sun"), world.now)
    instances.cancel(matter, "写错了", world.person("zhao"), world.now)
    with pytest.raises(InstanceChanged):
        remarks.comment(matter, "晚了", world.person("zhao"), world.now)


def test_a_copy_lets_its_receiver_read_and_nothing_more(world) -> None:
    matter = world.start()
    assert not sees(world, "sun", matter) and not sees(world, "zhou", matter)
    names = remarks.send_copies(
        matter,
        "孙警官，测试市网格中心",
        "请掌握",
        world.person("zhao"),
        world.now,
    )
    assert sorted(names) == sorted(["孙警官", "测试市网格中心"])
    assert sees(world, "sun", matter) and sees(world, "zhou", matter)
    assert copies(world, "sun") == copies(world, "zhou") == [matter]
    collecting.collect(world.now)
    assert told(world, "copied") == ["sun", "zhou"]
    with pytest.raises(NotFound):
        world.review(matter, by="sun")
    with pytest.raises(Forbidden):
        remarks.send_copies(
            matter, "钱科员", "", world.person("sun"), world.now
        )
    oversight.read_copy(matter, world.person("sun"), world.now)
    oversight.read_copy(matter, world.person("zhou"), world.now)
    rows = world.rows(sa.select(Copy).where(Copy.instance_id == matter))
    assert {row.read_by for row in rows} == {
        world.person("sun"),
        world.person("zhou"),
    }
    remarks.send_copies(matter, "sun", "再看", world.person("wang"), world.now)
    assert (
        len(world.rows(sa.select(Copy).where(Copy.instance_id == matter))) == 2
    )


def test_who_commented_sees_no_longer_than_he_would(world) -> None:
    matter = world.start()
    remarks.send_copies(matter, "sun", "", world.person("zhao"), world.now)
    remarks.comment(matter, "知悉", world.person("sun"), world.now)
    with transaction() as session:
        session.execute(sa.delete(Copy))
    assert not sees(world, "sun", matter)


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("", "请填写"),
        ("，、", "请填写"),
        ("没有这个局", "没有找到"),
        ("、".join(f"b{n}" for n in range(21)), "最多写 20"),
    ],
)
def test_receivers_that_do_not_exist_are_told(
    world, to: str, reason: str
) -> None:
    matter = world.start()
    with pytest.raises(RuleViolated) as refused:
        remarks.send_copies(matter, to, "", world.person("zhao"), world.now)
    assert reason in refused.value.reasons[0]
