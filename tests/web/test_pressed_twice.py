"""A button that is pressed twice, and a page that is sent again, do once what they do. Which address does so
by a key stands in tests/house/test_pressed_twice.py."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from tests.web.test_unsent import task_of


@pytest.fixture(scope="module")
def task(application) -> str:
    return task_of(application, item_name="连按两次的巡查")


@pytest.fixture(scope="module")
def matter(task) -> str:
    return task.partition(".")[0]


def entries(application, matter: str, kind: str) -> int:
    query = sa.select(sa.func.count()).where(
        HistoryEntry.instance_id == matter, HistoryEntry.kind == kind
    )
    with application.app_context(), transaction(writing=False) as session:
        return session.scalar(query)


def test_every_form_of_a_page_that_does_something_once_carries_a_key(
    signed_in, matter, task
) -> None:
    """The matter as the one above sees it, with its comment, copy, urging and deadline; its task as its
    office does."""
    pages = signed_in("zj-wgb").get(f"/instance/{matter}").text
    pages += signed_in("jk-wgb").get(f"/task/{task}").text
    once = [
        form
        for form in re.findall(r"<form.*?</form>", pages, re.DOTALL)
        if re.search(
            'action="/(deadline|instance/[^"]*/(comment|copy|oversee)|signing)/'
            '|action="/task/[^"]*/(assign|unclaim)"',
            form,
        )
    ]
    assert len(once) >= 5
    assert [form for form in once if 'name="_key" value="' not in form] == []


def test_a_deadline_is_moved_once_however_often_the_page_is_sent(
    application, signed_in, matter
) -> None:
    with application.app_context(), transaction(writing=False) as session:
        deadline = session.scalars(
            sa.select(Deadline.id).where(Deadline.instance_id == matter)
        ).first()
    client = signed_in("zj-wgb")
    more = {"amount": "2", "unit": "working_days", "reason": "等待批复"}
    closed = {"reason": "涉诉待判", "review_on": "2099-01-01"}
    told = []
    for action, kind, given in (
        ("extend", "deadline-extended", more),
        ("suspend", "deadline-suspended", closed),
        ("resume", "deadline-resumed", {}),
    ):
        sent = {**given, "_key": f"page-{action}"}
        for _press in range(2):
            answer = client.post(
                f"/deadline/{deadline}/{action}",
                data=sent,
                follow_redirects=True,
            )
            assert answer.status_code == 200
            told.append(answer.text.count("alert-success"))
        assert entries(application, matter, kind) == 1
    assert told == [1] * 6
    other = {**more, "_key": "page-extend", "reason": "再等批复"}
    client.post(f"/deadline/{deadline}/extend", data=other)
    assert entries(application, matter, "deadline-extended") == 2


def test_a_comment_a_copy_a_signer_and_a_hand_over_are_noted_once(
    application, signed_in, matter, task
) -> None:
    client = signed_in("jk-wgb")
    with application.app_context(), transaction(writing=False) as session:
        oneself = session.scalars(
            sa.select(Person.id).where(Person.username == "jk-wgb")
        ).one()
    copied = {"receivers": "dy-cg", "reason": "请掌握"}
    asked = {"signers": "dy-cg", "turn": "before", "way": "all"}
    for address, kind, given in (
        (f"/instance/{matter}/comment", "commented", {"comment": "请补材料"}),
        (f"/instance/{matter}/copy", "copy-sent", copied),
        (f"/task/{task}/assign", "assigned", {"to": oneself, "reason": ""}),
        (f"/signing/{task}/add", "signers-added", asked),
        (f"/task/{task}/unclaim", "unclaimed", {}),
    ):
        for _press in range(2):
            sent = {**given, "_key": "page"}
            assert client.post(address, data=sent).status_code == 302, address
        assert entries(application, matter, kind) == 1, address
    signer = signed_in("dy-cg")
    for _press in range(2):
        answer = signer.post(
            f"/signing/{task}/sign",
            data={"answer": "agree", "opinion": "属实", "_key": "sign"},
        )
        assert answer.status_code == 302


def test_one_press_gives_one_badge(application, signed_in) -> None:
    with application.app_context(), transaction(writing=False) as session:
        person = session.scalars(
            sa.select(Person.id).where(Person.username == "zd-wgy2")
        ).one()
    client = signed_in("zd-wgb")
    numbers = []
    for key in ("first", "first", "second"):
        client.post(f"/members/{person}/badge", data={"_key": key})
        page = client.get(f"/members/{person}").text
        numbers += re.findall(r"/zhenjiang/badges/(\d+)", page)[:1]
    assert numbers[0] == numbers[1] != numbers[2]
