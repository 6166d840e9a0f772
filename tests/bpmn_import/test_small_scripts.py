"""Scripts that other tools write in an attribute or in Java: what they set, what is told of them."""

from __future__ import annotations

import pytest

from orchestrator import bpmn_import
from orchestrator.bpmn_import.report import Fidelity
from orchestrator.engine import expressions

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:drools="http://www.jboss.org/drools" '
    'targetNamespace="t"><process id="p" isExecutable="true"><startEvent id="s"/>'
    '<sequenceFlow id="a" sourceRef="s" targetRef="t"/>'
)
TAIL = (
    '<sequenceFlow id="b" sourceRef="t" targetRef="e"/><endEvent id="e"/>'
    "</process></definitions>"
)


def imported(step: str) -> tuple[str, list[Fidelity]]:
    found = bpmn_import.convert(f"{HEAD}{step}{TAIL}".encode())
    return found.diagram, [
        line for line in found.lines if line.element_id == "t"
    ]


@pytest.mark.parametrize("name", ["a = b", "1x", "_x"])
@pytest.mark.parametrize(
    "given",
    [
        'camunda:expression="${amount}" camunda:resultVariable="NAME"',
        "camunda:expression=\"${execution.setVariable('NAME', amount)}\"",
    ],
)
def test_a_result_that_no_variable_can_hold_makes_no_script(
    given: str, name: str
) -> None:
    diagram, lines = imported(
        f'<serviceTask id="t" {given.replace("NAME", name)}/>'
    )
    assert "scriptTask" not in diagram
    assert [line for line in lines if line.verdict == "mapped"] == []
    assert any(line.verdict == "unsupported" for line in lines)


def test_what_a_script_in_java_prints_is_told_as_left_out() -> None:
    diagram, lines = imported(
        '<scriptTask id="t" scriptFormat="http://www.java.com/java" drools:x="1"><script>'
        'System.out.println("a"); kcontext.setVariable("n", 1); System.out.println(n);</script></scriptTask>'
    )
    assert "<script>n = 1</script>" in diagram
    assert [line.told for line in lines if line.verdict == "ignored"] == [
        "脚本里只写日志的语句已去掉（2 处）"
    ]


def test_a_division_that_goes_on_for_ever_is_told_in_its_order() -> None:
    with pytest.raises(expressions.ExpressionError, match="10 除以 3 除不尽"):
        expressions.evaluate("shared(10, 3)", {})
