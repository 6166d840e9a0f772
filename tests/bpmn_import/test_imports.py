"""Diagrams as other tools write them: each import tells exactly what became of what, and leaves nothing that
decides a matter unsaid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import Conversion, convert
from orchestrator.errors import RuleViolated

FOLDER = Path(__file__).parent / "diagrams"
FILES = sorted(path.name for path in FOLDER.glob("*.bpmn"))
EXPECTED = yaml.safe_load((FOLDER.parent / "expected.yaml").read_text())


def converted(name: str) -> Conversion:
    return convert((FOLDER / name).read_bytes())


def test_there_are_twenty_of_six_dialects_and_each_says_what_it_expects() -> (
    None
):
    assert EXPECTED.keys() == set(FILES)
    assert len(FILES) >= 20
    by_dialect = [each["dialect"] for each in EXPECTED.values()]
    assert {name for name in by_dialect if by_dialect.count(name) >= 3} == {
        *(
            "Camunda 7",
            "Camunda 8",
            "Operaton",
            "Flowable",
            "Activiti",
            "SpiffWorkflow",
        ),
    }


@pytest.mark.parametrize("name", FILES)
def test_the_report_says_exactly_what_became_of_what(name: str) -> None:
    found, expected = converted(name), EXPECTED[name]
    wanted = [
        (str(element), *entry.rsplit(" ", 1))
        for element, entries in expected["report"].items()
        for entry in (part.strip() for part in entries.split(","))
    ]
    assert found.dialect == expected["dialect"]
    assert sorted(
        (str(line.element_id), line.attribute, line.verdict)
        for line in found.lines
    ) == sorted(wanted)


@pytest.mark.parametrize("name", FILES)
def test_each_line_is_a_sentence_for_a_designer(name: str) -> None:
    for line in converted(name).lines:
        assert any("一" <= letter <= "鿿" for letter in line.told), line
        assert "None" not in line.told and "{}" not in line.told, line


@pytest.mark.parametrize("name", FILES)
def test_what_is_unsupported_is_refused_at_its_element_until_somebody_has_seen_to_it(
    name: str,
) -> None:
    found = converted(name)
    refused = {
        each.element_id
        for each in check({name: found.diagram.encode()}, {})
        if each.severity == "error"
    }
    assert {
        line.element_id
        for line in found.lines
        if line.verdict == "unsupported"
    } <= refused


@pytest.mark.parametrize("name", FILES)
def test_what_was_converted_is_converted_to_itself(name: str) -> None:
    once = converted(name).diagram
    assert convert(once.encode()).diagram == once


LEAVE = (FOLDER / "zeebe_leave_request.bpmn").read_text()
DMN = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d"><decision '
    'id="x"/></definitions>'
)
CMMN = '<cmmn:definitions xmlns:cmmn="http://www.omg.org/spec/CMMN/20151109/MODEL"/>'
WRONG = {
    "nothing": (b"", "XML"),
    "no XML": ("请假流程".encode(), "XML 不完整或有误"),
    "cut off": (LEAVE[:3000].encode(), "请用建模工具重新导出"),
    "GBK under a UTF-8 header": (LEAVE.encode("gbk"), "看起来是 GBK"),
    "a DOCTYPE": (
        LEAVE.replace("?>", '?><!DOCTYPE a [<!ENTITY x "y">]>', 1).encode(),
        "DOCTYPE",
    ),
    "too large": (LEAVE.encode() + b" " * 3_000_000, "超过 3 MB"),
    "no process": (
        LEAVE.replace("bpmn:process", "bpmn:category").encode(),
        "没有流程",
    ),
    "a decision table": (DMN.encode(), "决策表（DMN）"),
    "a case": (CMMN.encode(), "案例模型（CMMN）"),
    "another XML": (b"<xpdl><process/></xpdl>", "不是 BPMN 2.0"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_no_diagram_to_edit_is_refused_with_what_to_do(
    what: str,
) -> None:
    content, told = WRONG[what]
    with pytest.raises(RuleViolated) as refused:
        convert(content)
    assert told in refused.value.reasons[0]


def test_a_file_in_honest_gbk_is_read() -> None:
    gbk = LEAVE.replace('encoding="UTF-8"', 'encoding="GBK"').encode("gbk")
    assert convert(gbk) == convert(LEAVE.encode())


def test_what_another_tool_draws_and_nobody_knows_is_ignored_and_colours_stay() -> (
    None
):
    strange = LEAVE.replace(
        "xmlns:zeebe=",
        'xmlns:sig="urn:sig" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" xmlns:zeebe=',
        1,
    )
    strange = strange.replace(
        '<bpmn:exclusiveGateway id="Gateway_days"',
        '<bpmn:exclusiveGateway sig:owner="7" id="Gateway_days"',
    )
    strange = strange.replace(
        'bpmnElement="Gateway_days"',
        'bpmnElement="Gateway_days" bioc:stroke="#f00"',
    )
    found = convert(strange.encode())
    assert [
        (line.attribute, line.verdict)
        for line in found.lines
        if line.element_id == "Gateway_days"
    ] == [("owner", "ignored")]
    assert (
        'bioc:stroke="#f00"' in found.diagram
        and 'sig:owner="7"' in found.diagram
    )


def test_an_element_that_is_not_drawn_is_named() -> None:
    hidden = re.sub(
        r'<bpmndi:BPMNShape id="Activity_remind_di".*?</bpmndi:BPMNShape>',
        "",
        LEAVE,
        flags=re.DOTALL,
    )
    assert ("Activity_remind", "BPMNShape", "ignored") in {
        (line.element_id, line.attribute, line.verdict)
        for line in convert(hidden.encode()).lines
    }


def test_elements_that_nobody_runs_here_are_unsupported() -> None:
    subprocess = LEAVE.replace(
        "<bpmn:sendTask", "<bpmn:complexGateway"
    ).replace("</bpmn:sendTask>", "</bpmn:complexGateway>")
    told = {
        (line.element_id, line.attribute): line
        for line in convert(subprocess.encode()).lines
        if line.verdict == "unsupported"
    }
    assert "包容网关" in told["Activity_remind", "unsupported-elements"].told


def test_a_process_without_an_id_gets_one() -> None:
    bare = LEAVE.replace(
        '<bpmn:process id="leave-request" ', "<bpmn:process "
    ).replace(' bpmnElement="leave-request"', "")
    found = convert(bare.encode())
    assert (
        '<bpmn:process name="请假申请" isExecutable="true" id="process_1"'
        in found.diagram
    )
    assert ("process_1", "id", "mapped") in {
        (line.element_id, line.attribute, line.verdict) for line in found.lines
    }


def test_a_file_of_plain_bpmn_has_nothing_to_tell_but_who_does_the_work() -> (
    None
):
    plain = re.sub(
        r"<bpmn:extensionElements>.*?</bpmn:extensionElements>",
        "",
        LEAVE,
        flags=re.DOTALL,
    )
    plain = re.sub(
        r' (?:xmlns:)?(?:zeebe|modeler|modeler:\w+)="[^"]*"', "", plain
    )
    found = convert(plain.encode())
    assert found.dialect == "标准 BPMN"
    assert {
        (line.attribute, line.verdict)
        for line in found.lines
        if line.verdict == "unsupported"
    } == {
        *(("candidate-groups", "unsupported"),),
    }
