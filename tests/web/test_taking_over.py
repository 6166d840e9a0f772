"""The pages of tasks that change hands: what the holder, a colleague, the head and the administrator are
offered, and strangers are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.web.test_delegation import colleagues, ids
from tests.web.test_unsent import task_of
from web.shown import lag


@pytest.fixture
def held(application, signed_in) -> str:
    """A task that 京口's second official holds."""
    task, (_head, second) = task_of(application), colleagues(application)
    assert signed_in(second).post(f"/task/{task}/claim").status_code == 302
    return task


def row_of(application, task: str) -> UserTask:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(UserTask, task)


@pytest.fixture
def no_heads(application) -> Iterator[None]:
    """Nobody of the office is its head."""
    people = ids(application, *colleagues(application))

    def entitle(titles: dict[int, str]) -> dict[int, str]:
        with application.app_context(), transaction() as session:
            before = {}
            for each in session.scalars(
                sa.select(Membership).where(Membership.person_id.in_(people))
            ):
                before[each.id] = each.title
                each.title = titles.get(each.id, "科员")
        return before

    titles = entitle({})
    yield
    entitle(titles)


def test_a_colleague_finds_what_is_held_and_takes_it_over(
    application, signed_in, held, no_heads
) -> None:
    first, second = (signed_in(each) for each in colleagues(application))
    title = row_of(application, held).business_key
    assert (
        title not in first.get("/").text
        and title in first.get("/colleagues").text
    )
    assert title not in second.get("/colleagues").text
    page = first.get(f"/task/{held}").text
    assert "领取，您可以查看进展" in page and f"/task/{held}/take-over" in page
    assert (
        f"/task/{held}/release" not in page
        and f"/task/{held}/hand-over" not in page
    )
    revision = row_of(application, held).revision
    empty = first.post(
        f"/task/{held}/take-over", data={"reason": " ", "_revision": revision}
    )
    assert empty.status_code == 422 and "请写明理由" in empty.text
    taken = first.post(
        f"/task/{held}/take-over",
        data={"reason": "原经办人出差", "_revision": revision},
        follow_redirects=True,
    )
    assert taken.status_code == 200 and f"/task/{held}/complete" in taken.text
    page = second.get(f"/task/{held}").text
    assert (
        "接办" in page
        and "原经办人出差" in page
        and f"/task/{held}/complete" not in page
    )
    late = second.post(
        f"/task/{held}/take-over",
        data={"reason": "拿回来办", "_revision": revision},
    )
    assert (
        late.status_code == 409
        and "刚刚有变动" in late.text
        and "拿回来办" in late.text
    )


def test_the_holder_puts_it_back(application, signed_in, held) -> None:
    _head, second = colleagues(application)
    assert (
        f"/task/{held}/unclaim" in signed_in(second).get(f"/task/{held}").text
    )
    assert signed_in(second).post(f"/task/{held}/unclaim").status_code == 302
    assert row_of(application, held).assignee_id is None


def test_who_delegated_takes_it_back(application, signed_in, held) -> None:
    other, owner = colleagues(application)
    (to,) = ids(application, other)
    client = signed_in(owner)
    assert (
        client.post(
            f"/task/{held}/delegate", data={"to": to, "reason": "请核实"}
        ).status_code
        == 302
    )
    page = client.get(f"/task/{held}").text
    assert (
        f"/task/{held}/take-back" in page
        and f"/task/{held}/take-over" not in page
    )
    assert (
        client.post(f"/task/{held}/take-back", data={"reason": ""}).status_code
        == 302
    )
    assert f"/task/{held}/complete" in client.get(f"/task/{held}").text


def test_the_head_releases_and_hands_over(
    application, signed_in, held
) -> None:
    head, second = colleagues(application)
    client, (to,) = signed_in(head), ids(application, second)
    page = client.get(f"/task/{held}").text
    assert f"/task/{held}/release" in page
    assert (
        client.post(
            f"/task/{held}/release", data={"reason": "休假"}
        ).status_code
        == 302
    )
    assert row_of(application, held).assignee_id is None
    assert client.post(f"/task/{held}/claim").status_code == 302
    assert (
        client.post(
            f"/task/{held}/hand-over", data={"reason": "请您办", "to": to}
        ).status_code
        == 302
    )
    assert row_of(application, held).assignee_id == to


