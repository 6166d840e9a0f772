"""Every diagram of `bad/` is refused at the element that is wrong, with a sentence that says what to do; none
of `good/` is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from orchestrator.bpmn_checks import CHECKS as ENGINE_CHECKS
from orchestrator.errors import Finding
from orchestrator.services import deployments, jurisdictions
from orchestrator.services.deployments import profile_checks

HERE = Path(__file__).parent
CITY = HERE.parents[1] / "bpmn" / "zhenjiang"
BAD = sorted((HERE / "bad").glob("*.bpmn"))
GOOD = sorted((HERE / "good").glob("*.bpmn"))
PLACE = "item_admission.bpmn"
"""The city's own diagram whose place they take."""

_EXPECTED = re.compile(
    r"<!-- 期望: (?P<element>\S+) \| (?P<rule>[\w-]+) \| (?P<words>.+?) -->"
)
_ALSO = re.compile(r"<!-- 连带: (?P<elements>.+?) -->")
"""Elements that cannot be right because the wrong one is not there for the engine."""

ELSEWHERE = {
    "call-input-missing": "it takes two processes; test_call_inputs draws them",
    "too-many-nodes": "no page would show it",
    "too-deep": "no page would show it; test_running_away draws both kinds",
    "form-source-unknown": "it is about a form",
    "form-rule": "it is about a form; test_form_rules has each",
    "function-missing": "it is about the profile; test_another_city has each",
    "approver-unknown": "it is about the profile; test_another_city has each",
    **dict.fromkeys(
        (
            "receiver-unknown",
            "promised-day-unknown",
            "limit-unset",
            "limit-class-unknown",
            "proposal-unknown",
            "together-unknown",
            "assessor-unknown",
            "indicator-figure",
            "series-host",
            "refused-end-unknown",
            "candidate-reach",
            "pay-unknown",
            "retention-process",
            "retention-register",
            "data-unknown",
            "data-twice",
            "data-shown",
        ),
        "it is about profile and forms; test_oversights has each",
    ),
    "timer-standstill": "test_timers draws each",
    "event-gateway-mixed": "test_event_places draws it",
    "countersign": "test_countersign draws each",
    "unsupported-elements": "the editor offers none; test_checks draws each",
    "unsupported-event": "the editor offers none; test_several_triggers draws each",
    "one-start-a-message": "test_starts draws it",
    "kept-in-instance": "test_instance_variables draws each",
    **dict.fromkeys(
        ("event-place", "event-definition", "caught-twice", "loop-kind"),
        "the editor offers none; test_event_places draws each",
    ),
}
NOTES = {
    "answer-beside",
    "answer-unread",
    "citation-missing",
    "data-objects",
    "dead-end",
    "implicit-split",
    "lane-of-another",
    "platform-oversees",
    "timer-beside-limit",
    "topic-error-uncaught",
}
"""Rules that only remark on something."""


@cache
def _city() -> Mapping[str, bytes]:
    return jurisdictions.resources(CITY)


def errors(path: Path) -> list[Finding]:
    tables = {
        table.name: table.read_bytes()
        for table in path.parent.glob(f"{path.stem}.dmn")
    }
    found = deployments.findings(
        {**_city(), **tables, PLACE: path.read_bytes()}
    )
    return [finding for finding in found if finding.severity == "error"]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_diagram_is_refused_at_its_element_with_a_helpful_sentence(
    path: Path,
) -> None:
    text = path.read_text()
    expected = _EXPECTED.search(text)
    assert expected, "the head says what is expected"
    element = None if expected["element"] == "-" else expected["element"]
    found = errors(path)
    right = [
        each
        for each in found
        if each.element_id == element and each.rule == expected["rule"]
    ]
    assert any(expected["words"] in each.message for each in right), found
    also = _ALSO.search(text)
    assert {each.element_id for each in found} <= {
        element,
        *(also["elements"].split() if also else ()),
    }, found
    assert {each.resource for each in found} == {PLACE}
    for each in right:
        assert len(re.findall(r"[\u4e00-\u9fff]", each.message)) >= 8, (
            each.message
        )
        assert each.message.count("“") == each.message.count("”"), each.message


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_an_unusual_diagram_that_is_right_is_not_refused(path: Path) -> None:
    assert errors(path) == []


def test_there_are_enough_of_them_and_every_rule_that_refuses_a_diagram_has_one() -> (
    None
):
    assert len(BAD) >= 44 and len(GOOD) >= 5
    shown = {_EXPECTED.search(path.read_text())["rule"] for path in BAD}
    rules = {
        rule.__name__.replace("_", "-")
        for rule in (*ENGINE_CHECKS, *profile_checks.CHECKS)
    }
    assert rules - shown - NOTES == ELSEWHERE.keys() - shown


def test_a_step_whose_error_has_no_way_on_is_noted_in_every_city() -> None:
    noted = []
    for folder in sorted(
        path.parent for path in CITY.parent.glob("*/jurisdiction.toml")
    ):
        whole = jurisdictions.resources(folder)
        assert not [
            each
            for each in deployments.findings(whole)
            if each.rule == "topic-error-uncaught"
        ]
        for name, content in whole.items():
            without = re.sub(
                rb'errorCode="(cannot-carry-out|plan-outdated)"',
                b'errorCode="other"',
                content,
            )
            if without == content or not name.endswith(".bpmn"):
                continue
            found = deployments.findings({**whole, name: without})
            (note,) = [
                each for each in found if each.rule == "topic-error-uncaught"
            ]
            assert (note.severity, note.resource) == (
                "note",
                name,
            ) and "错误边界事件" in note.message
            noted.append((folder.name, name))
    assert len(noted) >= 18
