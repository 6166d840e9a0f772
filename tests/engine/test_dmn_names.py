"""Names with a space in a DMN file, and the values that its types allow."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import decisions, dmn_index, dmn_nodes, xml
from orchestrator.engine.editions import Edition
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import Play, document
from tests.engine.test_decisions import BODY
from tests.engine.test_requirements import decided, errors, expression, file


def data(name: str, type_ref: str = "string") -> str:
    return (
        f'<inputData id="i_{name}" name="{name}">'
        f'<variable name="{name}" typeRef="{type_ref}"/></inputData>'
    )


def drawn(name: str, logic: str, *reads: str, id: str = "route") -> str:
    """A decision that requires the input data of these names, and decisions of `#id`."""
    needs = "".join(
        f'<informationRequirement><requiredDecision href="{each}"/></informationRequirement>'
        if each.startswith("#")
        else f'<informationRequirement><requiredInput href="#i_{each}"/></informationRequirement>'
        for each in reads
    )
    return f'<decision id="{id}" name="{name}">{needs}{logic}</decision>'


GREETED = file(
    data("Full Name"),
    data("Full"),
    drawn(
        "out",
        expression("out", '"Full Name: " + Full  Name + Full'),
        "Full Name",
        "Full",
    ),
)


def test_a_name_with_a_space_is_read_as_a_variable_of_that_name() -> None:
    assert decided(GREETED, Full_Name="Li", Full="!") == {
        "out": "Full Name: Li!"
    }
    given = {"Full Name": "Wu", "Full_Name": "Li", "Full": "!"}
    assert decided(GREETED, **given)["out"] == "Full Name: Wu!"
    notes = [
        found.message
        for found in check({"p.bpmn": document(BODY), "r.dmn": GREETED})
    ]
    assert [("“Full_Name”" in note) for note in notes] == [True]


def test_a_result_with_a_space_in_its_name_is_read_and_kept() -> None:
    content = file(
        data("x", "number"),
        drawn("Base Rate", expression("Base Rate", "x * 2"), "x", id="base"),
        drawn(
            "Final Rate", expression("Final Rate", "Base Rate + 1"), "#base"
        ),
    )
    assert decided(content, x=2) == {"Final_Rate": 5}


@pytest.mark.parametrize("name", ["a.b", "fire and flood", "x+y"])
def test_a_name_that_would_be_read_as_something_else_is_refused(
    name: str,
) -> None:
    content = file(
        data(name), drawn("out", expression("out", f"{name} = 1"), name)
    )
    assert any(name in message for _id, message in errors(content))
    unread = file(
        data(name), drawn("out", expression("out", f'"{name}"'), name)
    )
    assert errors(unread) == []


def test_two_names_that_become_one_variable_are_refused() -> None:
    content = file(
        data("Full Name"),
        data("Full_Name"),
        drawn("out", expression("out", "Full Name"), "Full Name", "Full_Name"),
    )
    assert errors(content)


def looked_at(count: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How often a file of so many decisions is walked, and the nodes that are looked at beside that."""
    counts = {"walks": 0, "nodes": 0}
    local = dmn_nodes.local

    class Counted(dmn_index.Index):
        def __init__(self, root: Any) -> None:
            counts["walks"] += 1
            super().__init__(root)

    def counted(node: Any) -> str:
        counts["nodes"] += 1
        return local(node)

    drawings = [
        drawn(
            f"n{number}",
            expression(f"n{number}", "Full Name"),
            "Full Name",
            *([f"#d{number - 1}"] if number else []),
            id=f"d{number}",
        )
        for number in range(count)
    ]
    content = file(LEVELS, data("Full Name", "t:level"), *drawings)
    root, _problems = xml.parse(content)
    with monkeypatch.context() as patched:
        patched.setattr(dmn_index, "Index", Counted)
        patched.setattr(dmn_nodes, "local", counted)
        assert len(decisions.read_tables(root)) == count
    return counts["walks"], counts["nodes"]


def test_a_file_is_walked_once_however_many_decisions_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walks, few = looked_at(10, monkeypatch)
    more, many = looked_at(40, monkeypatch)
    assert (walks, more) == (1, 1)
    assert many < few * 5


LEVELS = (
    '<itemDefinition name="level"><typeRef>string</typeRef>'
    '<allowedValues><text>"low", "high"</text></allowedValues></itemDefinition>'
)
AGES = (
    '<itemDefinition name="age"><typeRef>number</typeRef>'
    "<typeConstraint><text>[0..150]</text></typeConstraint></itemDefinition>"
)
LISTS = LEVELS.replace('name="level"', 'name="level" isCollection="true"')
LIMITED = {
    "data": file(
        LEVELS,
        data("x", "t:level"),
        drawn("out", expression("out", "x"), "x"),
    ),
    "result": file(LEVELS, drawn("out", expression("out", "x", "level"))),
    "column": file(
        LEVELS,
        drawn(
            "out",
            '<decisionTable><input><inputExpression typeRef="level"><text>x</text>'
            '</inputExpression></input><output name="out"/><rule><inputEntry>'
            "<text>-</text></inputEntry><outputEntry><text>x</text></outputEntry>"
            "</rule></decisionTable>",
        ),
    ),
}


@pytest.mark.parametrize("place", LIMITED)
def test_a_value_that_its_type_does_not_allow_stops_the_decision(
    place: str,
) -> None:
    content = LIMITED[place]
    assert decided(content, x="low")["out"] == "low"
    assert decided(content, x=None)["out"] is None
    with pytest.raises(ExpressionFailed, match="“middle”不在"):
        decided(content, x="middle")
    before = Play(
        BODY, "", {"x": "middle"}, {"r.dmn": content}, edition=Edition.FOURTH
    )
    assert before.outcome.variables["out"] == "middle"


