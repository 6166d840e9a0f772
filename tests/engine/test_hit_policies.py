"""Tables of every hit policy with several inputs and outputs: what each gives for each input.

Facts of the public conformance suite (`dmn-tck/tck`, level 2, 0004 to 0010, 0108 to 0119) in our own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pytest

from orchestrator.engine import decisions, table_trials, xml
from tests.engine.test_decisions import HEAD

ORDER = '"Approved","Declined"'
APPROVAL = {
    "Age": "number",
    "RiskCategory": "string",
    "isAffordable": "boolean",
}


@dataclass(frozen=True)
class Table:
    attributes: str
    outputs: Mapping[str, str]
    """Name → the values that it lists."""
    rules: Sequence[str]
    """Cells between bars, the results last."""
    gives: Sequence[tuple[tuple[Any, ...], Any]]
    """(Inputs, result): of one output its value or values."""
    inputs: Mapping[str, str] = None  # type: ignore[assignment]

    def content(self) -> bytes:
        read = self.inputs or APPROVAL
        columns = "".join(
            f'<input><inputExpression typeRef="{kind}"><text>{name}</text></inputExpression></input>'
            for name, kind in read.items()
        )
        for name, values in self.outputs.items():
            listed = (
                f"<outputValues><text>{escape(values)}</text></outputValues>"
            )
            columns += (
                f'<output name="{name}">{listed if values else ""}</output>'
            )
        rows = ""
        for rule in self.rules:
            cells = [escape(cell.strip()) for cell in rule.split("|")]
            tests, results = cells[: len(read)], cells[len(read) :]
            rows += "<rule>"
            rows += "".join(
                f"<inputEntry><text>{cell}</text></inputEntry>"
                for cell in tests
            )
            rows += "".join(
                f"<outputEntry><text>{cell}</text></outputEntry>"
                for cell in results
            )
            rows += "</rule>"
        return (
            f'{HEAD}<decision id="route" name="r"><decisionTable {self.attributes}>'
            f"{columns}{rows}</decisionTable></decision></definitions>"
        ).encode()


def policy(name: str, more: str = "") -> str:
    return f'hitPolicy="{name}" {more}'


APART = [
    '>=18 | "Medium","Low" | true | "Approved"',
    '<18 | "Medium","Low" | - | "Declined"',
    '- | "High" | - | "Declined"',
    '- | "Medium","Low" | false | "Declined"',
]
BESIDE = [
    '>=18 | "Medium","Low" | true | "Approved" | "Basic"',
    '<18 | - | - | "Declined" | "Standard"',
    '- | "High" | - | "Approved" | "Standard"',
]
AGES = ['>=18 | "Approved"', '<18 | "Declined"', '>=0 | "Approved"']
YEARS = [">1 | 100", ">2 | 200", ">3 | 300", ">5 | 500"]
OF_AGE = {"Age": "number"}
OF_YEARS = {"years": "number"}
THREE = [
    ((18, "Medium", True), "Approved"),
    ((17, "Medium", True), "Declined"),
    ((18, "High", True), "Declined"),
]
TWO = {"status": ORDER, "rate": ""}


def rows(*pairs: str) -> dict[str, list[str]]:
    """`Approved Basic` → the lists of both outputs."""
    parts = [pair.split() for pair in pairs]
    return {
        "status": [status for status, _rate in parts],
        "rate": [rate for _status, rate in parts],
    }


def row(pair: str) -> dict[str, str]:
    status, rate = pair.split()
    return {"status": status, "rate": rate}


YOUNG, GROWN, CHILD = (
    (17, "High", True),
    (19, "Low", True),
    (10, "Low", True),
)
TABLES = {
    "unique": Table(
        policy("UNIQUE"), {"out": ""}, [*APART[:1], *APART[1:3]], THREE
    ),
    "any": Table(policy("ANY"), {"out": ""}, APART, THREE),
    "priority": Table(
        policy("PRIORITY"),
        {"out": ORDER},
        [APART[0], '- | - | - | "Declined"'],
        THREE,
    ),
    "priority of two outputs, one in order": Table(
        policy("PRIORITY"),
        TWO,
        BESIDE,
        [
            (YOUNG, row("Approved Standard")),
            (GROWN, row("Approved Basic")),
            (CHILD, row("Declined Standard")),
        ],
    ),
    "first": Table(
        policy("FIRST"),
        TWO,
        BESIDE,
        [
            (YOUNG, row("Declined Standard")),
            (GROWN, row("Approved Basic")),
            (CHILD, row("Declined Standard")),
        ],
    ),
    "rule order": Table(
        policy("RULE ORDER"),
        TWO,
        BESIDE,
        [
            (YOUNG, rows("Declined Standard", "Approved Standard")),
            (GROWN, rows("Approved Basic")),
        ],
    ),
    "output order": Table(
        policy("OUTPUT ORDER"),
        TWO,
        BESIDE,
        [
            (YOUNG, rows("Approved Standard", "Declined Standard")),
            (CHILD, rows("Declined Standard")),
        ],
    ),
    "collect": Table(
        policy("COLLECT"),
        TWO,
        BESIDE,
        [(YOUNG, rows("Declined Standard", "Approved Standard"))],
    ),
    "output order of one output": Table(
        policy("OUTPUT ORDER"),
        {"out": ORDER},
        AGES,
        [
            ((17,), ["Approved", "Declined"]),
            ((19,), ["Approved", "Approved"]),
        ],
        OF_AGE,
    ),
    "rule order of one output": Table(
        policy("RULE ORDER"),
        {"out": ""},
        AGES,
        [((17,), ["Declined", "Approved"])],
        OF_AGE,
    ),
    **{
        way: Table(
            policy("COLLECT", f'aggregation="{way}"'),
            {"out": ""},
            YEARS,
            [
                ((years,), value)
                for years, value in zip((6, 2, 3), values, strict=True)
            ],
            OF_YEARS,
        )
        for way, values in {
            "COUNT": (4, 1, 2),
            "SUM": (1100, 100, 300),
            "MIN": (100, 100, 100),
            "MAX": (500, 100, 200),
        }.items()
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_gives_what_its_hit_policy_says(name: str) -> None:
    table = TABLES[name]
    content = table.content()
    root, _problems = xml.parse(content)
    refusals = [
        finding.message
        for finding in decisions.findings(root)
        if finding.severity == "error"
    ]
    assert refusals == []
    for given, value in table.gives:
        read = table.inputs or APPROVAL
        variables = dict(zip(read, given, strict=True))
        decided = table_trials.decide(content, "route", variables)
        expected = value if len(table.outputs) > 1 else {"out": value}
        assert (decided.failure, decided.result) == ("", expected), given


def test_an_order_of_outputs_needs_values_that_are_listed() -> None:
    table = Table(policy("PRIORITY"), {"out": ""}, AGES, [], OF_AGE)
    root, _problems = xml.parse(table.content())
    assert any(
        "按重要程度" in finding.message for finding in decisions.findings(root)
    )
