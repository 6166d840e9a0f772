"""Where several people decide together about a list, the decision names the bodies that agreed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.handlers.item_list import by_body, within_register
from orchestrator.services import user_tasks
from orchestrator.services.access import viewer
from orchestrator.services.clocks import timers
from orchestrator.services.instances import case_view
from orchestrator.store.registers import ItemListVersion
from orchestrator.store.session import transaction
from tests.handlers.office import COUNTY
from tests.handlers.redeploy import redeploy

pytestmark = pytest.mark.one_database

STEP = 'id="approve_by_government" name="政府审批"'
GROUPS = (
    'formKey="approval" camunda:candidateGroups="government@same"',
    'formKey="approval" camunda:candidateGroups="government@same,'
    'finance@same,justice@same"',
)
PRESET = '<camunda:property name="approver" value="government" />'
COUNTED = f"""{PRESET}<camunda:property name="countersign" value="ratio" />
<camunda:property name="countersignRatio" value="60" />"""
END = """<bpmn:outgoing>approve_by_government_to_approval_given</bpmn:outgoing>
    </bpmn:userTask>"""
SEVERAL = END.replace(
    "    </bpmn:userTask>",
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3"
    "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>"
    "</bpmn:userTask>",
)
LATE = "approve_by_government_overdue_to_urge"
SENT = "application_submitted_to_review_application"
NEXT = """</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="cannot_carry"""
PASSED = (f'decision == "approve"{NEXT}', f"countersign_passed{NEXT}")


def vote(office, matter: str, by: str, decision: str) -> None:
    task = next(
        task
        for task in office.open_tasks(matter)
        if task.element_id == "approve_by_government"
    )
    user_tasks.complete(
        task.id,
        {"decision": decision, "opinion": "意见如上"},
        by=office.person(by),
        now=office.now,
    )


def submitted_and_reviewed(office, *changes: tuple[str, str]) -> str:
    redeploy(
        office, GROUPS, (PRESET, COUNTED), (END, SEVERAL), PASSED, *changes
    )
    matter = office.apply("充电巡查")
    reviewed(office, matter)
    return matter


def reviewed(office, matter: str) -> None:
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )


def approved_by(office) -> str:
    newest = (
        sa.select(ItemListVersion.approved_by)
        .where(ItemListVersion.territory_code == COUNTY)
        .order_by(ItemListVersion.number.desc())
    )
    return office.rows(newest)[0]


def test_a_vote_names_every_body_that_agreed_and_none_that_did_not(
    office,
) -> None:
    matter = submitted_and_reviewed(office)
    vote(office, matter, "jk-zf", "approve")
    vote(office, matter, "jk-sf", "reject")
    vote(office, matter, "jk-cz", "approve")
    assert approved_by(office) == "京口区人民政府 梁海涛、京口区财政局 许立新"


BROKEN_OFF = (
    (
        'attachedToRef="approve_by_government" cancelActivity="false"',
        'attachedToRef="approve_by_government" cancelActivity="true"',
    ),
    (
        'sourceRef="approve_by_government_overdue" targetRef="urge_step"',
        'sourceRef="approve_by_government_overdue" '
        'targetRef="review_application"',
    ),
    (f"<bpmn:incoming>{LATE}</bpmn:incoming>", ""),
    (
        f"<bpmn:incoming>{SENT}</bpmn:incoming>",
        f"<bpmn:incoming>{SENT}</bpmn:incoming>"
        f"<bpmn:incoming>{LATE}</bpmn:incoming>",
    ),
)
"""Who has not voted in time: the application is reviewed again."""


def ballots_of(office, matter: str):
    with transaction(writing=False) as session:
        who = viewer(session, office.person("jk-wgb"))
        return case_view.look(session, who, matter).ballots


def test_who_agreed_in_a_round_that_was_broken_off_is_not_named(
    office,
) -> None:
    """The justice bureau agreed, time was over, and in the next round nobody asked it any more."""
    matter = submitted_and_reviewed(office, *BROKEN_OFF)
    vote(office, matter, "jk-sf", "approve")
    office.later(days=30)
    timers.sweep(office.now)
    told = [ballot.result for ballot in ballots_of(office, matter)]
    assert told == ["本轮未表决完即终止，已提的意见不计"]
    reviewed(office, matter)
    vote(office, matter, "jk-zf", "approve")
    vote(office, matter, "jk-cz", "approve")
    assert approved_by(office) == "京口区人民政府 梁海涛、京口区财政局 许立新"
    shown = ballots_of(office, matter)
    assert [len(ballot.votes) for ballot in shown] == [1, 2]
    assert [ballot.passed for ballot in shown] == [False, True]


def test_a_body_that_is_asked_at_two_steps_stands_once() -> None:
    signers = [
        ("京口区人民政府", "梁海涛"),
        ("京口区财政局", "许立新"),
        ("京口区财政局", "许立新"),
        ("京口区人民政府", "赵明"),
        ("中共京口区委", ""),
    ]
    assert (
        within_register(by_body(signers))
        == "京口区人民政府 梁海涛、赵明、京口区财政局 许立新、中共京口区委"
    )


def test_more_bodies_than_the_register_has_room_for_are_counted() -> None:
    names = [(f"京口区第{number:02d}局", ["张三"]) for number in range(30)]
    shown = within_register(names)
    assert shown.startswith("京口区第00局 张三、")
    assert shown.endswith("张三等 30 个机构")
    assert len(shown) <= 200


def test_more_people_of_a_body_than_there_is_room_for_are_counted() -> None:
    people = [f"委员{number:03d}" for number in range(60)]
    shown = within_register([("京口区人民政府", people)])
    assert shown.startswith("京口区人民政府 委员000、委员001、")
    assert shown.endswith("等 60 人")
    assert 190 < len(shown) <= 200
    both = within_register(
        [("京口区人民政府", people), ("京口区财政局", ["许立新"])]
    )
    assert both.endswith("等 60 人、京口区财政局 许立新")
    assert len(both) <= 200
