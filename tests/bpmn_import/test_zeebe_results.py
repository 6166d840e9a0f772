"""What leaves an activity of Camunda 8, and what stays inside."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from tests.engine.diagrams import END, START, Play, document, flow

ZEEBE = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
OUTPUT = '<zeebe:output source="= r" target="z"/>'
INPUT = '<zeebe:input source="= n + 39" target="n"/>'


def mapping(*lines: str) -> str:
    return f"<zeebe:ioMapping>{''.join(lines)}</zeebe:ioMapping>"


def script(text: str, *mappings: str) -> str:
    return (
        '<extensionElements><zeebe:script expression="'
        f'{text}" resultVariable="r"/>{"".join(mappings)}</extensionElements>'
    )


def left(body: str, more: str = "", **variables: Any) -> Any:
    """The variables at the end."""
    content = document(START + body + END + flow("start", "x", "end")).replace(
        b"<definitions ", f"<definitions {ZEEBE} ".encode()
    )
    content = content.replace(
        b"</definitions>", f"{more}</definitions>".encode()
    )
    diagram = convert(content).diagram.encode()
    errors = [
        found.message
        for found in check({"p.bpmn": diagram})
        if found.severity == "error"
    ]
    assert errors == []
    play = Play("", variables=variables, resources={"p.bpmn": diagram})
    return play.outcome.variables


CALLED = (
    '<process id="q" isExecutable="true"><startEvent id="qs"/><scriptTask id="qt">'
    + script("= n + 5")
    + '</scriptTask><endEvent id="qe"/>'
    + flow("qs", "qt", "qe")
    + "</process>"
)
TOLD = 'propagateAllChildVariables="{}"'
DOWN = 'propagateAllParentVariables="false"'
CALLS = {
    ("", ()): {"n": 1, "r": 6},
    ("", (OUTPUT,)): {"n": 1, "z": 6},
    ("", (INPUT,)): {"n": 1, "r": 45},
    ("", (INPUT, OUTPUT)): {"n": 1, "z": 45},
    (DOWN, (INPUT,)): {"n": 1, "r": 45},
    (TOLD.format("true"), ()): {"n": 1, "r": 6},
    (TOLD.format("true"), (OUTPUT,)): {"n": 1, "z": 6},
    (TOLD.format("true"), (INPUT,)): {"n": 1, "r": 45},
    (TOLD.format("false"), ()): {"n": 1},
    (TOLD.format("false"), (OUTPUT,)): {"n": 1, "z": 6},
    (TOLD.format("false"), (INPUT,)): {"n": 1},
}
"""(attributes of the called element, mappings) → what the caller has afterwards: all comes back by default,
what is mapped back is all that does, and what is mapped in is the call's own."""


@pytest.mark.parametrize(("attributes", "lines"), CALLS)
@pytest.mark.parametrize("mapped_first", [False, True])
def test_a_call_gives_back_what_it_says_or_everything(
    attributes: str, lines: tuple[str, ...], mapped_first: bool
) -> None:
    parts = [
        f'<zeebe:calledElement processId="q" {attributes}/>',
        mapping(*lines) if lines else "",
    ]
    if mapped_first:
        parts.reverse()
    call = (
        f'<callActivity id="x"><extensionElements>{"".join(parts)}'
        "</extensionElements></callActivity>"
    )
    assert left(call, CALLED, n=1) == CALLS[attributes, lines]


@pytest.mark.parametrize(
    ("text", "lines", "kept"),
    [
        ("= n + 1", (), {"n": 1, "r": 2}),
        ("= n + 1", (INPUT,), {"n": 1, "r": 41}),
        ("= n + 1", (OUTPUT,), {"n": 1, "z": 2}),
        ("= n + 1", (INPUT, OUTPUT), {"n": 1, "z": 41}),
    ],
)
def test_the_result_of_a_script_that_maps_something_out_stays_inside(
    text: str, lines: tuple[str, ...], kept: dict[str, Any]
) -> None:
    mappings = (mapping(*lines),) if lines else ()
    task = f'<scriptTask id="x">{script(text, *mappings)}</scriptTask>'
    assert left(task, n=1) == kept


def test_a_result_that_was_there_before_stays_as_it_was() -> None:
    inner = script("= r + 1", mapping(OUTPUT))
    task = f'<scriptTask id="x">{inner}</scriptTask>'
    assert left(task, r=1) == {"r": 1, "z": 2}


def test_a_result_whose_name_is_none_is_reported() -> None:
    inner = script("= 1 + 1", mapping(OUTPUT)).replace(
        'resultVariable="r"', 'resultVariable="the result"'
    )
    task = f'<scriptTask id="x">{inner}</scriptTask>'
    content = document(START + task + END + flow("start", "x", "end")).replace(
        b"<definitions ", f"<definitions {ZEEBE} ".encode()
    )
    (line,) = [
        line
        for line in convert(content).lines
        if line.attribute == "resultVariable"
    ]
    assert line.verdict == "unsupported"
    assert "结果变量“the result”不是变量名" in line.told
