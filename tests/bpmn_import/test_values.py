"""Values of several parts: lists, maps and scripts of Camunda 7, contexts and inner targets of Camunda 8."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert, zeebe_order
from orchestrator.engine.errors import ExpressionFailed
from tests.engine.diagrams import END, START, Play, document, flow, user

ZEEBE = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
SCRIPT = '<camunda:script scriptFormat="{}">{}</camunda:script>'


def camunda(*values: tuple[str, str]) -> str:
    """Output parameters of a step."""
    given = "".join(
        f'<camunda:outputParameter name="{name}">{value}</camunda:outputParameter>'
        for name, value in values
    )
    return f"<camunda:inputOutput>{given}</camunda:inputOutput>"


def zeebe(*mappings: tuple[str, str], kind: str = "output") -> str:
    given = "".join(
        f'<zeebe:{kind} source="{source}" target="{target}"/>'
        for target, source in mappings
    )
    return f"<zeebe:ioMapping {ZEEBE}>{given}</zeebe:ioMapping>"


def drawn(extension: str) -> bytes:
    task = user("a").replace(
        "/>", f"><extensionElements>{extension}</extensionElements></userTask>"
    )
    return document(
        START + task + user("b") + END + flow("start", "a", "b", "end")
    )


def refused(extension: str) -> list[str]:
    converted = convert(drawn(extension))
    told = [
        line.told for line in converted.lines if line.verdict == "unsupported"
    ]
    errors = check({"p.bpmn": converted.diagram.encode()})
    assert bool(told) == any(each.severity == "error" for each in errors)
    return told


def after(extension: str, **variables: Any) -> Any:
    """The variables once the step is done, as the imported diagram runs."""
    assert refused(extension) == []
    content = convert(drawn(extension)).diagram.encode()
    play = Play("", variables=variables, resources={"p.bpmn": content})
    return play.complete("a").outcome.variables


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (
            "<camunda:list><camunda:value>a</camunda:value>"
            "<camunda:value>${n + 1}</camunda:value><camunda:value/></camunda:list>",
            ["a", 4, None],
        ),
        (
            '<camunda:map><camunda:entry key="k.l">5</camunda:entry>'
            '<camunda:entry key="m">${n}</camunda:entry></camunda:map>',
            {"k.l": "5", "m": 3},
        ),
        ("<camunda:list/>", []),
        ("<camunda:map/>", {}),
        (
            '<camunda:map><camunda:entry key="in"><camunda:list><camunda:value>x</camunda:value>'
            + SCRIPT.format("groovy", "n * 2")
            + "</camunda:list></camunda:entry></camunda:map>",
            {"in": ["x", 6]},
        ),
        (SCRIPT.format("groovy", "n + 1"), 4),
        (SCRIPT.format("javascript", "n + 1;"), 4),
        (SCRIPT.format("juel", "${n + 1}"), 4),
        (SCRIPT.format("feel", "= if n > 2 then 1 else 2"), 1),
    ],
)
def test_a_parameter_of_several_parts_is_one_expression(
    value: str, kept: Any
) -> None:
    value = value.replace("> 2", "&gt; 2")
    assert after(camunda(("v", value)), n=3)["v"] == kept


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            SCRIPT.format("groovy", "execution.id"),
            "groovy 脚本“execution.id”",
        ),
        (SCRIPT.format("groovy", "x = 1; x"), "groovy 脚本"),
        (SCRIPT.format("python", "[i for i in n]"), "python 脚本"),
        (
            '<camunda:script scriptFormat="groovy" resource="a.groovy"/>',
            "“a.groovy”",
        ),
        (
            "<camunda:list><camunda:value>a ${n}</camunda:value></camunda:list>",
            "把文字和变量拼在一起",
        ),
        (
            "<camunda:list><camunda:value>{a}</camunda:value></camunda:list>",
            "花括号",
        ),
        (
            "<camunda:list><camunda:value>${foo.bar(1)}</camunda:value></camunda:list>",
            "bar",
        ),
    ],
)
def test_what_is_not_run_of_it_is_refused_by_name(
    value: str, told: str
) -> None:
    (found,) = refused(camunda(("v", value)))
    assert told in found


@pytest.mark.parametrize(
    ("mappings", "kept"),
    [
        ([("o.id", "= n")], {"o": {"id": 3}}),
        (
            [("o.id", "= n"), ("o.place.name", "hall")],
            {"o": {"id": 3, "place": {"name": "hall"}}},
        ),
        ([("old.b", "= n")], {"old": {"a": 1, "b": 3}}),
        ([("old.a.c", "= n")], None),
        ([("o", "= {x: 1}"), ("o.y", "= 2")], {"o": {"x": 1, "y": 2}}),
        (
            [("o", "= {x: n, 'y z': {w: [n]}}")],
            {"o": {"x": 3, "y z": {"w": [3]}}},
        ),
        ([("o", "= context put(old, 'b', 2)")], {"o": {"a": 1, "b": 2}}),
        (
            [("o.x", "= 1"), ("q", "= n"), ("o.y", "= q")],
            {"o": {"x": 1, "y": 3}, "q": 3},
        ),
    ],
)
def test_what_is_mapped_into_a_part_of_a_variable_stays_beside_the_rest(
    mappings: list[tuple[str, str]], kept: dict[str, Any] | None
) -> None:
    extension = zeebe(
        *(
            (target, source.replace("'", "&quot;"))
            for target, source in mappings
        )
    )
    if kept is None:
        with pytest.raises(ExpressionFailed, match="put 只用于一组值"):
            after(extension, n=3, old={"a": 1})
        return
    found = after(extension, n=3, old={"a": 1})
    assert {name: found[name] for name in kept} == kept


@pytest.mark.parametrize(
    "mappings",
    [
        [("o.x", "= 1"), ("o.y", "= o.x + 1")],
        [("o.x", "= q"), ("q", "= 5"), ("o.y", "= 2")],
        [("o.x", "= 1"), ("q", "= o"), ("o.y", "= 2")],
    ],
)
def test_parts_that_read_each_other_in_between_are_refused(
    mappings: list[tuple[str, str]],
) -> None:
    told = refused(zeebe(*mappings))
    assert len(told) >= 2 and all(
        "o.x" in each or "o.y" in each for each in told
    )


def test_what_is_mapped_into_a_step_is_there_alone() -> None:
    assert refused(zeebe(("old.b", "= n"), kind="input")) == []
    content = convert(drawn(zeebe(("old.b", "= n"), kind="input")))
    play = Play(
        "",
        variables={"n": 3, "old": {"a": 1}},
        resources={"p.bpmn": content.diagram.encode()},
    )
    (task,) = play.tasks.values()
    assert task.variables == {"old": {"b": 3}}
    assert play.complete("a").outcome.variables["old"] == {"a": 1}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("= {a: n, b: for n in [1] return a}", "要用前面的“a”"),
        ("= {a: 1", "缺少"),
        ("= {1: 2}", "“1”处的写法"),
        ("= for x in n return partial", "partial"),
    ],
)
def test_a_context_that_is_not_run_is_refused(source: str, told: str) -> None:
    (found,) = refused(zeebe(("v", source)))
    assert told in found
    (found,) = refused(zeebe(("v.w", source)))
    assert told in found


def inputs(*given: tuple[str, str]) -> dict[str, Any]:
    """What the step sees, as the imported diagram runs."""
    extension = zeebe(
        *((name, source.replace('"', "&quot;")) for name, source in given),
        kind="input",
    )
    assert refused(extension) == []
    play = Play(
        "",
        variables={
            "x": 1,
            "l": [7, 8],
            "item": {"k": 2},
            "m": [{"j": 2, "k": 9}, {"j": 9, "k": 9}],
        },
        resources={"p.bpmn": convert(drawn(extension)).diagram.encode()},
    )
    (task,) = play.tasks.values()
    return task.variables


@pytest.mark.parametrize(
    ("first", "then", "seen"),
    [
        ("= x + 1", "= for x in l return a", [2, 2]),
        ("= x + 1", "= for x in l return a + x", [9, 10]),
        ("= x", "= for y in l, x in [y] return a + x", [8, 9]),
        ("= x", "= for a in l return a", [7, 8]),
        ("= item.k", "= m[j = a]", [{"j": 2, "k": 9}]),
        ("= item.k", "= m[item.j = a].j", [2]),
        ('= ["u","v"]', "= count(a)", 2),
    ],
)
def test_an_input_sees_the_one_before_it_as_that_one_is(
    first: str,
    then: str,
    seen: Any,
) -> None:
    assert inputs(("a", first), ("b", then))["b"] == seen


def test_inputs_that_grow_too_long_are_refused_before_they_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = []
    unparse = ast.unparse

    def counted(node: ast.AST) -> str:
        written.append(unparse(node))
        return written[-1]

    monkeypatch.setattr(zeebe_order.ast, "unparse", counted)
    long = ("a", f"= [{','.join(['x'] * 600)}]")
    several = [("b", f"= [{','.join(['a'] * 600)}]"), ("c", "= b")]
    converted = convert(drawn(zeebe(long, *several, kind="input")))
    told = [line.told for line in converted.lines]
    assert sum("连起来太长" in each for each in told) == 2
    assert max(map(len, written), default=0) < 5_000
    many = [(f"b{number}", "= a") for number in range(120)]
    converted = convert(drawn(zeebe(long, *many, kind="input")))
    told = [line.told for line in converted.lines]
    assert 0 < sum("连起来太长" in each for each in told) < 20


@pytest.mark.parametrize("collected", ["n", "loopCounter"])
def test_the_number_of_an_instance_is_collected_by_way_of_an_input(
    collected: str,
) -> None:
    """From 1, as the completion condition sees it too."""
    content = drawn(
        zeebe(("n", "= loopCounter"), kind="input"),
    ).replace(
        b"</extensionElements></userTask>",
        b"</extensionElements><multiInstanceLoopCharacteristics>"
        b"<extensionElements><zeebe:loopCharacteristics "
        + ZEEBE.encode()
        + b' inputCollection="=l" outputCollection="r" outputElement="='
        + collected.encode()
        + b'"/></extensionElements><completionCondition>=loopCounter &gt;= 2'
        b"</completionCondition></multiInstanceLoopCharacteristics></userTask>",
    )
    converted = convert(content)
    imported = {"p.bpmn": converted.diagram.encode()}
    told = [line.told for line in converted.lines]
    if collected == "loopCounter":
        assert any("序号" in each for each in told)
        assert any(each.severity == "error" for each in check(imported))
        return
    play = Play("", variables={"l": [5, 6, 7]}, resources=imported)
    assert play.complete("a").open == ["a", "a"]
    assert play.complete("a").outcome.variables["r"] == [1, 2]
    assert play.open == ["b"]
