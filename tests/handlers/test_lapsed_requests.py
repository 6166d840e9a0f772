"""What was asked about a step or a case ends with it: nobody goes on deciding what can no longer be
granted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from orchestrator.services import bundles, instances
from orchestrator.services.clocks import lapsed_requests
from orchestrator.services.instances import incidents, oversight
from orchestrator.services.notifications import collecting
from orchestrator.store import requests
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.notifications import Notification
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.handlers.test_named_handlers import LEAD, name_of, signed

COUNTY_OFFICE = "jk-wgb"
ASKED = {
    "deadline_extension": {
        "amount": "3",
        "extension_reason": "配件还在路上",
    },
    "deadline_suspension": {
        "suspension_reason": "等候鉴定结论",
        "proposed_review_on": "2026-12-10",
    },
}
"""Procedure → what the bureau writes in its request."""


def ask(office, case: str, process: str, **values: str) -> str:
    return instances.start_at(
        instances.Beginning(
            "zhenjiang",
            process,
            values,
            by=office.person("jk-cg"),
            body_id=LEAD,
            now=office.now,
            about=case,
        )
    ).instance_id


def requested(office, case: str) -> list[str]:
    """An extension and a suspension of the bureau's step of handling."""
    (task,) = office.open_tasks(case)
    return [
        ask(office, case, process, task=task.id, **values)
        for process, values in ASKED.items()
    ]


def supervise(office, case: str) -> str:
    demand = {
        "supervised_body": LEAD,
        "demand": "请两日内书面答复",
    }
    return instances.start_at(
        instances.Beginning(
            "zhenjiang",
            "supervision",
            demand,
            by=office.person(COUNTY_OFFICE),
            body_id="zhenjiang:grid-office:321102",
            now=office.now,
            about=case,
        )
    ).instance_id


def end(office, how: str, case: str, other: str) -> None:
    if how == "step":
        office.complete(case, "handle_case", "jk-cg", result="已清理")
    by = office.person(COUNTY_OFFICE)
    if how == "merged":
        oversight.merge(case, other, "同一处杂物", by, office.now)
    if how == "voided":
        oversight.void(case, "登记有误", by, office.now)


def told(office, instance: str) -> list[tuple[str, str]]:
    return [
        (entry.kind, entry.data.get("reason", ""))
        for entry in office.rows(
            sa.select(HistoryEntry)
            .where(HistoryEntry.instance_id == instance)
            .order_by(HistoryEntry.seq)
        )
    ]


def notified(office, instance: str) -> set[int]:
    return set(
        office.rows(
            sa.select(Notification.person_id).where(
                Notification.instance_id == instance,
                Notification.kind == "result",
            )
        )
    )


WHY = {
    "step": "“牵头办理”已经办结或不再办理",
    "merged": "所涉事项已并入",
    "voided": "所涉事项已作废",
}


@pytest.mark.parametrize("how", ["step", "merged", "voided"])
def test_what_is_asked_about_a_step_ends_with_it_and_all_are_told(
    office, how: str
) -> None:
    other = office.report(office.seed_item())
    case, _task = signed(office, name_of(office, "jk-cg"))
    asked = requested(office, case)
    assert lapsed_requests.end_all(office.now) == 0, "it may be granted yet"
    office.later(minutes=5)
    end(office, how, case, other)
    assert lapsed_requests.end_all(office.now) == len(asked)
    assert lapsed_requests.end_all(office.now) == 0
    collecting.collect(office.now)
    for request in asked:
        assert office.open_tasks(request) == []
        (state,) = office.rows(
            sa.select(ProcessInstance.state).where(
                ProcessInstance.id == request
            )
        )
        assert state == "cancelled"
        kind, reason = told(office, request)[-1]
        assert kind == "lapsed" and WHY[how] in reason
        assert notified(office, request) >= {
            office.person("jk-cg"),
            office.person(COUNTY_OFFICE),
        }, "who asked and who was to decide"
    kinds = [kind for kind, _reason in told(office, case)]
    assert kinds.count("request-lapsed") == len(asked)


def test_a_supervision_goes_on_when_its_case_is_void_and_says_so_once(
    office,
) -> None:
    """Who is supervised owes the answer; nobody escapes it by declaring the case void."""
    case, _task = signed(office, name_of(office, "jk-cg"))
    asked = supervise(office, case)
    oversight.void(case, "登记有误", office.person(COUNTY_OFFICE), office.now)
    for _round in range(2):
        assert lapsed_requests.end_all(office.now) == 0
    assert office.open_tasks(asked)
    kinds = [kind for kind, _reason in told(office, asked)]
    assert kinds.count("subject-ended") == 1
    collecting.collect(office.now)
    assert notified(office, asked) >= {office.person("jk-cg")}


