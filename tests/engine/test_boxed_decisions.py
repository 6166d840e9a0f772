"""Decisions drawn as boxes, and business knowledge models that they call: what they give, and why not."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from orchestrator.engine import decisions, table_trials, xml
from tests.engine.test_decisions import HEAD

NAMED = '<variable name="out"/>'


def literal(text: str) -> str:
    return (
        f"<literalExpression><text>{escape(text)}</text></literalExpression>"
    )


def entry(logic: str, name: str = "") -> str:
    variable = f'<variable name="{name}"/>' if name else ""
    return f"<contextEntry>{variable}{logic}</contextEntry>"


def function(body: str, *parameters: str) -> str:
    drawn = "".join(f'<formalParameter name="{name}"/>' for name in parameters)
    return f"<functionDefinition>{drawn}{body}</functionDefinition>"


def model(name: str, body: str, *parameters: str, needs: str = "") -> str:
    logic = function(body, *parameters).replace(
        "functionDefinition", "encapsulatedLogic"
    )
    return f'<businessKnowledgeModel id="{name}" name="{name}">{logic}{knows(needs)}</businessKnowledgeModel>'


def knows(name: str) -> str:
    if not name:
        return ""
    return f'<knowledgeRequirement><requiredKnowledge href="#{name}"/></knowledgeRequirement>'


def bound(name: str, text: str) -> str:
    return f'<binding><parameter name="{name}"/>{literal(text)}</binding>'


SUM = model("plus", literal("a + b"), "a", "b")
TWICE = model("twice", literal("plus(p, p)"), "p", needs="plus")
GRADE = model(
    "grade",
    '<decisionTable hitPolicy="PRIORITY"><input><inputExpression><text>n + 1</text></inputExpression></input>'
    '<output><outputValues><text>"high", "low"</text></outputValues></output>'
    '<rule><inputEntry><text>-</text></inputEntry><outputEntry><text>"low"</text></outputEntry></rule>'
    '<rule><inputEntry><text>&gt; limit</text></inputEntry><outputEntry><text>"high"</text></outputEntry>'
    "</rule></decisionTable>",
    "n",
    "limit",
)
GIVES: dict[str, tuple[str, str, Any]] = {
    "a call": (SUM, knows("plus") + literal("plus(x, 1) * 2"), 6),
    "a call by names": (SUM, knows("plus") + literal("plus(b: 1, a: x)"), 3),
    "a call in a call": (
        SUM,
        knows("plus") + literal("plus(plus(1, x), -x)"),
        1,
    ),
    "a model of a model": (
        SUM + TWICE,
        knows("twice") + literal("twice(x)"),
        4,
    ),
    "an invocation": (
        SUM,
        knows("plus")
        + f"<invocation>{literal('plus')}{bound('b', '1')}{bound('a', 'x')}</invocation>",
        3,
    ),
    "a model with a context": (
        model(
            "area",
            f"<context>{entry(literal('w * h'), 's')}{entry(literal('s + 1'))}</context>",
            "w",
            "h",
        ),
        knows("area") + literal("area(2, 3)"),
        7,
    ),
    "a context": (
        "",
        f"<context>{entry(literal('x + 1'), 'a')}{entry(literal('a * 2'), 'b')}</context>",
        {"a": 3, "b": 6},
    ),
    "a context with a result": (
        "",
        f"<context>{entry(literal('x + 1'), 'a')}{entry(literal('a * a'))}</context>",
        9,
    ),
    "a function of a context": (
        "",
        f"<context>{entry(function(literal('a * 2'), 'a'), 'f')}{entry(literal('f(x) + f(3)'))}</context>",
        10,
    ),
    "the last word of a function's name": (
        model("length", literal("42"), "a"),
        knows("length") + literal('string length("abc") + length(1)'),
        45,
    ),
    "a number without a digit before its point": (
        SUM,
        knows("plus") + literal("plus(.5, 1)"),
        1.5,
    ),
    "a filter of numbers by a parameter": (
        model("above", literal("l[item > p]"), "l", "p"),
        knows("above") + literal("above([1, 9], 3)"),
        [9],
    ),
    "a list": ("", f"<list>{literal('1')}{literal('x')}</list>", [1, 2]),
    "a relation": (
        "",
        f'<relation><column name="a"/><column name="b"/><row>{literal("1")}{literal("x")}</row></relation>',
        [{"a": 1, "b": 2}],
    ),
    "a filter": (
        "",
        f"<filter><in>{literal('[{a: 1}, {a: 5}, {a: null}]')}</in>"
        f"<match>{literal('a > x')}</match></filter>",
        [{"a": 5}],
    ),
    "a loop": (
        "",
        f'<for iteratorVariable="i"><in>{literal("1..3")}</in><return>{literal("i * x")}</return></for>',
        [2, 4, 6],
    ),
    "some": (
        "",
        f'<some iteratorVariable="i"><in>{literal("[1, x]")}</in>'
        f"<satisfies>{literal('i = 2')}</satisfies></some>",
        True,
    ),
    "every": (
        "",
        f'<every iteratorVariable="i"><in>{literal("[1, x]")}</in>'
        f"<satisfies>{literal('i = 2')}</satisfies></every>",
        False,
    ),
    "an invocation of a table": (
        GRADE,
        knows("grade")
        + f"<invocation>{literal('grade')}{bound('n', 'x * 2')}{bound('limit', '4')}</invocation>",
        "high",
    ),
    "a call of a table": (
        GRADE,
        knows("grade") + literal("grade(limit: x + 3, n: x * 2)"),
        "low",
    ),
    "functions as FEEL writes them": (
        "",
        f"<context>{entry(literal('function(a: number, b) a * b + 1'), 'f')}"
        f"{entry(literal('f(x, 3) + f(b: 1, a: x)'))}</context>",
        10,
    ),
    "names with spaces": (
        model(
            "pay me",
            literal("loan amount * rate"),
            "loan amount",
            "rate",
        ),
        knows("pay me") + literal("pay me(x + 1, 10) + 1"),
        31,
    ),
    "an invocation by names with spaces": (
        model("pay me", literal("loan amount * 2"), "loan amount"),
        knows("pay me")
        + f"<invocation>{literal('pay me')}{bound('loan amount', 'x')}</invocation>",
        4,
    ),
    "entries with spaces": (
        "",
        f"<context>{entry(literal('x'), 'the rate')}{entry(literal('the rate * 2'))}</context>",
        4,
    ),
    "a context of entries with spaces": (
        "",
        f"<context>{entry(literal('x'), 'the rate')}{entry(literal('the rate * 2'), 'b')}</context>",
        {"the rate": 2, "b": 4},
    ),
    "columns with spaces": (
        "",
        f'<relation><column name="a b"/><row>{literal("x")}</row></relation>',
        [{"a b": 2}],
    ),
    "a conditional": (
        "",
        f"<conditional><if>{literal('x > 5')}</if><then>{literal('1')}</then>"
        f"<else>{literal('2')}</else></conditional>",
        2,
    ),
}
"""What is drawn -> (models beside the decision, its logic, its result for x = 2)."""


def document(models: str, logic: str) -> bytes:
    return f'{HEAD}{models}<decision id="route" name="r">{NAMED}{logic}</decision></definitions>'.encode()


def told(content: bytes) -> str:
    root, _problems = xml.parse(content)
    return " ".join(
        finding.message
        for finding in decisions.findings(root)
        if finding.severity == "error"
    )


@pytest.mark.parametrize(("x", "value"), [(10, 0), (30, 5), (80, 7)])
def test_a_sum_of_nothing_is_the_default(x: int, value: int) -> None:
    table = (
        '<decisionTable hitPolicy="COLLECT" aggregation="MAX"><input><inputExpression><text>x</text>'
        "</inputExpression></input><output><defaultOutputEntry><text>0</text></defaultOutputEntry></output>"
        "<rule><inputEntry><text>&gt;= 20</text></inputEntry><outputEntry><text>5</text></outputEntry></rule>"
        "<rule><inputEntry><text>&gt;= 70</text></inputEntry><outputEntry><text>7</text></outputEntry></rule>"
        "</decisionTable>"
    )
    content = document("", table)
    assert told(content) == ""
    assert table_trials.decide(content, "route", {"x": x}).result == {
        "out": value
    }


@pytest.mark.parametrize("drawn", GIVES)
def test_a_box_gives_what_the_standard_says(drawn: str) -> None:
    models, logic, value = GIVES[drawn]
    content = document(models, logic)
    assert told(content) == ""
    decided = table_trials.decide(content, "route", {"x": 2})
    assert (decided.result, decided.failure) == ({"out": value}, "")


def test_cells_of_a_table_call_a_model() -> None:
    rows = (
        '<decisionTable><input id="i"><inputExpression><text>plus(x, 1)</text></inputExpression></input>'
        '<output name="out"/><rule><inputEntry><text>&gt; plus(1, 1)</text></inputEntry>'
        "<outputEntry><text>plus(x, 10)</text></outputEntry></rule></decisionTable>"
    )
    content = document(SUM, knows("plus") + rows)
    assert told(content) == ""
    assert table_trials.decide(content, "route", {"x": 2}).result == {
        "out": 12
    }
    assert table_trials.decide(content, "route", {"x": 1}).result == {
        "out": None
    }


LOOP = model("f", literal("for i in [p] return i"), "p")
REFUSES = [
    (model("f", literal("a + other"), "a"), "f", "f(1)", "other"),
    (SUM, "plus", "plus(1)", "参数与它的参数不符"),
    (SUM, "plus", "plus(a: 1, c: 2)", "参数与它的参数不符"),
    (model("f", literal("f(a)"), "a", needs="f"), "f", "f(1)", "绕了一圈"),
    ("", "f", "f(1)", "不在这个文件里"),
    (LOOP, "f", "f(x)", "循环"),
    (model("f", literal("l[item > x]"), "l"), "f", "f([1])", "参数以外"),
    (model("f", literal("get or else(x, l)"), "l"), "f", "f(1)", "参数以外"),
    (model("f", literal("is defined(x)")), "f", "f()", "参数以外"),
    (
        model("f", literal("[{p: 1}, {p: 9}][p > 3]"), "p"),
        "f",
        "f(5)",
        "同名",
    ),
    (model("f", literal("l[p > 3]"), "l", "p"), "f", "f([{p: 1}], 5)", "循环"),
    (model("f", literal("{p: 1, y: p}.y"), "p"), "f", "f(5)", "同名"),
    (model("f", literal("for p in [1] return p"), "p"), "f", "f(5)", "同名"),
    (
        model(
            "f",
            f"<context>{entry(literal('1'), 'p')}{entry(literal('p + 1'))}</context>",
            "p",
        ),
        "f",
        "f(5)",
        "同名",
    ),
    (GRADE, "grade", 'grade(1, 2) + "a"', "只能调用"),
    (GRADE, "grade", "grade(1)", "参数与它的参数不符"),
    (
        model(
            "f", f"<context>{entry(literal('function(a) b'), 'g')}</context>"
        ),
        "f",
        "f()",
        "参数以外",
    ),
    (
        model("f", f"<context>{entry('<decisionTable/>')}</context>", "a"),
        "f",
        "f(1)",
        "单独的决策",
    ),
    (model("f", literal("1"), "a-b"), "f", "f(1)", "参数名称"),
    (
        model("f", literal("a b + a_b"), "a b", "a_b"),
        "f",
        "f(1, 2)",
        "已有别的意思",
    ),
    (
        model("f", literal("1")).replace(
            "<encapsulatedLogic", '<encapsulatedLogic kind="Java"'
        ),
        "f",
        "f()",
        "FEEL",
    ),
    (
        model("f", literal(" + ".join(["a"] * 99)), "a"),
        "f",
        "f(f(f(f(1))))",
        "40 层",
    ),
]


@pytest.mark.parametrize(("models", "known", "text", "why"), REFUSES)
def test_a_call_that_would_mean_something_else_is_refused(
    models: str, known: str, text: str, why: str
) -> None:
    assert why in told(document(models, knows(known) + literal(text)))


@pytest.mark.parametrize(
    ("logic", "why"),
    [
        ("<invocation/>", "调用的"),
        (f"<list>{literal('1, 2')}</list>", ""),
        (f"<context>{entry(literal('1, b: 2'), 'a')}</context>", ""),
        (f"<filter><in>{literal('1')}</in></filter>", "“match”"),
        (f"<for><in>{literal('1')}</in></for>", "循环框的变量"),
        (
            f"<context>{entry(literal('1'), 'a')}{entry(literal('2'), 'a')}</context>",
            "不重名",
        ),
        (
            f"<context>{entry(function(literal('a'), 'a'), 'f')}</context>",
            "函数",
        ),
        (f"<conditional><if>{literal('x')}</if></conditional>", "三格"),
        (
            f'<relation><column name="a"/><row>{literal("1")}{literal("2")}</row></relation>',
            "列数",
        ),
    ],
)
def test_a_box_that_is_not_read_is_told(logic: str, why: str) -> None:
    refusal = told(document("", logic))
    assert refusal and why in refusal


@pytest.mark.parametrize(
    "text",
    [
        "exp(2000000)",
        "exp(46)",
        "[exp(9950)]",
        "stddev([9000000000000000000, -9000000000000000000])",
    ],
)
def test_a_number_too_large_is_told_before_it_is_worked_out(text: str) -> None:
    decided = table_trials.decide(document("", literal(text)), "route", {})
    assert "数字过大" in decided.failure
