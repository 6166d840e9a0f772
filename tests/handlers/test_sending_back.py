"""A matter that stands at an automatic step which can't be carried out becomes a task again: by its diagram,
else by the administrator."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    FormInvalid,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.handlers import TOPICS
from orchestrator.handlers.context import HandlerRefused
from orchestrator.services import jurisdictions
from orchestrator.services.instances import incidents
from orchestrator.services.records import history
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.registers import ItemListVersion
from orchestrator.store.session import transaction
from tests.handlers.office import CITY
from tests.handlers.redeploy import files, redeploy

GOVERNMENT = "zhenjiang:government:321102"


def refuse(_context):
    raise HandlerRefused("清单暂时不能更改")


def without_the_way_back(office):
    """The version before the diagram caught the error."""
    text = files()["item_admission.bpmn"].decode()
    border = re.search(
        r' *<bpmn:boundaryEvent id="cannot_carry_out".*?</bpmn:boundaryEvent>\n',
        text,
        re.DOTALL,
    )[0]
    line = re.search(
        r' *<bpmn:sequenceFlow id="cannot_carry_out_to_[^\n]*\n', text
    )[0]
    arrives = re.search(
        r" *<bpmn:incoming>cannot_carry_out_to_[^\n]*\n", text
    )[0]
    lane = re.search(
        r" *<bpmn:flowNodeRef>cannot_carry_out</bpmn:flowNodeRef>\n", text
    )[0]
    shapes = re.findall(
        r' *<bpmndi:BPMN(?:Shape|Edge) id="cannot_carry_out[^\n]*\n', text
    )
    redeploy(
        office,
        *((each, "") for each in [border, line, arrives, lane, *shapes]),
    )


@pytest.fixture
def stuck(office, monkeypatch):
    """Approved, and the step failed; meanwhile the item's last day is over."""

    def left(old: bool) -> tuple[str, Incident]:
        if old:
            without_the_way_back(office)
        with monkeypatch.context() as failing:
            failing.setitem(TOPICS, "item-list.publish", refuse)
            matter = office.admit("汛期巡查", leaves_on="2026-11-30")
        assert office.elements(matter) == []
        office.later(days=12)
        return matter, office.rows(sa.select(Incident))[0]

    return left


def test_a_retry_follows_the_way_that_the_diagram_draws(office, stuck) -> None:
    matter, incident = stuck(old=False)
    incidents.retry(incident.id, office.person("admin"), office.now)
    assert office.elements(matter) == [
        "approve_by_government"
    ] and office.candidates(matter) == {GOVERNMENT}
    assert office.rows(sa.select(Incident.state)) == ["resolved"]
    assert (
        office.rows(
            sa.select(ItemListVersion.number).where(
                ItemListVersion.instance_id == matter
            )
        )
        == []
    )
    (told,) = office.rows(
        sa.select(HistoryEntry.data).where(
            HistoryEntry.kind == "bpmn-error-thrown"
        )
    )
    assert "截止日期 2026-11-30 已到" in told["message"]


def test_without_such_a_way_the_administrator_sends_it_back_to_whoever_decided(
    office, stuck
) -> None:
    matter, incident = stuck(old=True)
    admin = office.person("admin")
    with pytest.raises(
        RuleViolated,
        match=r"截止日期 2026-11-30 已到.*；请排除原因后重试，或者退回重新办理",
    ):
        incidents.retry(incident.id, admin, office.now)
    with pytest.raises(RuleViolated, match="标记为已解决后就没有人办理它"):
        incidents.resolve(incident.id, "不再处理", admin, office.now)
    with transaction(writing=False) as session:
        ways = incidents.ways_back(
            session, session.get_one(Incident, incident.id)
        )
    assert [(each.element_id, each.decides) for each in ways] == [
        ("approve_by_government", True),
        ("review_application", False),
    ]
    with pytest.raises(
        RuleViolated, match="只能退回到 “政府审批”、“审核申请”"
    ):
        incidents.send_back(
            incident.id,
            "organize_implementation",
            "截止日期已过",
            admin,
            office.now,
        )
    incidents.send_back(
        incident.id, "approve_by_government", "截止日期已过", admin, office.now
    )
    assert office.elements(matter) == [
        "approve_by_government"
    ] and office.candidates(matter) == {GOVERNMENT}
    assert office.rows(sa.select(Incident.state)) == ["resolved"]
    (told,) = office.rows(
        sa.select(HistoryEntry).where(HistoryEntry.kind == "sent-back")
    )
    assert (told.actor_id, told.element_id, told.data["reason"]) == (
        admin,
        "approve_by_government",
        "截止日期已过",
    )
    with pytest.raises(FormInvalid):
        office.complete(
            matter,
            "approve_by_government",
            "jk-zf",
            decision="approve",
            opinion="同意",
        )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="supplement",
        opinion="请改写截止日期",
    )
    assert (
        office.elements(matter) == ["supplement_application"]
        and history.verify(matter) == []
    )
    with pytest.raises(NotFound):
        incidents.send_back(
            incident.id, "approve_by_government", "再退一次", admin, office.now
        )


def test_an_incident_whose_step_is_past_is_marked_as_resolved_and_sends_nothing_back(
    office, stuck
) -> None:
    matter, incident = stuck(old=False)
    admin = office.person("admin")
    incidents.retry(incident.id, admin, office.now)
    with transaction() as session:
        session.execute(
            sa.update(Incident)
            .where(Incident.id == incident.id)
            .values(state="open")
        )
    with pytest.raises(InstanceChanged):
        incidents.send_back(
            incident.id,
            "approve_by_government",
            "截止日期已过",
            admin,
            office.now,
        )
    incidents.resolve(incident.id, "已退回", admin, office.now)
    assert office.elements(matter) == ["approve_by_government"]


def test_the_incident_of_a_matter_that_has_ended_is_closed(
    office, stuck
) -> None:
    matter, incident = stuck(old=True)
    with transaction() as session:
        session.get_one(ProcessInstance, matter).state = "cancelled"
    admin = office.person("admin")
    incidents.resolve(incident.id, "事项已终止", admin, office.now)
    closed = sa.select(Incident.state).where(Incident.id == incident.id)
    assert office.rows(closed) == ["resolved"]


def test_what_an_earlier_version_let_hide_is_an_incident_again_once_after_the_next_start(
    office, stuck
) -> None:
    matter, incident = stuck(old=True)
    with transaction() as session:
        session.execute(
            sa.update(Incident)
            .where(Incident.id == incident.id)
            .values(state="resolved")
        )
    for _start in range(2):
        jurisdictions.load(CITY, office.now, demo=True)
        (noted,) = office.rows(
            sa.select(Incident).where(Incident.state == "open")
        )
        assert (noted.instance_id, noted.element_id, noted.message) == (
            matter,
            "publish_item_list",
            incident.message,
        )
    incidents.send_back(
        noted.id,
        "approve_by_government",
        "截止日期已过",
        office.person("admin"),
        office.now,
    )
    jurisdictions.load(CITY, office.now, demo=True)
    assert (
        office.rows(sa.select(Incident.id).where(Incident.state == "open"))
        == []
    )
    assert (
        office.elements(matter) == ["approve_by_government"]
        and history.verify(matter) == []
    )
