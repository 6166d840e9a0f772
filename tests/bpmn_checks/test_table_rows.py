"""Rows of a decision table that overlap, that leave gaps or that never decide are told to who writes it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from orchestrator.bpmn_checks.table_rows import row_remarks

Rows = Sequence[Sequence[str]]


def told(
    policy: str,
    types: Sequence[str],
    rows: Rows,
    allowed: str = "",
    default: str = "",
) -> list[str]:
    """What is said of the table: each row is its inputs and, last, its result."""
    columns = "".join(
        f'<input id="i{number}" label="列{number}"><inputExpression id="e{number}" typeRef="{type_ref}">'
        f"<text>v{number}</text></inputExpression>{allowed if number == 1 else ''}</input>"
        for number, type_ref in enumerate(types, 1)
    )
    body = "".join(
        "<rule>"
        + "".join(
            f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>"
            for cell in row[:-1]
        )
        + f"<outputEntry><text>{row[-1]}</text></outputEntry></rule>"
        for row in rows
    )
    content = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        f'<decision id="route" name="分级"><decisionTable hitPolicy="{policy}">{columns}'
        f'<output name="level">{default}</output>{body}</decisionTable></decision></definitions>'
    )
    return [
        finding.message for finding in row_remarks("t.dmn", content.encode())
    ]


DEFAULT = "<defaultOutputEntry><text>9</text></defaultOutputEntry>"
ALLOWED = '<inputValues><text>"甲","乙"</text></inputValues>'


@pytest.mark.parametrize(
    ("policy", "types", "rows", "words"),
    [
        ("UNIQUE", ["number"], [("< 10", "1"), (">= 10", "2")], []),
        (
            "UNIQUE",
            ["number"],
            [("<= 10", "1"), (">= 10", "2")],
            ["第 1、2 行（列1：等于 10）"],
        ),
        (
            "UNIQUE",
            ["number"],
            [("< 10", "1"), ("]10..20]", "2"), ("> 20", "3")],
            ["没有一行命中：列1：等于 10"],
        ),
        ("UNIQUE", ["integer"], [("<= 1", "1"), (">= 2", "2")], []),
        (
            "UNIQUE",
            ["double"],
            [("<= 1", "1"), (">= 2", "2")],
            ["列1：1 与 2 之间"],
        ),
        ("ANY", ["number"], [("< 5", "1"), ("-", "1")], []),
        ("ANY", ["number"], [("< 5", "1"), ("-", "2")], ["第 1、2 行"]),
        ("FIRST", ["number"], [("-", "1"), ("> 3", "2")], ["第 2 行永远"]),
        ("FIRST", ["number"], [("> 3", "1"), ("-", "2")], []),
        ("COLLECT", ["number"], [("> 3", "1"), ("> 2", "2")], []),
        (
            "UNIQUE",
            ["boolean"],
            [("true", "1")],
            ["没有一行命中：列1：否"],
        ),
        (
            "UNIQUE",
            ["string"],
            [('"甲"', "1"), ('not("甲","乙")', "2")],
            ["没有一行命中：列1：“乙”"],
        ),
        (
            "UNIQUE",
            ["date"],
            [
                ('< date("2026-03-01")', "1"),
                ('> date("2026-03-01")', "2"),
            ],
            ["没有一行命中：列1：2026-03-01"],
        ),
        (
            "UNIQUE",
            ["number", "boolean"],
            [("< 5", "true", "1"), (">= 5", "-", "2")],
            ["列1：小于 5，列2：否"],
        ),
        ("UNIQUE", ["number"], [("> limit", "1")], []),
        (
            "UNIQUE",
            ["string"],
            [('<= date("9999-12-31")', "1"), ('> date("9999-12-31")', "2")],
            ["第 2 行永远"],
        ),
        ("UNIQUE", ["string"], [('>= date("0001-01-01")', "1")], []),
        (
            "UNIQUE",
            ["string"],
            [('"甲"', "1"), ('not("甲")', "2"), ("null", "3")],
            ["第 2、3 行（列1：空）"],
        ),
        ("UNIQUE", ["number"], [("-3", "1"), ("< -3", "2")], ["大于 -3"]),
    ],
)
def test_overlaps_gaps_and_idle_rows_are_told(
    policy: str, types: list[str], rows: Rows, words: list[str]
) -> None:
    messages = told(policy, types, rows)
    assert len(messages) == len(words), messages
    for message, word in zip(messages, words, strict=True):
        assert word in message


@pytest.mark.parametrize(
    ("type_ref", "cells", "kinds"),
    [
        ("", ('"甲"', "> 3"), "数字、文字"),
        ("", ("1", "true"), "数字、真假值"),
        ("number", ('"5"', '"7"'), "数字、文字"),
        ("integer", ("true", "false"), "数字、真假值"),
        ("boolean", ('"true"', '"false"'), "文字、真假值"),
        ("date", ("> 3", "<= 3"), "数字、文字"),
    ],
)
def test_a_column_whose_kinds_do_not_match_is_told(
    type_ref: str, cells: Sequence[str], kinds: str
) -> None:
    rows = [(cell, "1") for cell in cells]
    (message,) = told("UNIQUE", [type_ref], rows)
    assert f"“列1”这一列的种类对不上（{kinds}）" in message


def test_a_default_leaves_no_gap() -> None:
    assert told("UNIQUE", ["number"], [("< 5", "1")], default=DEFAULT) == []


def test_allowed_values_bound_the_gaps_and_the_cells() -> None:
    both = [('"甲"', "1"), ('"乙"', "2")]
    assert told("UNIQUE", ["string"], both, allowed=ALLOWED) == []
    foreign = [('"甲"', "1"), ('"丙"', "2"), ('"乙"', "3")]
    messages = told("UNIQUE", ["string"], foreign, allowed=ALLOWED)
    assert any("“丙”，不在这一列允许的值里：甲、乙" in m for m in messages)


def test_of_a_table_of_very_many_combinations_it_is_told_that_none_was_tried() -> (
    None
):
    rows = [
        (*(f"[{number}..{number + 1}]" for _column in range(12)), "1")
        for number in range(40)
    ]
    (message,) = told("UNIQUE", ["number"] * 12, rows)
    assert "组合太多，没有检查重叠的行" in message


def test_the_one_gap_among_very_many_rows_is_found() -> None:
    """Each row a stretch of its own: 400 of them, and one number between two that nobody wrote down."""
    rows = [
        ("< 1", "1"),
        *((f"[{number}..{number + 1}[", "1") for number in range(1, 400)),
        ("> 400", "1"),
    ]
    assert told("UNIQUE", ["number"], rows) == [
        "决策表“分级”有没写到的情况，没有一行命中：列1：等于 400"
    ]


def test_rows_out_of_order_and_signs_are_swept_alike() -> None:
    rows = [
        ("> 7", "1"),
        ("-3, 5, [6..7]", "2"),
        ("not(-3, 5, [6..7], > 7)", "3"),
        ("7", "4"),
    ]
    (message,) = told("UNIQUE", ["number"], rows)
    assert "第 2、4 行（列1：等于 7）" in message


def test_of_cells_that_each_name_very_many_texts_it_is_told_that_none_was_tried() -> (
    None
):
    rows = [
        (",".join(f'"甲{row}-{text}"' for text in range(80)), "1")
        for row in range(200)
    ]
    (message,) = told("UNIQUE", ["string"], rows)
    assert "组合太多，没有检查重叠的行" in message
