"""首页: what waits for a person, what he may start, and his area alone."""

from __future__ import annotations

import re

import pytest


def test_signing_in_leads_to_the_home_page(application) -> None:
    answer = application.test_client().post(
        "/sign-in", data={"username": "jk-zf", "password": "gridflow"}
    )
    assert answer.headers["Location"] == "/home"


@pytest.mark.parametrize(
    "username",
    ["zj-wgb", "jk-cg", "jk-zf", "zd-wgb", "zd-wgy1", "admin", "designer"],
)
def test_everybody_has_a_home_page(signed_in, username: str) -> None:
    text = signed_in(username).get("/home").text
    assert (
        "等我办理的" in text
        and "最近的变化" in text
        and "先办这几件待办" in text
    )


def test_the_home_page_starts_what_its_reader_may_start(signed_in) -> None:
    department = signed_in("jk-cg").get("/home").text
    assert (
        'href="/start/item_admission/zhenjiang:urban-management:321102"'
        in department
    )
    assert "本辖区在办情况" not in department, "a department oversees no area"
    assert "您的机构不发起事项" in signed_in("jk-zf").get("/home").text
    assert (
        'href="/start/case_handling/' in signed_in("zd-wgy1").get("/home").text
    )


def test_who_oversees_an_area_sees_its_open_tasks(signed_in) -> None:
    assert "本辖区在办情况" in signed_in("jk-wgb").get("/home").text


def test_the_tour_waits_hidden_and_is_taken_again_from_the_help(
    application, signed_in
) -> None:
    client = signed_in("jk-cg")
    first = client.get("/home").text
    tour = first[first.index('id="tour"') :].split("</section>")[0]
    assert (
        " hidden" in tour.split(">")[0]
        and "结束引导" in tour
        and 'data-tour-at="#home-start"' in tour
    )
    steps = set(re.findall(r'data-tour-at="#([\w-]+)"', tour))
    assert steps and all(f'id="{step}"' in first for step in steps)
    assert "/home?tour=1" in client.get("/help").text
    again = client.get("/home?tour=1").text
    assert " hidden" not in again[again.index('id="tour"') :].split(">")[0]
    assert (
        "流程设计"
        in signed_in("designer")
        .get("/home?tour=1")
        .text.split('id="tour"')[1]
        .split("</section>")[0]
    )
