"""What is read behind a guard alone is no error; what is told, is told once."""

from __future__ import annotations

import pytest

from orchestrator.errors import Finding
from orchestrator.services import deployments
from tests.bpmn_checks.test_bad import PLACE, _city
from tests.bpmn_checks.test_call_inputs import (
    ENDS,
    HEAD,
    OWN,
    READS,
    _calling,
    _calls,
    _flow,
)

CONDITION = 'approver == "party_committee"'


def _with(condition: str, title: str = "") -> list[Finding]:
    """Errors of the city, whose admission has the condition and title."""
    assert CONDITION in OWN
    text = OWN.replace(CONDITION, f"{CONDITION} and ({condition})", 1)
    if title:
        at = text.index('name="title" value="') + len('name="title" value="')
        text = text[:at] + title + text[text.index('"', at) :]
    found = deployments.findings({**_city(), PLACE: text.encode()})
    return [each for each in found if each.severity == "error"]


@pytest.mark.parametrize(
    "condition",
    [
        'defined("amount") and amount > 3',
        'submission == "withdraw" or (amount > 3 if defined("amount") else false)',
        'not (not defined("amount") or amount > 3)',
        'variable("amount", 0) > 3',
        "variable('amount') != null and amount > 3",
    ],
)
def test_a_condition_behind_a_guard_is_no_error(condition: str) -> None:
    assert _with(condition) == []


@pytest.mark.parametrize(
    "condition",
    ["amount is not None and amount > 3", "defined(amount)", "amount != null"],
)
def test_what_stops_the_condition_is_told_with_the_way_to_ask(
    condition: str,
) -> None:
    (told,) = _with(condition)
    assert told.rule == "variable-unknown"
    assert 'defined("amount")' in told.message


def test_without_a_guard_nothing_is_said_of_guards() -> None:
    (told,) = _with("amount > 3")
    assert told.rule == "variable-unknown" and "defined" not in told.message


def test_a_text_that_says_what_stands_in_the_place_of_nothing_is_no_error() -> (
    None
):
    assert _with(CONDITION, "关于${item_name or amount or '未定'}的申请") == []
    assert len(_with(CONDITION, "关于${amount}的申请")) == 1


def test_a_guard_counts_in_what_a_call_hands_over() -> None:
    called = READS.replace(
        'category == "其他"', 'defined("cost") and cost == "其他"'
    )
    found = deployments.findings(_calling("", called))
    assert [each for each in found if each.severity == "error"] == []


def test_a_variable_that_nobody_sets_is_told_once_with_what_was_meant() -> (
    None
):
    files = _calling("", READS.replace("decision ==", "decison =="))
    found = deployments.findings(files)
    (told,) = [each for each in found if "decison" in each.message]
    assert told.rule == "call-input-missing"
    assert told.element_id == "publish_list"
    assert "“decision”" in told.message


def test_what_passes_several_calls_is_told_at_the_last_of_them() -> None:
    passing = (
        HEAD
        + '<callActivity id="pass" name="再核对" calledElement="p1"/>'
        + _flow(1, "b0", "pass")
        + _flow(2, "pass", "b9")
        + ENDS.replace('<endEvent id="b8" name="够"/>', "")
    )
    reading = (
        _calls(1, []).replace(b'"b', b'"q').replace(b"P1", "复核".encode())
    )
    found = deployments.findings({**_calling("", passing), "p1.bpmn": reading})
    (told,) = [each for each in found if each.severity == "error"]
    assert (told.rule, told.element_id) == ("call-input-missing", "pass")
