"""The page of absences, and the deputy's way from the inbox to a task that he does for somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.store.absences import Absence
from orchestrator.store.session import transaction
from tests.web.test_unsent import task_of
from web.shown import in_zone


@pytest.fixture(autouse=True)
def _none_left(application) -> Iterator[None]:
    yield
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(Absence))


def days(application, last: int = 2) -> dict[str, str]:
    with application.app_context():
        today = in_zone(datetime.now(UTC)).date()
    return {
        "first": today.isoformat(),
        "last": (today + timedelta(days=last)).isoformat(),
    }


def test_the_deputy_finds_the_task_in_his_inbox_and_does_it_on_the_record(
    application, signed_in
) -> None:
    task = task_of(application)
    away, deputy = signed_in("jk-wgb"), signed_in("dy-cg")
    assert deputy.get(f"/task/{task}").status_code == 404
    done = away.post(
        "/absences",
        data={**days(application), "deputy": "dy-cg"},
        follow_redirects=True,
    )
    assert (
        done.status_code == 200
        and "已登记请假" in done.text
        and "代理中" in done.text
    )
    page = deputy.get("/?sort=-arrived").text
    row = page[page.index(f'data-task="{task}"') :].split("</tr>")[0]
    assert "代林文静办理" in row and "您正在代 林文静 办理" in page
    assert (
        f'data-task="{task}"'
        in deputy.get("/?q=审核申请+宋志远&sort=-arrived").text
    )
    assert (
        "已标为已读 1 项"
        in deputy.post(
            "/several/read", data={"task": task}, follow_redirects=True
        ).text
    )
    opened = deputy.get(f"/task/{task}")
    assert (
        opened.status_code == 200
        and "您正在代" in opened.text
        and f"/task/{task}/complete" in opened.text
    )
    assert "代理中" in deputy.get("/absences").text, "both see it"
    filled = {
        "decision": "approve",
        "opinion": "材料齐全，同意",
        "approver": "government",
    }
    assert (
        deputy.post(f"/task/{task}/complete", data=filled).status_code == 302
    )
    with application.app_context(), transaction(writing=False) as session:
        absence = session.scalars(sa.select(Absence.id)).one()
    matter = task.partition(".")[0]
    assert (
        "（代 " in away.get(f"/instance/{matter}").text
        and "（代 " in away.get(f"/dossier/{matter}").text
    )
    assert deputy.post(f"/absences/{absence}/end").status_code == 404
    assert away.post(f"/absences/{absence}/end").status_code == 302
    assert (
        "代 "
        not in deputy.get("/")
        .text.split("<main", 1)[1]
        .split("gf-counters", 1)[0]
    )


def test_what_does_not_go_is_told_and_what_was_typed_stays(
    application, signed_in
) -> None:
    client = signed_in("jk-wgb")
    for given, told in (
        ({"deputy": "jk-wgb"}, "不能由本人代理自己"),
        ({"deputy": "nobody"}, "没有找到用户名为"),
        ({"deputy": "dy-cg", "first": ""}, "请选择第一天和最后一天"),
        ({"deputy": "dy-cg", "first": "x"}, "“x”不是可用的日期"),
        ({"deputy": "dy-cg", "first": "0206-12-01"}, "年份在 1900 至 2200"),
        (
            {"deputy": "dy-cg", "procedures": "of_another_city"},
            "请选择列出的业务",
        ),
        (
            {"deputy": "dy-cg", "first": "2199-01-01", "last": "2199-01-02"},
            "一年以后",
        ),
    ):
        refused = client.post("/absences", data={**days(application), **given})
        assert refused.status_code == 422 and told in refused.text
        assert f'value="{given["deputy"]}"' in refused.text
    other = client.post(
        "/absences",
        data={**days(application), "absent": "dy-cg", "deputy": "jk-wgb"},
    )
    assert other.status_code == 403 and "只有本人" in other.text


def test_the_administrator_enters_it_for_anybody(
    application, signed_in
) -> None:
    given = {**days(application), "absent": "jk-wgb", "deputy": "dy-cg"}
    assert signed_in("admin").post("/absences", data=given).status_code == 302
    assert "代理中" in signed_in("jk-wgb").get("/absences").text


def test_a_deputy_is_proposed_who_stood_in_last_and_is_there(
    application, signed_in
) -> None:
    away, colleague = signed_in("jk-wgb"), signed_in("jk-wgb2")

    def proposed() -> str:
        return re.search(
            r'id="deputy"[^>]*value="([^"]*)"', away.get("/absences").text
        )[1]

    assert proposed() == "jk-wgb2", "a colleague of the same body"
    colleague.post("/absences", data={**days(application), "deputy": "dy-cg"})
    assert proposed() == "", "who is away himself is not proposed"
