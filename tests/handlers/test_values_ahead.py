"""A running matter is not moved to a version that asks for what only the steps behind it set there."""

from __future__ import annotations

import pytest

from orchestrator.services.records import history
from tests.handlers.redeploy import redeploy
from tests.handlers.test_moving import (
    OTHER_NAME,
    begin,
    instance,
    move,
    standing,
)

pytestmark = pytest.mark.one_database

_REVIEW = "<bpmn:incoming>resubmitted</bpmn:incoming>"
SET_BY_THE_REVIEW = (
    f"      {_REVIEW}",
    '      <bpmn:extensionElements><camunda:inputOutput><camunda:outputParameter name="risk">'
    "${'low'}</camunda:outputParameter></camunda:inputOutput></bpmn:extensionElements>\n"
    f"      {_REVIEW}",
)
ASKED_AFTER_THE_APPROVAL = (
    '>decision == "approve"</bpmn:conditionExpression>',
    ">decision == \"approve\" and risk == 'low'</bpmn:conditionExpression>",
)
ASKED_WITH_A_DEFAULT = (
    '>decision == "approve"</bpmn:conditionExpression>',
    ">decision == \"approve\" and variable('risk', 'low') == 'low'</bpmn:conditionExpression>",
)
WHY = (
    "新版连线“批准”的条件要用到“审核申请”的结果，它在“审核申请”这一步产生，"
    "这件事项已过了这一步、没有这一项，移过去后无法继续办理"
)


def review(office, matter: str) -> None:
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="材料齐全",
    )


def approve(office, matter: str) -> None:
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="approve",
        opinion="同意纳入",
    )


def test_a_matter_past_the_step_that_sets_it_stays_with_the_reason_and_goes_on(
    office,
) -> None:
    past, before_it = begin(office), begin(office, "晨间巡查")
    review(office, past)
    version = redeploy(office, SET_BY_THE_REVIEW, ASKED_AFTER_THE_APPROVAL)
    assert standing(office, version) == {past: [WHY], before_it: []}
    stays, goes = move(office, version, past, before_it)
    assert stays.refused == (WHY,)
    assert goes.refused == ()
    approve(office, past)
    review(office, before_it)
    approve(office, before_it)
    for matter in (past, before_it):
        assert office.elements(matter) == ["organize_implementation"]
        assert office.incidents(matter) == []
        assert history.verify(matter) == []


def test_a_condition_with_a_default_keeps_nobody(office) -> None:
    matter = begin(office)
    review(office, matter)
    version = redeploy(office, SET_BY_THE_REVIEW, ASKED_WITH_A_DEFAULT)
    assert move(office, version, matter)[0].refused == ()
    approve(office, matter)
    assert office.elements(matter) == ["organize_implementation"]


def test_a_matter_that_has_the_value_moves_on_to_a_third_version(
    office,
) -> None:
    asking = redeploy(office, SET_BY_THE_REVIEW, ASKED_AFTER_THE_APPROVAL)
    matter = begin(office)
    review(office, matter)
    assert instance(office, matter).definition_id == asking
    third = redeploy(office, OTHER_NAME)
    assert move(office, third, matter)[0].refused == ()
    approve(office, matter)
    assert office.elements(matter) == ["organize_implementation"]
