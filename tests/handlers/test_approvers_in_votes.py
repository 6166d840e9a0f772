"""Where several people decide together about a list, the decision names the bodies that agreed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.handlers.item_list import within_register
from orchestrator.services import user_tasks
from orchestrator.store.registers import ItemListVersion
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


def test_a_vote_names_every_body_that_agreed_and_none_that_did_not(
    office,
) -> None:
    redeploy(office, GROUPS, (PRESET, COUNTED), (END, SEVERAL), PASSED)
    matter = office.apply("充电巡查")
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    vote(office, matter, "jk-zf", "approve")
    vote(office, matter, "jk-sf", "reject")
    vote(office, matter, "jk-cz", "approve")
    newest = (
        sa.select(ItemListVersion.approved_by)
        .where(ItemListVersion.territory_code == COUNTY)
        .order_by(ItemListVersion.number.desc())
    )
    assert (
        office.rows(newest)[0] == "京口区人民政府 梁海涛、京口区财政局 许立新"
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
