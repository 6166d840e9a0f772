"""How the page of a matter shows 会签."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from flask import render_template_string

from orchestrator.services.instances.ballots import Ballot, Vote
from web.printing import dossiers

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PAGE = "{% import '_macros.html' as m with context %}{{ m.ballots(list) }}"


def shown(application, *ballots: Ballot) -> str:
    with application.test_request_context():
        return render_template_string(PAGE, list=ballots)


def test_votes_and_result_are_read_on_the_page(application) -> None:
    votes = [
        Vote("王主任", "京口区网格中心", "同意", AT, "agree"),
        Vote("李科长", "", "<b>不同意</b>", AT, "refuse"),
    ]
    page = shown(
        application,
        Ballot(
            "会签",
            "一票否决",
            votes,
            "一票否决：共 2 人，同意 1，不同意 1，未通过",
        ),
    )
    assert (
        "王主任" in page
        and "京口区网格中心" in page
        and "一票否决：共 2 人" in page
    )
    assert "&lt;b&gt;不同意" in page and "未通过</span>" in page


def test_while_people_answer_it_says_so(application) -> None:
    assert "还在表决" in shown(
        application,
        Ballot(
            "会签", "全部同意", [Vote("王主任", "", "同意", AT, "agree")], ""
        ),
    )


def test_a_printed_vote_says_who_voted_for_which_body(application) -> None:
    votes = [
        Vote("王主任", "京口区网格中心", "同意", AT, "agree"),
        Vote("系统", "", "弃权", AT, "abstain"),
    ]
    ballot = SimpleNamespace(
        name="会签", way="全部同意", result="通过", votes=votes
    )
    with application.test_request_context():
        printed = dossiers._ballot(ballot)
    assert printed["result"] == "全部同意；通过"
    assert [who for who, _answer in printed["votes"]] == [
        "王主任，京口区网格中心",
        "系统",
    ]