def test_what_an_older_version_left_open_is_ended_by_the_first_round(
    office,
) -> None:
    """Such requests stood open for good; the round looks at rows alone, whatever version they run on."""
    case, _task = signed(office, name_of(office, "jk-cg"))
    asked = requested(office, case)
    office.complete(case, "handle_case", "jk-cg", result="已清理")
    office.later(days=30)
    assert lapsed_requests.end_all(office.now) == len(asked)
    assert (
        office.rows(
            sa.select(UserTask.id).where(
                UserTask.instance_id.in_(asked), UserTask.state == "open"
            )
        )
        == []
    )


def states(office, *instance_ids: str) -> list[str]:
    query = sa.select(ProcessInstance.state).where(
        ProcessInstance.id.in_(instance_ids)
    )
    return office.rows(query)


def test_two_clocks_that_found_the_same_say_and_end_it_once(
    office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second found them before the first was done; it looks again when it has the lock."""
    case, _task = signed(office, name_of(office, "jk-cg"))
    supervised = supervise(office, case)
    asked = requested(office, case)
    oversight.void(case, "登记有误", office.person(COUNTY_OFFICE), office.now)
    with transaction(writing=False) as session:
        found = requests.untold(session, 9), requests.lapsed(session, 9)
    assert found == ([supervised], sorted(asked))
    assert lapsed_requests.end_all(office.now) == len(asked)
    for name, ids in zip(("untold", "lapsed"), found, strict=True):
        look = getattr(requests, name)

        def late(session, most, only=None, look=look, ids=ids):
            return look(session, most, only) if only else ids

        monkeypatch.setattr(requests, name, late)
    assert lapsed_requests.end_all(office.now) == 0
    kinds = [kind for kind, _reason in told(office, supervised)]
    assert kinds.count("subject-ended") == 1


def test_a_request_that_fails_becomes_one_incident_and_keeps_none_waiting(
    office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    case, _task = signed(office, name_of(office, "jk-cg"))
    first, second = sorted(requested(office, case))
    office.complete(case, "handle_case", "jk-cg", result="已清理")
    read = bundles.bundle_of
    failures: list[Exception] = []
    broken = [ValueError("unreadable")]
    busy = OperationalError("SELECT", {}, TimeoutError("busy"))

    def fails_once(session, definition_id: str):
        if failures:
            raise failures.pop(0)
        return read(session, definition_id)

    monkeypatch.setattr(lapsed_requests.bundles, "bundle_of", fails_once)
    failures[:] = [busy, *broken]
    assert lapsed_requests.end_all(office.now) == 0
    assert caplog.text.count("could not be ended") == 2
    assert incidents_of(office, first) == [], "a busy database is no fault"
    (noted,) = incidents_of(office, second)
    assert noted.kind == "not-ended" and "（ValueError：" in noted.message
    assert lapsed_requests.end_all(office.now) == 1
    assert lapsed_requests.end_all(office.now) == 0
    assert caplog.text.count("could not be ended") == 2, "told once"
    assert states(office, first) == ["cancelled"]
    assert states(office, second) == ["active"]
    incidents.retry(noted.id, office.person("admin"), office.now)
    failures[:] = broken
    assert lapsed_requests.end_all(office.now) == 0
    (again,) = incidents_of(office, second)
    assert again.id != noted.id
    incidents.retry(again.id, office.person("admin"), office.now)
    assert lapsed_requests.end_all(office.now) == 1
    assert states(office, second) == ["cancelled"]
    assert incidents_of(office, second) == []


def incidents_of(office, instance: str) -> list[Incident]:
    query = sa.select(Incident).where(
        Incident.instance_id == instance, Incident.state == "open"
    )
    return office.rows(query)


def test_a_text_that_a_city_calls_task_names_no_step(office) -> None:
    """Its form has a field of that name: the procedure goes on, and is told as one about a whole matter."""
    case, _task = signed(office, name_of(office, "jk-cg"))
    own = supervise(office, case)
    with transaction() as session:
        row = session.get_one(ProcessInstance, own)
        row.variables = {**row.variables, "task": "清理占道杂物"}
    assert lapsed_requests.end_all(office.now) == 0
    oversight.void(case, "登记有误", office.person(COUNTY_OFFICE), office.now)
    assert lapsed_requests.end_all(office.now) == 0
    assert states(office, own) == ["active"]
    assert told(office, own)[-1][0] == "subject-ended"
