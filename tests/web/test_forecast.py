"""What a task's page says comes next: it is what then happens, and nothing is written by looking."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from orchestrator.services.user_tasks import forecast
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_returning import open_tasks
from tests.web.test_unsent import task_of


def foreseen(application, task: str) -> dict[tuple, forecast.Forecast]:
    with application.app_context(), transaction(writing=False) as session:
        found = forecast.forecasts(
            session, session.get_one(UserTask, task), 1, datetime.now(UTC)
        )
    return {tuple(each.answers.values()): each for each in found}


def kept(application, matter: str) -> tuple:
    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(ProcessInstance, matter)
        return (
            row.engine_state,
            row.revision,
            row.history_seq,
            dict(row.variables),
        )


@pytest.mark.parametrize(
    "answers",
    [
        ("approve", "government"),
        ("approve", "party_committee"),
        ("supplement",),
        ("reject",),
    ],
)
def test_what_is_foreseen_is_what_happens(
    application, signed_in, answers
) -> None:
    task = task_of(application)
    matter = task.partition(".")[0]
    before = kept(application, matter)
    found = foreseen(application, task)
    assert kept(application, matter) == before
    assert set(found) == {
        ("approve", "government"),
        ("approve", "party_committee"),
        ("supplement",),
        ("reject",),
    }
    client = signed_in("jk-wgb")
    sent = {
        **dict(zip(("decision", "approver"), answers, strict=False)),
        "opinion": "按规定办理",
    }
    assert client.post(f"/task/{task}/complete", data=sent).status_code == 302
    opened = open_tasks(application, matter)
    assert [step.name for step in found[answers].steps] == [
        each.name for each in opened
    ]
    assert found[answers].ends == (not opened)
    for step, each in zip(found[answers].steps, opened, strict=True):
        assert (
            step.bodies
            and step.people
            and abs((step.due_at - each.due_at).total_seconds()) < 60
        )


def test_the_page_says_who_gets_it(application, signed_in) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    assert (
        f'data-forecast="/forecast/{task}?part=1"'
        in client.get(f"/task/{task}").text
    )
    page = client.get(f"/forecast/{task}").text
    line = next(
        each
        for each in re.findall(r"<li data-answers.*?</li>", page, re.DOTALL)
        if "同级党委" in each
    )
    assert (
        "党委审批：中共京口区委员会" in line
        and "郑雅琴" in line
        and "前" in line
    )
    assert "<html" not in client.get(f"/forecast/{task}?part=1").text
    client.post(f"/task/{task}/claim")
    assert signed_in("jk-wgb2").get(f"/forecast/{task}").status_code == 409