@pytest.mark.parametrize(
    "action", ["take-over", "take-back", "release", "hand-over"]
)
def test_a_stranger_does_nothing(
    application, signed_in, held, action: str
) -> None:
    before = row_of(application, held).revision
    (to,) = ids(application, "dy-cg")
    assert (
        signed_in("dy-cg")
        .post(f"/task/{held}/{action}", data={"reason": "无关的人", "to": to})
        .status_code
        == 404
    )
    assert row_of(application, held).revision == before


@pytest.mark.parametrize("action", ["give-back", "give-to", "redirect"])
def test_nobody_but_the_administrator_acts_as_one(
    application, signed_in, held, action: str
) -> None:
    before = row_of(application, held).revision
    for username in ("dy-cg", *colleagues(application)):
        client = signed_in(username)
        assert client.get(f"/admin/tasks/{held}").status_code == 403
        assert (
            client.post(
                f"/admin/tasks/{held}/{action}", data={"reason": "试试"}
            ).status_code
            == 403
        )
    assert row_of(application, held).revision == before


def test_the_administrator_lists_held_tasks_and_moves_them_without_their_contents(
    application, signed_in, held
) -> None:
    admin, row = signed_in("admin"), row_of(application, held)
    (head,) = ids(application, colleagues(application)[0])
    assert f"/admin/tasks/{held}" in admin.get("/admin/").text
    page = admin.get(f"/admin/tasks/{held}").text
    assert (
        row.business_key in page and row.name in page and row.title not in page
    )
    given = {"reason": "账号停用", "_revision": row.revision, "to": head}
    assert (
        admin.post(f"/admin/tasks/{held}/give-to", data=given).status_code
        == 302
    )
    assert row_of(application, held).assignee_id == head
    late = admin.post(f"/admin/tasks/{held}/give-back", data=given)
    assert (
        late.status_code == 409
        and "账号停用" in late.text
        and row.title not in late.text
    )
    assert (
        admin.post(
            f"/admin/tasks/{held}/give-back", data={"reason": "退回"}
        ).status_code
        == 302
    )
    assert row_of(application, held).assignee_id is None
    for body, status in (
        ("zhenjiang:justice:321102", 302),
        ("zhenjiang:nothing:1", 403),
        ("", 403),
    ):
        assert (
            admin.post(
                f"/admin/tasks/{held}/redirect",
                data={"reason": "改派", "body": body},
            ).status_code
            == status
        )
    assert (
        f"/task/{held}/complete"
        in signed_in("jk-sf").get(f"/task/{held}").text
    )
    assert admin.get(f"/task/{held}").status_code == 404
    assert admin.get("/admin/tasks/nothing").status_code == 404
    assert (
        admin.post(
            f"/admin/tasks/{held}/anything", data={"reason": "x"}
        ).status_code
        == 404
    )


def test_a_matter_that_nobody_can_go_on_with_says_so_and_the_administrator_can_redirect_it(
    application, signed_in
) -> None:
    task = task_of(application)
    row = row_of(application, task)
    with application.app_context(), transaction() as session:
        incident = Incident(
            id="e" * 22,
            tenant_id="zhenjiang",
            instance_id=row.instance_id,
            element_id=row.element_id,
        )
        incident.kind, incident.message, incident.state = (
            "body-empty",
            "京口区网格办没有在岗人员",
            "open",
        )
        incident.details, incident.created_at = (
            {"task": task.rpartition(".")[2]},
            datetime.now(UTC),
        )
        session.add(incident)
    assert (
        "没有在岗人员"
        in signed_in("jk-wgb").get(f"/instance/{row.instance_id}").text
    )
    assert f"/admin/tasks/{task}" in signed_in("admin").get("/admin/").text
    sent = {"reason": "暂无人员", "body": "zhenjiang:justice:321102"}
    assert (
        signed_in("admin")
        .post(f"/admin/tasks/{task}/redirect", data=sent)
        .status_code
        == 302
    )
    with application.app_context(), transaction(writing=False) as session:
        assert session.get_one(Incident, "e" * 22).state == "resolved"


