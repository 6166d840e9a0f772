"""A deputy does the tasks of who is away, in the days that were entered and nothing beyond them, and the
record says for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    NotFound,
    RuleViolated,
    TaskClaimedByAnother,
)
from orchestrator.services import access, user_tasks
from orchestrator.services.instances import case_view, inbox_rows
from orchestrator.services.notifications import collecting, due, reading
from orchestrator.services.user_tasks.absences import Wanted
from orchestrator.store import inbox, inbox_counts
from orchestrator.store.absences import Absence
from orchestrator.store.inbox_open import Filters
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from tests.services.world import MONDAY, World

TODAY = MONDAY.date()


def away(
    world: World, who: str, deputy: str, days: int = 3, by: str = "", **more
) -> str:
    """The person is away from today on, for so many days."""
    wanted = Wanted(
        who, deputy, TODAY, TODAY + timedelta(days=days - 1), **more
    )
    return user_tasks.absences.enter(
        wanted, world.person(by or who), world.now
    )


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


def test_the_deputy_does_a_task_that_the_absent_person_holds_and_the_record_says_so(
    world,
) -> None:
    matter = world.start()
    task = world.task(matter, "review")
    user_tasks.claim(task.id, world.person("li"), world.now)
    with pytest.raises(NotFound):
        world.review(matter, by="qian")
    away(world, "li", "qian")
    world.review(matter, by="qian")
    (entry,) = world.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == matter,
            HistoryEntry.kind == "user-task-completed",
        )
    )
    assert (
        entry.actor_id == world.person("qian")
        and entry.data["for"] == "李科长"
    )
    assert entry.actor_body_id == "teston:grid-office:990100"
    with transaction(writing=False) as session:
        seen = case_view.look(
            session, viewer(world, "wang"), matter, world.now
        )
    assert "钱科员（代 李科长）" in [step.who for step in seen.steps]


def test_it_begins_and_ends_by_itself_and_opens_nothing_else(world) -> None:
    matter, other = world.start(), world.start()
    user_tasks.claim(
        world.task(other, "review").id, world.person("wang"), world.now
    )
    tomorrow = TODAY + timedelta(days=1)
    user_tasks.absences.enter(
        Wanted("li", "sun", tomorrow, tomorrow), world.person("li"), world.now
    )
    assert not sees(world, "sun", matter)
    world.later(days=1)
    assert sees(world, "sun", matter)
    assert not sees(world, "sun", other), (
        "a colleague of the absent person holds that one"
    )
    world.later(days=1)
    assert not sees(world, "sun", matter)
    with pytest.raises(NotFound):
        user_tasks.claim(
            world.task(matter, "review").id, world.person("sun"), world.now
        )


def test_once_the_task_is_done_the_deputy_sees_only_what_he_did(world) -> None:
    matter = world.start()
    away(world, "li", "sun")
    assert sees(world, "sun", matter)
    world.review(matter, by="wang")
    assert not sees(world, "sun", matter)


def test_what_the_deputy_claims_is_the_absent_persons(world) -> None:
    matter = world.start()
    task = world.task(matter, "review")
    away(world, "li", "sun")
    user_tasks.claim(task.id, world.person("sun"), world.now)
    assert world.task(matter, "review").assignee_id == world.person("li")
    with pytest.raises(TaskClaimedByAnother):
        world.review(matter, by="wang")
    user_tasks.unclaim(task.id, world.person("sun"), world.now)
    assert world.task(matter, "review").assignee_id is None


def test_procedures_that_were_not_named_stay_closed(world) -> None:
    matter = world.start()
    away(world, "li", "sun", process_keys=("another",))
    assert not sees(world, "sun", matter)
    away(world, "li", "sun", process_keys=("errand",))
    assert sees(world, "sun", matter)


def test_a_colleague_who_stands_in_acts_as_himself_where_he_may(world) -> None:
    matter = world.start()
    away(world, "li", "wang")
    world.review(matter, by="wang")
    (entry,) = world.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == matter,
            HistoryEntry.kind == "user-task-completed",
        )
    )
    assert "for" not in entry.data


def test_days_persons_and_circles_that_do_not_go_are_each_told(world) -> None:
    def refused(
        *pattern: str,
        who: str = "li",
        deputy: str = "sun",
        first=TODAY,
        last=TODAY,
    ) -> None:
        with pytest.raises(RuleViolated) as told:
            wanted = Wanted(who, deputy, first, last)
            user_tasks.absences.enter(wanted, world.person(who), world.now)
        assert all(each in " ".join(told.value.reasons) for each in pattern), (
            told.value.reasons
        )

    refused("不能由本人代理自己", deputy="li")
    refused("没有找到", "nobody", deputy="nobody")
    refused(
        "最后一天不能早于第一天", first=TODAY, last=TODAY - timedelta(days=1)
    )
    refused("已经过去", first=date(2020, 1, 1), last=date(2020, 1, 2))
    refused("一年", last=date(9999, 12, 31))
    away(world, "li", "sun")
    refused("李科长", "已经登记请假", deputy="qian")
    refused("李科长", "自己请假，不能代理", who="zhao", deputy="li")
    refused("孙警官", "正代理李科长", who="sun", deputy="qian")
    refused("不能代理", who="sun", deputy="li")


def make_head(world: World, username: str) -> None:
    with transaction() as session:
        session.scalars(
            sa.select(Membership).where(
                Membership.person_id == world.person(username)
            )
        ).one().title = "主任"


def test_the_head_and_nobody_else_enters_it_for_somebody(world) -> None:
    with pytest.raises(Forbidden):
        away(world, "li", "sun", by="wang")
    make_head(world, "wang")
    absence = away(world, "li", "sun", by="wang")
    with pytest.raises(NotFound):
        user_tasks.absences.end(absence, world.person("sun"), world.now)
    world.later(hours=2)
    user_tasks.absences.end(absence, world.person("li"), world.now)
    assert viewer(world, "sun").standing_in == ()
    (row,) = world.rows(sa.select(Absence))
    assert (row.entered_by, row.ended_by) == (
        world.person("wang"),
        world.person("li"),
    )
    with pytest.raises(RuleViolated):
        user_tasks.absences.end(absence, world.person("li"), world.now)


def test_the_deputy_is_notified_too(world) -> None:
    away(world, "li", "sun")
    world.start()
    collecting.collect(world.now)
    told = world.rows(sa.select(Notification.person_id))
    assert sorted(told) == sorted(
        world.person(each) for each in ("li", "wang", "sun")
    )


def test_a_deputy_does_not_decide_what_he_applied_for(world) -> None:
    matter = world.start(by="zhao")
    away(world, "li", "zhao")
    with pytest.raises(Forbidden, match="由您提出，您不能代李科长办理"):
        world.review(matter, by="zhao")
    task = world.task(matter, "review")
    with transaction(writing=False) as session:
        zhao = viewer(world, "zhao")
        assert not access.may_work_on(session, zhao, task)
        official = inbox_rows.official(zhao)
        filters = Filters(zhao.tenant_id)
        for text in ("", "申请"):
            rows = inbox.page_to_do(
                session, official, replace(filters, text=text)
            ).rows
            assert rows == [], "what he may not do is not in his list"
        ends = (world.now,) * 3
        counts = inbox_counts.count_by_due(
            session, official, zhao.tenant_id, ends, world.now
        )
        assert counts.all == 0
    collecting.collect(world.now)
    told = world.rows(sa.select(Notification.person_id))
    assert world.person("zhao") not in told
    away(world, "wang", "qian")
    world.review(matter, by="qian")


def test_both_are_told_when_it_is_entered_begins_and_is_ended(world) -> None:
    def told(username: str) -> list[str]:
        due.sweep(world.now)
        due.sweep(world.now)
        query = sa.select(Notification.step).where(
            Notification.kind == "deputy",
            Notification.person_id == world.person(username),
        )
        return world.rows(query.order_by(Notification.at))

    make_head(world, "wang")
    tomorrow = TODAY + timedelta(days=1)
    wanted = Wanted("li", "sun", tomorrow, tomorrow + timedelta(days=2))
    absence = user_tasks.absences.enter(
        wanted, world.person("wang"), world.now
    )
    days = f"{tomorrow} 至 {tomorrow + timedelta(days=2)}"
    assert told("sun") == [f"李科长请假，{days} 由您代理"]
    assert told("li") == [f"您的请假已登记，{days} 由孙警官代理"]
    world.later(days=1)
    last = tomorrow + timedelta(days=2)
    assert told("sun")[1:] == [f"李科长开始请假，到 {last} 为止由您代理"]
    assert told("li")[1:] == [f"您的请假开始，到 {last} 为止由孙警官代理"]
    user_tasks.absences.end(absence, world.person("li"), world.now)
    assert told("sun")[2:] == ["李科长的请假已提前结束，不再由您代理"]
    assert len(told("li")) == 2, "he ended it himself"
    world.later(days=1)
    away(world, "wang", "qian")
    assert told("qian") and not told("wang"), "he has just entered it"
    later = TODAY + timedelta(days=30)
    ahead = Wanted("li", "sun", later, later)
    absence = user_tasks.absences.enter(ahead, world.person("li"), world.now)
    assert "由您代理" in told("sun")[-1]
    world.later(days=1)
    user_tasks.absences.end(absence, world.person("wang"), world.now)
    assert told("sun")[-1] == "李科长的请假已取消，不由您代理"
    assert told("li")[-1] == "您的请假已取消，不由孙警官代理"


def test_who_is_long_away_is_told_of_once_though_old_notices_are_removed(
    world,
) -> None:
    told = sa.select(Notification.step).where(Notification.kind == "deputy")
    away(world, "li", "sun", days=360)
    later = TODAY + timedelta(days=300)
    ahead = Wanted("wang", "qian", later, later)
    user_tasks.absences.enter(ahead, world.person("wang"), world.now)
    assert due.sweep(world.now) == 2
    assert len(world.rows(told)) == 2, "each entered his own"
    world.later(days=reading.KEPT.days + 1)
    reading.sweep(world.now)
    assert world.rows(told) == []
    assert due.sweep(world.now) == 0
    assert world.rows(told) == []


def test_who_is_away_at_another_time_is_proposed_all_the_same(world) -> None:
    later = TODAY + timedelta(days=60)
    wanted = Wanted("wang", "sun", later, later)
    user_tasks.absences.enter(wanted, world.person("wang"), world.now)

    def proposed(first, last) -> str:
        with transaction(writing=False) as session:
            return user_tasks.absences.proposed_deputy(
                session, viewer(world, "li"), "li", world.now, first, last
            )

    assert proposed(TODAY, TODAY) == proposed(None, None) == "wang"
    assert proposed(TODAY, later) == ""
