"""How the page of a matter shows done and not done, body by body."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

from flask import render_template_string

from orchestrator.services.instances.tallies import STATES, BodyTally, Tally

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PAGE = "{% import '_macros.html' as m with context %}{{ m.tallies(matter) }}"


def shown(application, pages: int = 1, page: int = 1) -> str:
    late = BodyTally(
        "<东>网格网格员",
        "late",
        STATES["late"],
        2,
        2,
        1,
        0,
        AT,
        AT,
        "王芳",
        [("办理情况", "<b>好</b>")],
    )
    open_ = BodyTally(
        "西网格网格员",
        "overdue",
        STATES["overdue"],
        1,
        0,
        0,
        0,
        AT,
        None,
        "",
        [],
    )
    tally = Tally(
        "办理并回报", 2, 3, 2, 1, 0, 1, 1, [open_, late], page, pages
    )
    matter = SimpleNamespace(
        tallies=[tally], instance=SimpleNamespace(id="m1")
    )
    with application.test_request_context():
        return render_template_string(PAGE, matter=matter)


def test_figures_and_rows_are_read_on_the_page(application) -> None:
    page = shown(application)
    for text in (
        "2 个网格",
        "已回报 2",
        "其中迟报 1",
        "未回报 1",
        "其中逾期 1",
        "逾期未回报",
        "迟报",
        "王芳",
    ):
        assert text in page
    assert "&lt;东&gt;网格网格员" in page and "&lt;b&gt;好" in page
    assert "共 2 次，回报 2，迟报 1，到期未回报 0" in page
    assert "下一页" not in page


def test_a_number_is_told_as_one_whatever_its_type(application) -> None:
    page = "{{ _('已回报 %(count)d', count=count) }}"
    with application.test_request_context():
        shown = render_template_string(page, count=Decimal("2"))
    assert shown == "已回报 2"


def test_many_bodies_have_pages(application) -> None:
    middle = shown(application, pages=3, page=2)
    assert (
        "returns=1#returns" in middle
        and "returns=3#returns" in middle
        and "第 2 页，共 3 页" in middle
    )