def test_a_range_limits_numbers_and_a_type_of_lists_is_not_asked() -> None:
    content = file(
        AGES, data("x", "age"), drawn("out", expression("out", "x"), "x")
    )
    assert decided(content, x=150)["out"] == 150
    with pytest.raises(ExpressionFailed, match="“151”不在"):
        decided(content, x=151)
    lists = file(
        LISTS, data("x", "level"), drawn("out", expression("out", "x"), "x")
    )
    assert decided(lists, x=["low"])["out"] == ["low"]


def test_limits_that_cannot_be_read_are_refused() -> None:
    content = LIMITED["data"].replace(b'"low", "high"', b"low high")
    assert errors(content)


LISTED = (
    '<decisionTable hitPolicy="FIRST"><input><inputExpression><text>x</text>'
    '</inputExpression><inputValues><text>"low", "high"</text></inputValues>'
    '</input><output name="out"><outputValues><text>1, 2</text></outputValues>'
    '</output><rule><inputEntry><text>"low"</text></inputEntry><outputEntry>'
    "<text>1</text></outputEntry></rule><rule><inputEntry><text>-</text>"
    "</inputEntry><outputEntry><text>3</text></outputEntry></rule></decisionTable>"
)


def test_values_that_a_column_lists_are_the_only_ones() -> None:
    content = file(drawn("out", LISTED))
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []
    assert decided(content.replace(b">3<", b">2<"), x="")["out"] == 2
    assert decided(content, x="low")["out"] == 1
    with pytest.raises(ExpressionFailed, match="“middle”不在"):
        decided(content, x="middle")
    with pytest.raises(ExpressionFailed, match="“3”不在"):
        decided(content, x="high")
    assert errors(file(drawn("out", LISTED.replace("1, 2", "one two", 1))))


def test_the_value_for_no_rule_must_be_listed_too() -> None:
    otherwise = "<defaultOutputEntry><text>{}</text></defaultOutputEntry>"
    listed = LISTED.replace("<text>-</text>", '<text>"none"</text>')
    for value in (2, 4):
        written = otherwise.format(value) + "</output>"
        content = file(drawn("out", listed.replace("</output>", written)))
        if value == 2:
            assert decided(content, x="high")["out"] == 2
            continue
        with pytest.raises(ExpressionFailed, match="“4”不在"):
            decided(content, x="high")


def test_camunda_only_suggests_the_values_that_a_column_lists() -> None:
    content = file(
        drawn("out", LISTED),
        attributes='xmlns:camunda="http://camunda.org/schema/1.0/dmn"',
    )
    assert decided(content, x="middle")["out"] == 3
    (note,) = check({"p.bpmn": document(BODY), "r.dmn": content})
    assert (note.severity, "inputValues" in note.message) == ("note", True)


def test_a_name_with_a_hyphen_is_read_as_a_variable() -> None:
    content = file(
        data("Start-Day", "date"),
        data("Full", "date"),
        drawn(
            "out",
            expression("out", "Start-Day - Full"),
            "Start-Day",
            "Full",
        ),
    )
    assert decided(content, Start_Day="2026-03-02", Full="2026-03-01") == {
        "out": "P1D"
    }


def test_a_name_with_a_hyphen_is_no_name_where_it_may_be_a_difference() -> (
    None
):
    content = file(
        data("a", "number"),
        data("b", "number"),
        data("a-b", "number"),
        drawn("out", expression("out", "a-b"), "a", "b", "a-b"),
    )
    assert any("a-b" in message for _id, message in errors(content))


def test_two_names_of_which_one_has_a_hyphen_are_not_one_variable() -> None:
    content = file(
        data("net-income", "number"),
        data("net income", "number"),
        drawn("out", expression("out", "net-income"), "net-income"),
    )
    assert errors(content) == []
    both = content.replace(
        b"</informationRequirement>",
        b'</informationRequirement><informationRequirement><requiredInput href="#i_net income"/>'
        b"</informationRequirement>",
    )
    ((_id, message),) = errors(both)
    assert "“net-income”、“net income”都按变量“net_income”读取" in message


@pytest.mark.parametrize("written", ["net - income", "net -income"])
def test_a_name_with_spaces_around_its_hyphen_is_no_difference_unseen(
    written: str,
) -> None:
    content = file(
        data("net-income", "number"),
        drawn("out", expression("out", f"{written} * 2"), "net-income"),
    )
    ((_id, message),) = errors(content)
    assert f"“{written}”是两个变量相减，而有名称“net-income”" in message


def test_durations_of_input_data_are_counted() -> None:
    content = file(
        data("wait", "dayTimeDuration"),
        data("more", "dayTimeDuration"),
        drawn(
            "out",
            expression("out", "wait + more > duration(&quot;PT90M&quot;)"),
            "wait",
            "more",
        ),
    )
    assert decided(content, wait="PT1H", more="PT31M") == {"out": True}
    assert decided(content, wait="PT1H", more="PT30M") == {"out": False}


def test_texts_of_durations_are_joined_as_any_texts() -> None:
    content = file(
        data("wait"),
        data("more"),
        drawn("out", expression("out", "wait + more"), "wait", "more"),
    )
    assert decided(content, wait="PT1H", more="PT31M") == {"out": "PT1HPT31M"}
