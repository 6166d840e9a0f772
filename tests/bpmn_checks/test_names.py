"""Whatever gives a variable its name, the check refuses one that no expression could read; one like a
function's is read as a variable."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import xml
from orchestrator.engine.decisions import read_tables
from orchestrator.engine.expressions import FUNCTIONS, RESERVED
from tests.engine.diagrams import (
    END,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    user,
)

STEP = START + END + flow("start", "x", "end")
MULTI = (
    '<userTask id="x" name="步骤" camunda:candidateGroups="o@county"><multiInstanceLoopCharacteristics '
    'camunda:collection="items" {0}>{1}</multiInstanceLoopCharacteristics></userTask>'
)
TASK = (
    '<userTask id="x" name="步骤" '
    'camunda:candidateGroups="o@county"><extensionElements>{0}</extensionElements></userTask>'
)
CALL = (
    '<callActivity id="x" name="步骤" '
    'calledElement="q"><extensionElements>{0}</extensionElements></callActivity>'
)
ERROR = boundary("b", "x", '<errorEventDefinition camunda:{0}="{1}"/>') + flow(
    "b", "end"
)
PLACES = {
    "input parameter": TASK.format(
        "<camunda:inputOutput><camunda:inputParameter "
        'name="{0}">1</camunda:inputParameter></camunda:inputOutput>'
    ),
    "output parameter": TASK.format(
        "<camunda:inputOutput><camunda:outputParameter "
        'name="{0}">1</camunda:outputParameter></camunda:inputOutput>'
    ),
    "handed in": CALL.format('<camunda:in source="a" target="{0}"/>'),
    "handed in from": CALL.format('<camunda:in source="{0}" target="a"/>'),
    "handed out": CALL.format('<camunda:out source="a" target="{0}"/>'),
    "item": MULTI.format('camunda:elementVariable="{0}"', ""),
    "collected item": MULTI.format(
        "",
        '<loopDataOutputRef>all_of_them</loopDataOutputRef><outputDataItem name="{0}"/>',
    ),
    "collection": MULTI.format(
        "",
        '<loopDataOutputRef>{0}</loopDataOutputRef><outputDataItem name="one"/>',
    ),
    "result of a table": '<businessRuleTask id="x" name="步骤" '
    'camunda:decisionRef="d" camunda:resultVariable="{0}" '
    'camunda:mapDecisionResult="resultList"/>',
    "error code": user("x") + ERROR.format("errorCodeVariable", "{0}"),
    "error message": user("x") + ERROR.format("errorMessageVariable", "{0}"),
}
TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d" '
    'name="表"><decisionTable><input>'
    "<inputExpression><text>days</text></inputExpression></input><output "
    "name={0!r}/><rule><inputEntry><text>{1}</text></inputEntry>"
    "<outputEntry><text>1</text></outputEntry></rule></decisionTable></decision></definitions>"
)


def told(place: str, name: str) -> list[str]:
    resources = {
        "p.bpmn": document(STEP + PLACES[place].format(name)),
        "d.dmn": TABLE.format("level", "3").encode(),
    }
    return [
        each.message
        for each in check(resources)
        if each.rule == "variable-names"
    ]


@pytest.mark.parametrize(
    "name", [*sorted(RESERVED), "_hidden", "two words", "3rd", "a.b", "ＡＢ"]
)
@pytest.mark.parametrize("place", PLACES)
def test_a_name_that_no_expression_can_read_is_refused_where_it_is_given(
    place: str, name: str
) -> None:
    (message,) = told(place, name)
    assert f"“{name}”" in message and "请改名" in message


@pytest.mark.parametrize(
    "name", [*FUNCTIONS, "defined", "variable", "天数", "match", "pass_value"]
)
@pytest.mark.parametrize("place", PLACES)
def test_a_name_that_can_be_read_is_taken(place: str, name: str) -> None:
    assert told(place, name) == []


@pytest.mark.parametrize("name", ["true", "null", "false"])
def test_a_script_cannot_set_a_word_of_the_language(name: str) -> None:
    script = f'<scriptTask id="x" name="步骤"><script>{name} = 3</script></scriptTask>'
    found = [
        each.message
        for each in check({"p.bpmn": document(STEP + script)})
        if each.severity == "error"
    ]
    assert any(f"“{name}”" in each or name in each for each in found), found


@pytest.mark.parametrize("name", ["None", "true", "pass", "if"])
def test_a_column_of_a_table_has_a_name_that_can_be_read(name: str) -> None:
    (found,) = [
        each.message
        for each in check({"d.dmn": TABLE.format(name, "3").encode()})
    ]
    assert f"“{name}”" in found


def branching(condition: str) -> str:
    return (
        START
        + END
        + user("a", "b")
        + gateway("exclusive", "g", default="g_end")
        + flow("start", "a", "g", "end")
        + flow("g", "b", when=condition)
        + flow("b", "end")
    )


@pytest.mark.parametrize("name", [*FUNCTIONS, "defined", "variable"])
def test_a_variable_called_like_a_function_is_read(name: str) -> None:
    body = branching(f"{name} &gt; 3")
    assert [
        each
        for each in check({"p.bpmn": document(body)})
        if each.severity == "error"
    ] == []
    assert Play(body).complete("a", **{name: 5}).open == ["b"]


@pytest.mark.parametrize(
    "condition",
    [
        "None &gt; 3",
        "3 &lt;= null",
        "true &lt; days",
        "1 &lt; days &lt; False",
    ],
)
def test_a_truth_value_or_nothing_is_not_put_in_order(condition: str) -> None:
    (found,) = [
        each
        for each in check({"p.bpmn": document(branching(condition))})
        if each.severity == "error"
    ]
    assert "作比较" in found.message and "请改名" in found.message


@pytest.mark.parametrize(
    "condition",
    [
        "None == -1",
        'null != ["a"]',
        '("a", -1.5) == True',
        'None in ["a", "b"]',
    ],
)
def test_neither_is_compared_with_what_is_written_out(condition: str) -> None:
    found = check({"p.bpmn": document(branching(condition))})
    assert ["作比较" in each.message for each in found] == [True]


@pytest.mark.parametrize(
    "condition",
    [
        "true in [ok, days]",
        "null in [days, null]",
        "days == None",
        "days != null",
        "ok is True",
        "days &gt; 3 and ok == true",
    ],
)
def test_asking_whether_it_is_nothing_or_true_is_fine(condition: str) -> None:
    assert [
        each
        for each in check({"p.bpmn": document(branching(condition))})
        if each.severity == "error"
    ] == []


def test_a_table_that_was_deployed_with_such_a_column_still_decides() -> None:
    root, _problems = xml.parse(TABLE.format("None", "3").encode())
    assert [
        (table.id, table.outputs) for table in read_tables(root).values()
    ] == [("d", ("None",))]
