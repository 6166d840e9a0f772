"""Decisions that require others, decisions that are one expression, and the types that columns name."""

from __future__ import annotations

import pytest
from lxml import etree

from orchestrator.bpmn_checks import check
from orchestrator.engine.decimals import Refused
from orchestrator.engine.decisions import read_tables
from orchestrator.engine.editions import Edition
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.type_refs import converted, refusal
from tests.engine.diagrams import Play, document
from tests.engine.test_decisions import BODY, HEAD

CLOUD = 'xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud"'

SEVEN = 'xmlns:camunda="http://camunda.org/schema/1.0/dmn"'


def decision(id: str, logic: str, *required: str, name: str = "") -> str:
    needs = "".join(
        f'<informationRequirement><requiredDecision href="#{each}"/></informationRequirement>'
        for each in required
    )
    return f'<decision id="{id}" name="{name or id}">{needs}{logic}</decision>'


def expression(variable: str, text: str, type_ref: str = "") -> str:
    given = f' typeRef="{type_ref}"' if type_ref else ""
    return f'<variable name="{variable}"{given}/><literalExpression><text>{text}</text></literalExpression>'


def table(
    read: str,
    output: str,
    *rules: tuple[str, str],
    policy: str = "UNIQUE",
    types: str = "/",
) -> str:
    """`types` is "input's type/output's type"."""
    given, made = (
        f' typeRef="{each}"' if each else "" for each in types.split("/")
    )
    rows = "".join(
        f"<rule><inputEntry><text>{cell}</text></inputEntry>"
        f"<outputEntry><text>{result}</text></outputEntry></rule>"
        for cell, result in rules
    )
    return (
        f'<decisionTable hitPolicy="{policy}"><input><inputExpression{given}><text>{read}</text>'
        f'</inputExpression></input><output name="{output}"{made}/>{rows}</decisionTable>'
    )


def file(*decisions: str, attributes: str = "") -> bytes:
    return f"{HEAD.replace('>', f' {attributes}>', 1)}{''.join(decisions)}</definitions>".encode()


def errors(content: bytes) -> list[tuple[str | None, str]]:
    found = check({"p.bpmn": document(BODY), "r.dmn": content})
    return [
        (each.element_id, each.message)
        for each in found
        if each.severity == "error"
    ]


def decided(content: bytes, **variables: object) -> dict[str, object]:
    assert errors(content) == []
    found = Play(
        BODY, variables=variables, resources={"r.dmn": content}
    ).outcome.variables
    return {
        name: value for name, value in found.items() if name not in variables
    }


SEASON = decision(
    "season",
    table("month", "season", ("[6..8]", '"summer"'), ("&lt; 6", '"other"')),
)


def test_what_is_required_is_decided_first_and_leaves_nothing_else_behind() -> (
    None
):
    content = file(
        decision(
            "route",
            table("dish", "out", ('"salad"', "1"), ('"stew"', "2")),
            "dish",
        ),
        decision(
            "dish",
            table(
                "season",
                "dish",
                ('"summer"', '"salad"'),
                ("-", '"stew"'),
                policy="FIRST",
            ),
            "season",
        ),
        SEASON,
    )
    assert decided(content, month=7) == {"out": 1}
    assert decided(content, month=2) == {"out": 2}
    assert decided(content, month=9) == {"out": 2}, (
        "no rule of the season matched: no value"
    )


@pytest.mark.parametrize("named", ["season", "Season"])
def test_a_result_is_known_by_its_output_and_by_the_name_of_its_decision(
    named: str,
) -> None:
    season = SEASON.replace('name="season">', 'name="Season">', 1)
    content = file(
        decision("route", expression("out", named), "season"), season
    )
    assert decided(content, month=7) == {"out": "summer"}


def test_several_rows_are_handed_on_as_lists() -> None:
    many = table(
        "month", "dish", ("&gt; 5", '"a"'), ("&gt; 6", '"b"'), policy="COLLECT"
    )
    content = file(
        decision("route", expression("out", "count(dish)"), "many"),
        decision("many", many),
    )
    assert decided(content, month=7) == {"out": 2}
    assert decided(content, month=6) == {"out": 1}, (
        "one row of a collection is a list of one"
    )


def test_a_decision_that_two_others_require_is_made_once_and_before_both() -> (
    None
):
    content = file(
        decision("route", expression("out", "a + b"), "a", "b"),
        decision("a", expression("a", "base + 1"), "base"),
        decision("b", expression("b", "base + 2"), "base"),
        decision("base", expression("base", "x * 10")),
    )
    assert decided(content, x=1) == {"out": 23}


def test_a_failure_names_the_decision_in_which_it_happened() -> None:
    twice = decision(
        "twice", table("x", "y", ("&gt; 0", "1"), ("&gt; 1", "2")), name="重叠"
    )
    with pytest.raises(ExpressionFailed, match="决策“重叠”：第 1、2 行"):
        decided(
            file(decision("route", expression("out", "y"), "twice"), twice),
            x=5,
        )


