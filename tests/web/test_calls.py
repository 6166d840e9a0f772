"""A call of the hotline is registered on one page by the body that the profile names, and the page is ready
for the next."""

from __future__ import annotations

import re

import sqlalchemy as sa

from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction

GRID = "3211020010011001"
HOTLINE = "zhenjiang:government-services:321102"
CALL = f"/start/case_handling/{HOTLINE}"


def call(words: str) -> dict[str, str]:
    return {
        "_place": GRID,
        "reporter_name": "来电人",
        "reporter_phone": "13900001111",
        "location": "贺家弄来电处",
        "description": words,
        "case_title": words,
        "priority": "normal",
        "disposal": "report",
    }


def test_a_call_is_kept_in_one_submit_and_the_page_is_empty_for_the_next(
    application, signed_in
) -> None:
    desk = signed_in("jk-zw")
    assert "登记来电" in desk.get("/start").text
    page = desk.get(CALL).text
    assert "data-begin" in page and "提交并登记下一件" in page
    item = re.search(r'<option value="(\w{22})">', page)
    proposed = desk.get(f"/place/case_handling/{HOTLINE}/proposed")
    assert proposed.json["item_id"] == []
    answer = desk.post(
        CALL,
        data={**call("来电反映树枝断落"), "item_id": item[1], "_next": "1"},
    )
    assert (answer.status_code, answer.location) == (302, CALL)
    after = desk.get(CALL).text
    assert "已提交，编号" in after and "13900001111" not in after
    with application.app_context(), transaction(writing=False) as session:
        case = session.scalars(
            sa.select(GridCase).where(GridCase.title == "来电反映树枝断落")
        ).one()
    assert case.grid_code == GRID
    page = desk.get(f"/instance/{case.instance_id}").text
    assert "139****1111" in page and "13900001111" not in page


def test_what_is_wrong_in_a_call_keeps_what_was_typed(
    signed_in,
) -> None:
    desk = signed_in("jk-zw")
    answer = desk.post(CALL, data={**call("来电不全"), "_next": "1"})
    assert answer.status_code == 422
    assert "来电不全" in answer.text and "13900001111" in answer.text


def test_items_are_proposed_by_the_words_and_only_those_of_the_list(
    signed_in,
) -> None:
    desk = signed_in("jk-zw")
    page = desk.get(f"{CALL}?_place={GRID}").text
    names = re.findall(r'<option value="(\w{22})">([^<]+)</option>', page)
    value, label = names[0]
    words = label.rpartition("：")[2]
    at = f"/place/case_handling/{HOTLINE}/proposed"
    found = desk.get(at, query_string={"q": words, "_place": GRID}).json
    assert value in [option["value"] for option in found["item_id"]]
    assert len(found["item_id"]) <= 3
    outside = desk.get(at, query_string={"q": words, "_place": "999"})
    assert outside.status_code == 404
    member = signed_in("zd-wgy1")
    assert member.get(at).status_code == 403


def test_who_takes_no_calls_is_not_asked_to(signed_in) -> None:
    assert "登记来电" not in signed_in("zd-wgb").get("/start").text
    page = signed_in("zd-wgb").get(
        "/start/case_handling/zhenjiang:grid-office:321102001"
    )
    assert "data-begin" not in page.text
    assert "提交并登记下一件" in page.text
