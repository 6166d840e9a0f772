"""Decision tables: cells as the DMN editors write them, hit policies, and what is refused."""

from __future__ import annotations

from html import escape

import pytest

from orchestrator.engine import check
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import END, START, Play, document, flow, user

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="dd" name="d" namespace="t">'


def table(rules: list[tuple[str, str]], attributes: str = "", read: str = "x", name: str = "out") -> bytes:
    """A decision `route` with one input and one output."""
    rows = "".join(
        f'<rule id="r{n}"><inputEntry id="i{n}"><text>{escape(cell)}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{escape(result)}</text></outputEntry></rule>'
        for n, (cell, result) in enumerate(rules)
    )
    return (
        f'{HEAD}<decision id="route" name="定级"><decisionTable id="t" {attributes}><input id="in"><inputExpression id="ie">'
        f'<text>{read}</text></inputExpression></input><output id="on" name="{name}"/>{rows}</decisionTable></decision></definitions>'
    ).encode()


BODY = START + END + '<businessRuleTask id="r" camunda:decisionRef="route"/>' + user("a") + flow("start", "r", "a", "end")


def decide(content: bytes, **variables: object) -> object:
    return Play(BODY, variables=variables, resources={"r.dmn": content}).outcome.variables["out"]


@pytest.mark.parametrize(
    ("cell", "hit", "missed"),
    [
        ('"red"', "red", "blue"),
        ('"red","amber"', "amber", "blue"),
        ('not("red","amber")', "blue", "red"),
        ('"a,b"', "a,b", "a"),
        (">= 10", 10, 9),
        ("< 10", 9, 10),
        ("!= 3", 4, 3),
        ("[1..5]", 5, 6),
        ("]1..5[", 2, 5),
        ("? > 3 and ? < 7", 5, 7),
        ("not(3)", None, 3),
        ("true", True, False),
    ],
)
def test_a_cell_decides_as_it_is_written(cell: str, hit: object, missed: object) -> None:
    content = table([(cell, '"yes"'), ("-", '"no"')], 'hitPolicy="FIRST"')
    assert decide(content, x=hit) == "yes"
    assert decide(content, x=missed) == "no"


def test_an_empty_cell_is_true_for_all_and_a_result_is_an_expression() -> None:
    assert decide(table([("", "x * 2")]), x=4) == 8


def test_no_rule_gives_nothing() -> None:
    assert decide(table([('"red"', '"yes"')]), x="blue") is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('hitPolicy="FIRST"', 1),
        ('hitPolicy="COLLECT"', [1, 2, 3]),
        ('hitPolicy="RULE ORDER"', [1, 2, 3]),
        ('hitPolicy="COLLECT" aggregation="SUM"', 6),
        ('hitPolicy="COLLECT" aggregation="MIN"', 1),
        ('hitPolicy="COLLECT" aggregation="MAX"', 3),
        ('hitPolicy="COLLECT" aggregation="COUNT"', 3),
    ],
)
def test_the_hit_policy_chooses_among_the_rules_that_match(attributes: str, expected: object) -> None:
    assert decide(table([("> 0", "1"), ("> 1", "2"), ("-", "3")], attributes), x=5) == expected


def test_any_takes_what_all_matching_rules_say() -> None:
    assert decide(table([("> 0", "1"), ("> 1", "1")], 'hitPolicy="ANY"'), x=5) == 1
    with pytest.raises(ExpressionFailed, match="ANY"):
        decide(table([("> 0", "1"), ("> 1", "2")], 'hitPolicy="ANY"'), x=5)


def test_unique_names_the_rules_that_contradict_it() -> None:
    with pytest.raises(ExpressionFailed, match="第 1、2 行"):
        decide(table([("> 0", "1"), ("> 1", "2")]), x=5)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (table([("-", "1")], 'hitPolicy="PRIORITY"'), "PRIORITY"),
        (table([("-", "1")], 'hitPolicy="COLLECT" aggregation="AVG"'), "AVG"),
        (table([("-", "1")], read=""), "输入列"),
        (table([("-", "1")], name="a b"), "输出列"),
        (table([("> ", "1")]), "第 1 行"),
        (table([('__import__("os")', "1")]), "第 1 行"),
        (table([("-", "x.__class__")]), "第 1 行"),
        (table([("-", "1")]).replace(b'<outputEntry id="o0"><text>1</text></outputEntry>', b""), "第 1 行的格数"),
        (table([("-", "1")]).replace(b"decisionTable", b"literalExpression"), "没有决策表"),
    ],
)
def test_what_would_not_decide_as_written_is_refused_at_deployment(content: bytes, told: str) -> None:
    found = [f for f in check({"p.bpmn": document(BODY), "r.dmn": content}) if f.severity == "error"]
    assert [f.element_id for f in found if told in f.message] == ["route"], found