@pytest.mark.parametrize(
    ("decisions", "element_id", "told"),
    [
        (
            [decision("route", expression("out", "1"), "route")],
            "route",
            "绕了一圈",
        ),
        (
            [
                decision("route", expression("out", "1"), "b"),
                decision("b", expression("b", "1"), "route"),
            ],
            "b",
            "绕了一圈",
        ),
        (
            [decision("route", expression("out", "1"), "gone")],
            "route",
            "“gone”不能用",
        ),
        (
            [
                decision("route", expression("out", "1"), "b"),
                decision("b", "<context/>"),
            ],
            "b",
            "上下文（context）",
        ),
        (
            [
                decision("route", expression("out", "1"), "b"),
                decision("b", "<context/>"),
            ],
            "route",
            "“b”不能用",
        ),
        (
            [decision("route", "<invocation/>")],
            "route",
            "不是这个决策引用的业务知识模型",
        ),
        ([decision("route", "")], "route", "没有决策表"),
        ([decision("route", expression("out", ""))], "route", "没有写表达式"),
        (
            [decision("route", expression("a.b", "1"))],
            "route",
            "输出列都要有名称",
        ),
        (
            [
                decision(
                    "route",
                    '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
                    + expression("out", "1"),
                ),
                '<businessKnowledgeModel id="k" name="计息"/>',
            ],
            "route",
            "引用业务知识模型“计息”",
        ),
    ],
)
def test_what_is_not_run_is_refused_by_name(
    decisions: list[str], element_id: str, told: str
) -> None:
    found = errors(file(*decisions))
    assert any(
        each == element_id and told in message for each, message in found
    ), found


def test_a_decision_of_another_file_is_refused_by_name() -> None:
    content = file(decision("route", expression("out", "1"), "b")).replace(
        b'"#b"', b'"other.dmn#b"'
    )
    assert "“other.dmn#b”" in errors(content)[0][1]


@pytest.mark.parametrize(
    ("types", "cell", "result", "x", "out"),
    [
        ("integer/", "&gt; 20", '"old"', "30", "old"),
        ("double/", "&gt; 20.5", '"old"', "20.75", "old"),
        ("boolean/", "true", '"yes"', "true", "yes"),
        ("string/", '"7"', '"seven"', 7, "seven"),
        ("/integer", "-", '"5"', 1, 5),
        ("/double", "-", '"5.5"', 1, 5.5),
        ("/string", "-", "5", 1, "5"),
        ("/string", "-", "true", 1, "true"),
        ("/boolean", "-", '"false"', 1, False),
    ],
)
def test_values_take_the_type_that_their_column_names(
    types: str, cell: str, result: str, x: object, out: object
) -> None:
    content = file(
        decision("route", table("x", "out", (cell, result), types=types)),
        attributes=SEVEN,
    )
    found = decided(content, x=x)["out"]
    assert (found, type(found)) == (out, type(out))


def test_camunda_8_leaves_values_as_they_are() -> None:
    content = file(
        decision("route", table("x", "out", ("-", "5"), types="/string")),
        attributes=CLOUD,
    )
    assert decided(content, x=1) == {"out": 5}


@pytest.mark.parametrize("space", ["dmn", "bpmn"])
@pytest.mark.parametrize(
    ("cell", "x", "out"),
    [
        ("given &gt; 3 and given &lt; 7", 5, 1),
        ("given &gt; 3 and given &lt; 7", 8, None),
        ("5", 5, 1),
    ],
)
def test_cells_may_name_their_input_as_camunda_7_lets_them(
    space: str, cell: str, x: int, out: object
) -> None:
    named = f'<input xmlns:c="http://camunda.org/schema/1.0/{space}" c:inputVariable="given">'
    content = file(
        decision("route", table("x", "out", (cell, "1"))).replace(
            "<input>", named
        )
    )
    assert decided(content, x=x) == {"out": out}


def test_what_a_required_decision_sets_is_known_to_the_checks() -> None:
    content = file(
        decision(
            "risk",
            table(
                "level", "danger_degree", ("&gt; 1", '"high"'), ("-", '"low"')
            ),
        ),
        decision(
            "r",
            table("danger_degree", "result", ('"high"', "1"), ("-", "0")),
            "risk",
        ),
    )
    known = read_tables(etree.fromstring(content))
    assert [each.id for each in known["r"].before] == ["risk"]
    assert known["risk"].before == ()


@pytest.mark.parametrize(
    ("value", "type_ref", "kept"),
    [
        ("110101199001011237", "long", 110101199001011237),
        ("2.0", "integer", 2),
        ("2.5", "double", 2.5),
    ],
)
def test_a_number_takes_its_type_exactly(
    value: str, type_ref: str, kept: object
) -> None:
    assert converted(value, type_ref) == kept and type(
        converted(value, type_ref)
    ) is type(kept)


def test_a_result_that_is_not_of_its_type_stops_the_decision() -> None:
    rule = decision("route", table("x", "out", ("-", '"five"'), types="/long"))
    with pytest.raises(ExpressionFailed, match=r"是长整数，而“five”是文字"):
        decided(file(rule), x=1)
    with pytest.raises(Refused, match=r"“2\.7”"):
        converted("2.7", "integer")
    assert converted("2.7", "integer", Edition.THIRD) == "2.7"


