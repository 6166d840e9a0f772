"""The inbox: counters that filter, who applied, when it arrived."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.web.test_registers import APPLICATION
from tests.web.test_returning import FILLED
from tests.web.test_unsent import task_of
from web import shown
from web.inbox import counters


def number(page: str, kind: str) -> int:
    found = re.search(
        rf'href="/{re.escape(kind)}".*?gf-number">(\d+)', page, re.DOTALL
    )
    assert found
    return int(found[1])


def fall_due(application, task: str, at: datetime) -> None:
    with application.app_context(), transaction() as session:
        row = session.get_one(UserTask, task)
        row.due_at = row.due_sort = at
        for candidate in session.query(UserTaskCandidate).filter_by(
            task_id=task
        ):
            candidate.due_sort = at


def test_a_counter_filters_by_what_it_counts(application, signed_in) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    before = client.get("/").text
    fall_due(application, task, datetime.now(UTC) - timedelta(hours=2))
    page = client.get("/").text
    assert number(page, "?due=overdue") == number(before, "?due=overdue") + 1
    overdue = client.get("/?due=overdue").text
    assert (
        f"/task/{task}" in overdue and 'name="due" value="overdue"' in overdue
    )
    assert f"/task/{task}" not in client.get("/?due=week").text
    assert f"/task/{task}" not in client.get("/?due=claimed").text
    client.post(f"/task/{task}/claim")
    assert f"/task/{task}" in client.get("/?due=claimed").text
    assert client.get("/?due=nonsense").status_code == 200


def test_a_task_is_set_aside_until_a_day_and_taken_up_again(
    application, signed_in
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    fall_due(application, task, datetime.now(UTC) + timedelta(days=20))
    row = f'data-task="{task}"'
    newest = "/?sort=-arrived"
    before = number(client.get("/").text, "?due=aside")
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%d")
    said = client.post(
        f"/task/{task}/aside", data={"aside_until": day, "note": "等街道回函"}
    )
    assert said.status_code == 302
    assert row not in client.get(newest).text
    aside = client.get("/?due=aside&sort=-arrived").text
    assert row in aside and f"暂放到 {day}" in aside and "等街道回函" in aside
    assert number(aside, "?due=aside") == before + 1
    page = client.get(f"/task/{task}").text
    assert "取回待办" in page and "等街道回函" in page
    client.post(f"/task/{task}/take-up")
    assert row in client.get(newest).text
    refused = client.post(f"/task/{task}/aside", data={"aside_until": "明天"})
    assert refused.status_code == 422 and "请选择日期" in refused.text


def test_a_row_tells_who_applied_and_when_it_arrived(
    application, signed_in
) -> None:
    task = task_of(application)
    page = signed_in("jk-wgb").get("/?sort=-arrived").text
    row = page[page.index(f'data-task="{task}"') :].split("</tr>")[0]
    assert (
        " · " in row
        and "gf-came" in row
        and ' gf-usual">由京口区网格化服务管理中心办理' in row
    )
    assert "个工作日" in row and "第十三条" in row
    above = signed_in("jk-wgb").get(f"/task/{task}").text.split("<h1")[0]
    assert "个工作日</span>" in above, "the due time stands above the title"


@pytest.mark.parametrize(
    ("hours", "days", "words"),
    [
        (-3.5, -1, ("overdue", "逾期 3 小时")),
        (-23.5, -1, ("overdue", "逾期 23 小时")),
        (-30, -1, ("overdue", "逾期 1 个工作日")),
        (-192, None, ("overdue", "逾期 8 天")),
        (30.5, 0, ("soon", "还有 30 小时")),
        (30.5, 1, ("soon", "还有 1 个工作日")),
        (200, 6, ("later", "还有 6 个工作日")),
    ],
)
def test_less_than_a_day_and_a_weekend_are_told_in_hours(
    application, hours: float, days: int | None, words: tuple[str, str]
) -> None:
    """No working day lies between a due time at night or on a day off and now."""
    at = datetime.now(UTC) + timedelta(hours=hours)
    with application.test_request_context():
        assert shown.time_left((at, days)) == words


@pytest.mark.parametrize(
    ("now", "tonight"),
    [
        ("2026-11-27 15:59", "2026-11-27 16:00"),
        ("2026-11-27 16:00", "2026-11-28 16:00"),
        ("2026-11-29 15:59", "2026-11-29 16:00"),
        ("2026-11-29 16:00", "2026-11-30 16:00"),
        ("2026-12-31 12:00", "2026-12-31 16:00"),
    ],
)
def test_the_day_and_the_week_end_by_the_offices_clock(
    application, now: str, tonight: str
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with application.app_context():
        _now, end, week = counters.ends(at)
    assert end == datetime.fromisoformat(tonight).replace(tzinfo=UTC)
    # Midnight after Sunday, at the office.
    assert (week.weekday(), week.hour) == (
        0,
        0,
    ) and timedelta() <= week - end < timedelta(days=7)


def test_columns_sort_both_ways_and_pages_go_back(
    application, signed_in
) -> None:
    task_of(application)
    client = signed_in("jk-wgb")
    page = client.get("/?sort=number").text
    assert "sort=-number" in page and "，顺序" in page
    numbers = re.findall(r">(事准-[\d-]+)<", page)
    assert numbers == sorted(numbers)
    downwards = re.findall(
        r">(事准-[\d-]+)<", client.get("/?sort=-number").text
    )
    assert downwards == sorted(downwards, reverse=True) and downwards
    for junk in (
        "sort=x",
        "sort=urgency&after=a~99999999999999999999",
        "sort=title&before=~x",
        "after=~",
    ):
        assert client.get(f"/?{junk}").status_code == 200


def test_an_applicant_follows_what_others_have(application, signed_in) -> None:
    task = task_of(application)
    page = signed_in("jk-sf").get("/?due=others&sort=-arrived").text
    row = page[page.index(f'data-task="{task}"') :].split("</tr>")[0]
    assert "由其他机构办理" in row and "领取" not in row
    assert (
        f'data-task="{task}"'
        not in signed_in("jk-wgb").get("/?due=others").text
    )


def test_only_procedures_that_wait_for_the_reader_are_offered(
    application, signed_in, county_administrator
) -> None:
    task_of(application)
    page = signed_in("jk-wgb").get("/").text
    assert '<option value="item_admission"' in page
    nothing = signed_in(county_administrator).get("/")
    assert (
        nothing.status_code == 200
        and '<option value="item_admission"' not in nothing.text
    )


def test_what_comes_back_says_why(application, signed_in) -> None:
    task = task_of(application)
    client, applicant = signed_in("jk-wgb"), signed_in("jk-sf")
    client.post(
        f"/task/{task}/complete",
        data={"decision": "supplement", "opinion": "请写明经费来源"},
    )
    back = re.search(
        r'data-task="([^"]+)"', applicant.get("/?sort=-arrived").text
    )[1]
    assert back.split(".")[0] == task.split(".")[0]
    applicant.post(
        f"/task/{back}/complete",
        data={**APPLICATION, "submission": "resubmit"},
    )
    page = client.get("/?sort=-arrived").text
    row = page[page.index(f'data-task="{task.split(".")[0]}') :].split(
        "</tr>"
    )[0]
    assert "补正后再报" in row


def test_several_at_once_each_with_its_own_result(
    application, signed_in
) -> None:
    first = task_of(application)
    APPLICATION["item_name"] += "乙"
    second = task_of(application)
    colleague, client = signed_in("jk-wgb2"), signed_in("jk-wgb")
    colleague.post(f"/task/{first}/claim")
    data = {"task": [first, second], "_query": "sort=-number&evil=1"}
    answer = client.post("/several/claim", data=data)
    assert (
        answer.status_code == 302
        and "evil" not in answer.location
        and "sort=-number" in answer.location
    )
    page = client.get(answer.location).text
    assert "已领取 1 项" in page and "没有办成" in page
    assert f'data-task="{second}"' in client.get("/?due=claimed").text
    back = {"task": second, "_query": "sort=-number"}
    assert (
        "已放回 1 项"
        in client.post(
            "/several/unclaim", data=back, follow_redirects=True
        ).text
    )
    refused = client.post(
        "/several/unclaim", data=back, follow_redirects=True
    ).text
    assert (
        "没有办成" in refused
        and f'value="{second}" form="several"' in refused
        and " checked" in refused
    )
    assert (
        client.post("/several/claim", follow_redirects=True).text.count(
            "请先选择任务"
        )
        == 1
    )
    stranger = signed_in("dy-cg").post(
        "/several/claim", data={"task": [second, "x"]}, follow_redirects=True
    )
    assert (
        APPLICATION["item_name"] not in stranger.text
        and stranger.text.count("没有找到这项内容") == 2
    )
    assert (
        client.post("/several/nonsense", data={"task": second}).status_code
        == 404
    )


def test_what_is_marked_as_read_is_new_no_more(application, signed_in) -> None:
    signed_in("jk-wgb")
    task, client = task_of(application), signed_in("jk-wgb")
    page = client.get("/?due=new").text
    if (
        f'data-task="{task}"' not in page
    ):  # it came before this visit began and after the one before it
        page = client.get("/?due=new&sort=-arrived").text
    assert f'data-task="{task}"' in page
    assert (
        "已标为已读 1 项"
        in client.post(
            "/several/read", data={"task": task}, follow_redirects=True
        ).text
    )
    assert (
        f'data-task="{task}"' not in client.get("/?due=new&sort=-arrived").text
    )
    stranger = signed_in("jk-zf")
    assert (
        "已标为已读 0 项"
        in stranger.post(
            "/several/read", data={"task": task}, follow_redirects=True
        ).text
    )


@pytest.mark.parametrize("signs", ["%", "_", "👵", "！？"])
def test_signs_that_are_no_words_say_so(
    application, signed_in, signs: str
) -> None:
    task = task_of(application)
    page = signed_in("jk-wgb").get("/", query_string={"q": signs}).text
    assert "里没有可以搜索的字" in page and f'data-task="{task}"' not in page


def test_a_task_leads_to_the_one_before_and_after_it_in_its_list(
    application, signed_in
) -> None:
    client, tasks = signed_in("jk-wgb"), []
    for place in ("甲", "乙", "丙"):
        APPLICATION["item_name"] = (
            f"{place}处巡查{APPLICATION['item_name'][-8:]}"
        )
        tasks.append(task_of(application))
    listed = "sort=-arrived&process=item_admission"
    page = client.get(f"/?{listed}").text
    assert (
        f'href="/task/{tasks[1]}?in=process%3Ditem_admission%26sort%3D-arrived"'
        in page
        or (
            f'href="/task/{tasks[1]}?in=sort%3D-arrived%26process%3Ditem_admission"'
            in page
        )
    )
    middle = client.get(f"/task/{tasks[1]}", query_string={"in": listed}).text
    assert re.search(
        rf'rel="prev" href="/task/{re.escape(tasks[2])}\?in=', middle
    )
    assert re.search(
        rf'rel="next" href="/task/{re.escape(tasks[0])}\?in=', middle
    )
    assert 'rel="next"' not in client.get(f"/task/{tasks[1]}").text
    of_view = client.get(
        f"/task/{tasks[1]}", query_string={"in": f"{listed}&view=mine"}
    ).text
    assert of_view.count("view%3Dmine") == 2, "before and after"
    assert (
        'name="_in" value="sort=-arrived&amp;process=item_admission&amp;view=mine"'
        in of_view
    )
    decided = client.post(
        f"/task/{tasks[1]}/complete", data={**FILLED, "_in": listed}
    )
    after = client.get(decided.headers["Location"]).text
    assert re.search(
        rf'id="next-up" href="/task/{re.escape(tasks[0])}\?in=', after
    )
    assert 'value="item_admission" selected' in after


def test_the_days_left_are_the_same_on_the_list_on_the_task_and_on_the_matter(
    application, signed_in
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    fall_due(application, task, datetime.now(UTC) + timedelta(days=12))
    row = client.get("/?sort=-arrived").text
    row = row[row.index(f'data-task="{task}"') :].split("</tr>")[0]
    left = re.search(r"还有 \d+ 个工作日", row)[0]
    assert left in client.get(f"/task/{task}").text
    assert left in client.get(f"/instance/{task.partition('.')[0]}").text


def test_a_choice_of_few_answers_is_a_row_of_buttons(
    application, signed_in
) -> None:
    page = signed_in("jk-wgb").get(f"/task/{task_of(application)}").text
    buttons = page[page.index('class="gf-answers"') :].split("</fieldset>")[0]
    assert all(
        answer in buttons
        for answer in ("同意，报请批准", "退回补正", "不予同意")
    )


@pytest.mark.parametrize(
    "words",
    [
        "宋志远",
        "京口区司法局",
        "审核申请",
        "夜间噪声扰民",
        "志远 噪声扰民 审核",
    ],
)
def test_search_finds_applicant_body_step_and_content(
    application, signed_in, words: str
) -> None:
    task = task_of(application, legal_basis="《噪声污染防治法》，夜间噪声扰民")
    found = f'data-task="{task}"'
    office, applicant = signed_in("jk-wgb"), signed_in("jk-sf")
    wanted = {"q": words, "sort": "-arrived"}
    assert found in office.get("/", query_string=wanted).text
    assert (
        found
        not in office.get(
            "/", query_string={**wanted, "q": words + " 没有这个词"}
        ).text
    )
    assert (
        task.split(".")[0]
        in applicant.get("/started", query_string=wanted).text
    )
    assert found not in signed_in("dy-wgb").get("/", query_string=wanted).text


def test_search_finds_what_an_opinion_says_and_the_step_only_while_it_is_there(
    application, signed_in
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    client.post(
        f"/task/{task}/complete",
        data={"decision": "supplement", "opinion": "请补充经费渠道说明"},
    )
    applicant = signed_in("jk-sf")
    here = f'data-task="{task.split(".")[0]}'
    assert here in applicant.get("/?q=经费渠道&sort=-arrived").text
    assert here not in applicant.get("/?q=审核申请&sort=-arrived").text
    assert task.split(".")[0] in client.get("/done?q=经费渠道+审核申请").text