def test_withdrawing_is_offered_while_it_is_possible(
    application, signed_in
) -> None:
    matter = task_of(application).partition(".")[0]
    with application.app_context(), transaction(writing=False) as session:
        starter = session.get_one(ProcessInstance, matter).started_by
    assert starter in ids(application, "jk-sf", "jk-cg")
    username = "jk-sf" if starter == ids(application, "jk-sf")[0] else "jk-cg"
    assert (
        f"/instance/{matter}/cancel"
        in signed_in(username).get(f"/instance/{matter}").text
    )
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(UserTask)
            .where(UserTask.instance_id == matter)
            .values(state="completed")
        )
    assert (
        f"/instance/{matter}/cancel"
        not in signed_in(username).get(f"/instance/{matter}").text
    )


def test_a_suspended_timer_shows_no_date_of_the_year_9999(
    application, signed_in
) -> None:
    with application.app_context(), transaction() as session:
        timer = session.scalars(
            sa.select(TimerJob).where(TimerJob.state == "planned").limit(1)
        ).one()
        kept, timer.due_at, id_ = (
            timer.due_at,
            datetime(9999, 1, 1, tzinfo=UTC),
            timer.id,
        )
        others = (
            sa.update(TimerJob)
            .where(TimerJob.id != id_, TimerJob.state == "planned")
            .values(state="cancelled")
        )
        session.execute(others)
    page = signed_in("admin").get("/admin/").text
    assert "9999" not in page and "已挂账" in page
    with application.app_context(), transaction() as session:
        session.get_one(TimerJob, id_).due_at = kept


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "准时"),
        (999, "准时"),
        (59_000, "59 秒"),
        (61_000, "1 分钟"),
        (7_300_000, "2 小时"),
        (34_560_000_000, "400 天"),
    ],
)
def test_how_late_a_timer_fired_is_said_in_words(
    application, milliseconds: int, words: str
) -> None:
    with application.test_request_context():
        assert lag(milliseconds) == words


def test_the_interface_gives_a_task_to_somebody_by_the_rules_of_the_page(
    application, signed_in, held
) -> None:
    head, second = colleagues(application)
    head_id, second_id = ids(application, head, second)

    def give(by: str, to: object, **more: object) -> tuple[int, str]:
        answer = signed_in(by).post(
            f"/api/task/{held}/assignee", json={"userId": to, **more}
        )
        return answer.status_code, answer.json[
            "told"
        ] if answer.is_json else ""

    def kinds() -> list[tuple[str, int | None]]:
        with application.app_context(), transaction(writing=False) as session:
            rows = session.scalars(
                sa.select(HistoryEntry)
                .where(HistoryEntry.instance_id == held.rpartition(".")[0])
                .order_by(HistoryEntry.seq)
            )
            return [(each.kind, each.actor_id) for each in rows]

    code, told = give(head, head)
    assert code == 422 and "请写明理由" in told
    assert give(head, head, reason="原经办人出差")[0] == 204
    assert kinds()[-1] == ("taken-over", head_id)
    assert give(head, second)[0] == 204
    assert (
        kinds()[-1] == ("assigned", head_id)
        and row_of(application, held).assignee_id == second_id
    )
    assert give(head, None, reason="休假")[0] == 204
    assert (
        kinds()[-1] == ("released", head_id)
        and row_of(application, held).assignee_id is None
    )
    assert give(second, second)[0] == 204 and kinds()[-1] == (
        "claimed",
        second_id,
    )
    assert give(second, None)[0] == 204 and kinds()[-1] == (
        "unclaimed",
        second_id,
    )
    assert give(second, second)[0] == 204
    assert give("admin", head, reason="原经办人离岗")[0] == 204
    assert (
        kinds()[-1][0] == "administrator-assigned"
        and row_of(application, held).assignee_id == head_id
    )
    before = kinds()
    revision = row_of(application, held).revision
    assert (
        give(second, second, reason="我来办", revision=revision - 1)[0] == 409
    )
    assert give(head, "dy-cg")[0] == 403 and give(head, "nobody")[0] == 403
    assert give("jk-zf", "jk-zf", reason="我来办")[0] in (403, 404)
    assert give(second, second, reason="理" * 201)[0] == 422
    for wrong in (5, True, "", ["x"], {"id": 1}, "长" * 121):
        assert give(head, wrong)[0] == 422
    assert (
        give(head, head, reason=5)[0] == 422
        and give(head, head, revision="1")[0] == 422
    )
    assert (
        signed_in(head).post(f"/api/task/{held}/assignee", json=[]).status_code
        == 422
    )
    assert (
        signed_in(head).post(f"/api/task/{held}/assignee", json={}).status_code
        == 422
    )
    assert kinds() == before
