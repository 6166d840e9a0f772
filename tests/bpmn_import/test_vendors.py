"""Extensions that nobody here uses survive the import, and the check names each in a remark."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from tests.bpmn_import.vendors import CAMUNDA, VENDORS, diagram, written

USED = ("candidateGroups", "assignmentDefinition")


@pytest.mark.parametrize("name", VENDORS)
def test_what_nobody_here_uses_is_still_there_after_the_import(
    name: str,
) -> None:
    before, after = (
        written(diagram(name)),
        written(convert(diagram(name).encode()).diagram),
    )
    lost = [
        each
        for each in before - after
        if not any(used in part for used in USED for part in each)
    ]
    assert lost == []
    assert (
        after[
            (
                "{http://www.omg.org/spec/BPMN/20100524/MODEL}userTask",
                f"{{{CAMUNDA}}}candidateGroups",
                "office@county",
            )
        ]
        == 1
    )


@pytest.mark.parametrize("name", VENDORS)
def test_the_check_remarks_on_each_by_its_name_and_refuses_nothing(
    name: str,
) -> None:
    converted = convert(diagram(name).encode()).diagram
    found = check({"p.bpmn": converted.encode()})
    assert [each.message for each in found if each.severity == "error"] == []
    told = " ".join(each.message for each in found)
    names = {
        local.rpartition("}")[2]
        for _owner, local, _value in written(converted)
    } - {"candidateGroups"}
    inner = {
        "property",
        "name",
        "value",
        "header",
        "key",
        "unitTest",
        "inputJson",
        "id",
        "localizationName",
        "locale",
        "by",
        "level",
    }
    drawn = {"stroke", "fill", "border-color"}
    kept = {"properties"} if name == "camunda" else set()
    assert [
        each for each in names - inner - drawn - kept if each not in told
    ] == []


def test_many_occurrences_are_one_remark() -> None:
    twice = diagram("flowable").replace(
        '<bpmn:endEvent id="e"/>',
        '<bpmn:endEvent id="e" v:async="true" sig:owner="8"/>',
    )
    found = [
        each.message
        for each in check({"p.bpmn": convert(twice.encode()).diagram.encode()})
        if "owner" in each.message
    ]
    assert len(found) == 1 and "共 2 处" in found[0] and "urn:sig" in found[0]