def test_a_question_without_its_variable_is_told() -> None:
    assert errors(
        file(decision("r", table("level", "result", ("is defined()", "1"))))
    )


RESULT_X = decision("b", expression("x", "y * 100"), name="结果")
READS_X = expression("c", "x + 1")


@pytest.mark.parametrize(
    ("other", "needed", "told"),
    [
        (RESULT_X, ("b", "c"), 502),
        (RESULT_X.replace("结果", "x"), ("b", "c"), 502),
        (RESULT_X, ("c", "b"), 502),
    ],
)
def test_a_decision_reads_variables_where_it_requires_no_decision_of_their_name(
    other: str, needed: tuple[str, ...], told: int
) -> None:
    """b gives x = 500, and c, which does not require b, reads the variable x = 1."""
    content = file(
        decision("route", expression("out", "c + x"), *needed),
        other,
        decision("c", READS_X),
    )
    assert decided(content, x=1, y=5) == {"out": told}


def test_a_required_decision_hides_a_variable_of_its_name_even_without_a_value() -> (
    None
):
    content = file(
        decision("route", expression("out", "season is None"), "season"),
        SEASON,
    )
    assert decided(content, month=9, season="summer") == {"out": True}


DRAWN = (
    '<inputData id="in" name="x"/>'
    + decision("a", expression("a", "x + 1"), "b").replace(
        "</informationRequirement>",
        '</informationRequirement><informationRequirement><requiredInput href="#in"/>'
        "</informationRequirement>",
    )
    + decision("b", expression("b", "x * 2"), "d")
    + decision("d", expression("x", "10"), name="丁")
)


def test_drawn_input_data_is_the_variable_where_only_another_decision_has_its_name() -> (
    None
):
    """Before a comes b, and before b comes d that gives x = 10; a draws the input data x."""
    content = file(
        decision("route", expression("out", "[a, b]"), "a", "b"), DRAWN
    )
    assert decided(content, x=1) == {"out": [2, 20]}


def test_input_data_and_a_required_decision_of_one_name_are_told() -> None:
    content = file(
        decision("route", expression("out", "a"), "a"),
        DRAWN.replace('name="b"><info', 'name="x"><info').replace(
            '<variable name="b"/>', '<variable name="x"/>'
        ),
    )
    assert ("a", "决策表“a”的输入数据“x”与依赖的决策“x”") in [
        (element_id, told[:23]) for element_id, told in errors(content)
    ]


@pytest.mark.parametrize(("attributes", "out"), [("", 3), (CLOUD, "summer")])
def test_the_id_of_a_decision_hides_a_variable_in_camunda_8_alone(
    attributes: str, out: object
) -> None:
    season = decision("s", table("month", "kind", ("-", '"summer"')))
    season = season.replace('name="s"', 'name="季节"')
    content = file(
        decision("route", expression("out", "s"), "s"),
        season,
        attributes=attributes,
    )
    assert decided(content, month=7, s=3) == {"out": out}
    assert decided(content, month=7) == {"out": "summer"}


def chain_of(count: int) -> bytes:
    """Decisions each of which reads the next."""
    links = [
        decision(
            f"d{each}",
            expression(f"d{each}", f"d{each + 1} + 1"),
            f"d{each + 1}",
        )
        for each in range(count - 2)
    ]
    last = decision(f"d{count - 2}", expression(f"d{count - 2}", "x"))
    return file(decision("route", expression("out", "d0"), "d0"), *links, last)


def test_a_chain_of_a_thousand_decisions_is_made_and_a_longer_one_told() -> (
    None
):
    assert decided(chain_of(1_000), x=1) == {"out": 999}
    told = [message for _element, message in errors(chain_of(1_001))]
    assert "决策表文件有 1001 个决策，超过 1000 个，请拆成几个文件" in told


@pytest.mark.parametrize(
    ("namespace", "refused"), [("t", []), ("other", ["依赖另一个文件"])]
)
def test_a_requirement_may_name_the_namespace_of_its_own_file(
    namespace: str, refused: list[str]
) -> None:
    inner = decision("route", expression("out", "first + 1"), "first")
    content = (
        HEAD
        + inner.replace("#first", f"{namespace}#first")
        + decision("first", expression("first", "x * 2"))
        + "</definitions>"
    ).encode()
    found = check({"p.bpmn": document(BODY), "r.dmn": content})
    assert len(found) == len(refused)
    assert all(
        why in finding.message
        for why, finding in zip(refused, found, strict=True)
    )
    if not refused:
        play = Play(BODY, variables={"x": 4}, resources={"r.dmn": content})
        assert play.outcome.variables["out"] == 9


def test_a_column_without_a_type_is_called_by_what_it_does_not_take() -> None:
    told = str(refusal("a", None, "金额"))
    assert told == "“金额”列不能填“a”（文字），请改列的类型或填入的值"
