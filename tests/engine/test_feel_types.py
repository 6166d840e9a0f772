"""A value of another type than its place names is null in a file that goes by the standard, and converted or
left alone where the engine that the file is of does so."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.engine import feel_types, table_trials, xml
from tests.engine.test_boxed_decisions import (
    NAMED,
    bound,
    document,
    entry,
    knows,
    literal,
    model,
    told,
)
from tests.engine.test_decisions import HEAD

TYPES = (
    '<itemDefinition name="many" isCollection="true"><typeRef>number</typeRef></itemDefinition>'
    '<itemDefinition name="person"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="ages"><typeRef>many</typeRef></itemComponent></itemDefinition>'
)
NUMBER = (
    '<literalExpression typeRef="number"><text>{}</text></literalExpression>'
)
CAMUNDA = 'namespace="http://camunda.org/schema/1.0/dmn"'


def typed(content: bytes, type_ref: str) -> bytes:
    """The decision with that type of its variable."""
    named = f'<variable name="out" typeRef="{type_ref}"/>'
    return content.replace(NAMED.encode(), named.encode())


def decided(logic: str, models: str = "", type_ref: str = "") -> Any:
    content = document(TYPES + models, logic)
    if type_ref:
        content = typed(content, type_ref)
    found = table_trials.decide(content, "route", {})
    assert not found.failure
    return found.result["out"]


@pytest.mark.parametrize(
    ("type_ref", "text", "value"),
    [
        ("number", "1 + 1", 2),
        ("string", "1 + 1", None),
        ("feel:number", '"2"', None),
        ("boolean", '"true"', None),
        ("boolean", "1 = 1", True),
        ("string", '["a"]', "a"),
        ("string", "[1]", None),
        ("string", '["a", "b"]', None),
        ("many", "[1, null]", [1, None]),
        ("many", '[1, "a"]', None),
        ("many", "2", [2]),
        ("many", '"a"', None),
        ("many", "null", None),
        ("date", '"2026-03-01"', "2026-03-01"),
        ("date", '"soon"', None),
        ("person", '{name: "a", ages: [1]}', {"name": "a", "ages": [1]}),
        ("person", '{name: "a"}', None),
        ("person", '{name: "a", ages: ["b"]}', None),
        ("unknown", "5", 5),
        ("Any", "5", 5),
    ],
)
def test_a_result_of_another_type_is_null(
    type_ref: str, text: str, value: Any
) -> None:
    result = decided(literal(text), type_ref=type_ref)
    assert result == value
    assert isinstance(result, bool) is isinstance(value, bool)


def test_the_type_of_the_expression_counts_where_the_variable_has_none() -> (
    None
):
    assert decided(NUMBER.format('"a"')) is None


def _parameter(name: str, body: str, type_ref: str) -> str:
    return model(name, body, "a").replace(
        'Parameter name="a"', f'Parameter name="a" typeRef="{type_ref}"'
    )


@pytest.mark.parametrize(
    ("given", "value"), [("5", 5), ('"5"', None), ("[5]", 5), ("null", None)]
)
def test_what_is_handed_to_a_model_is_of_its_type(
    given: str, value: Any
) -> None:
    models = _parameter("f", literal("a"), "number")
    assert decided(knows("f") + literal(f"f({given})"), models) == value
    box = f"<invocation>{literal('f')}{bound('a', given)}</invocation>"
    assert decided(knows("f") + box, models) == value


def test_a_model_s_result_and_an_entry_are_of_their_types() -> None:
    models = model("f", NUMBER.format("[a]"), "a")
    assert decided(knows("f") + literal("f(5)"), models) == 5
    assert decided(knows("f") + literal('f("a")'), models) is None
    box = f"<context>{entry(literal('5'), 'a')}{entry(literal('a'))}</context>"
    box = box.replace('name="a"', 'name="a" typeRef="many"')
    assert decided(box) == [5]


def test_input_data_of_another_type_stop_the_decision() -> None:
    data = '<inputData id="i" name="n"><variable name="n" typeRef="many"/></inputData>'
    needs = '<informationRequirement><requiredInput href="#i"/></informationRequirement>'
    content = document(TYPES + data, needs + literal("n"))
    assert table_trials.decide(content, "route", {"n": 1}).result == {
        "out": [1]
    }
    failed = table_trials.decide(content, "route", {"n": "x"}).failure
    assert "输入数据“n”的值是文字" in failed


def test_files_of_camunda_convert_and_leave_what_others_make_null() -> None:
    content = typed(document("", literal("1 + 1")), "string")
    camunda = content.replace(b'namespace="t"', CAMUNDA.encode())
    assert camunda != content
    assert table_trials.decide(camunda, "route", {}).result == {"out": "2"}
    models = _parameter("f", literal("a"), "number")
    called = document(models, knows("f") + literal('f("5")'))
    camunda = called.replace(b'namespace="t"', CAMUNDA.encode())
    assert table_trials.decide(camunda, "route", {}).result == {"out": "5"}


def test_a_column_of_another_type_stops_the_decision() -> None:
    content = (
        f'{HEAD}<decision id="route" name="r"><decisionTable><input><inputExpression typeRef="number">'
        "<text>x</text></inputExpression></input><output name='out' typeRef='string'/><rule><inputEntry>"
        "<text>-</text></inputEntry><outputEntry><text>y</text></outputEntry></rule></decisionTable>"
        "</decision></definitions>"
    ).encode()

    def told(**given: Any) -> str:
        return table_trials.decide(content, "route", given).failure

    assert told(x=1, y="a") == ""
    assert "“x”列的类型是数字，而“5”是文字" in told(x="5", y="a")
    assert "“out”列的类型是文字，而“5”是数字" in told(x=5, y=5)


def _column(type_ref: str, *cells: str) -> bytes:
    """A table whose rows say their number, a column of that type."""
    rows = "".join(
        f"<rule><inputEntry><text>{cell}</text></inputEntry><outputEntry><text>{number}</text></outputEntry></rule>"
        for number, cell in enumerate(cells, 1)
    )
    return (
        f'{HEAD}<decision id="route" name="r"><decisionTable hitPolicy="FIRST"><input><inputExpression'
        f' typeRef="{type_ref}"><text>x</text></inputExpression></input><output name="out"/>{rows}'
        "</decisionTable></decision></definitions>"
    ).encode()


@pytest.mark.parametrize(
    "cell",
    ["&gt; 3", '"soon"', 'not("soon")', '&gt; date("2026-03-01")', "today()"],
)
@pytest.mark.parametrize(
    "type_ref", ["dayTimeDuration", "years and months duration"]
)
def test_durations_are_compared_with_nothing_else(
    cell: str, type_ref: str
) -> None:
    assert "比较时长" in told(_column(type_ref, cell))


@pytest.mark.parametrize(
    "cell",
    ['&gt; "P3D"', '"P4D"', "&gt; y", "y, x", "?.days &gt; 3", "x.days = 4"],
)
def test_what_a_column_of_durations_can_decide_is_not_told(cell: str) -> None:
    content = _column("dayTimeDuration", cell)
    assert told(content) == ""
    given = {"x": "P4D", "y": "P3D"}
    decided_on = table_trials.TriedFile(content).decide("route", given)
    assert (decided_on.result, decided_on.failure) == ({"out": 1}, "")


@pytest.mark.parametrize(
    ("type_ref", "cell", "value"),
    [
        ("date", '&gt; duration("P3D")', "2026-03-01"),
        ("dateTime", '&gt; duration("P3D")', "2026-03-01T08:30"),
        ("time", "&gt; today()", "08:30"),
        ("date", '&lt; time("08:30:00")', "2026-03-01"),
    ],
)
def test_a_day_beside_a_duration_or_a_time_is_told(
    type_ref: str, cell: str, value: str
) -> None:
    content = _column(type_ref, cell)
    assert "不能比较" in told(content)
    assert (
        table_trials.TriedFile(content).decide("route", {"x": value}).failure
    )


def test_whether_there_is_a_duration_can_be_asked() -> None:
    content = _column("dayTimeDuration", "null", "not(null)", "-")
    assert told(content) == ""
    decided_on = table_trials.TriedFile(content)
    assert decided_on.decide("route", {"x": "P1D"}).result == {"out": 2}
    assert decided_on.decide("route", {"x": None}).result == {"out": 1}


@pytest.mark.parametrize(
    ("type_ref", "value"),
    [
        ("time", "10:00:00Z"),
        ("dateTime", "2026-03-01T10:00:00+08:00"),
    ],
)
def test_input_data_that_texts_do_not_order_stop_the_decision(
    type_ref: str, value: str
) -> None:
    data = f'<inputData id="i" name="n"><variable name="n" typeRef="{type_ref}"/></inputData>'
    needs = '<informationRequirement><requiredInput href="#i"/></informationRequirement>'
    content = document(data, needs + literal("n > m"))
    given = {"n": value, "m": value}
    assert table_trials.decide(content, "route", given).failure
    if type_ref == "time":
        plain = {"n": "10:00", "m": "09:00"}
        result = table_trials.decide(content, "route", plain).result
        assert result == {"out": True}
        column = _column("time", "y")
        assert table_trials.decide(column, "route", {"x": value}).failure


def test_types_inside_each_other_are_looked_at_up_to_a_number() -> None:
    """Ten parts each of the next type, eight types deep, would be 100 million."""
    types = "".join(
        f'<itemDefinition name="t{depth}">'
        + "".join(
            f'<itemComponent name="p{part}"><typeRef>t{(depth + 1) % 9}</typeRef></itemComponent>'
            for part in range(10)
        )
        + "</itemDefinition>"
        for depth in range(9)
    )
    root, _problems = xml.parse(document(types, literal("1")))
    described = feel_types.described(root, "t0")
    assert described is not None
    assert described.count("p0") < 300
