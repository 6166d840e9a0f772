"""Names of a DMN document: those with a space, which a variable cannot have, and the values that a type
allows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from orchestrator.engine import (
    cells,
    decision_refusals,
    dmn_boxed,
    dmn_index,
    dmn_juel,
    dmn_limits,
    dmn_nodes,
    feel_types,
)
from orchestrator.engine.dmn_spelling import (
    QUOTED,
    as_variable,
    respelled,
    sharing,
    spaced,
    spread,
    visible,
)
from orchestrator.engine.editions import Edition
from orchestrator.engine.translating import MAX_LENGTH
from orchestrator.sentences import say


def as_table(decision: Any) -> Any:
    """As `dmn_nodes.as_table`, boxes and calls of models written out, with the names that have a space as
    variables, and with JUEL as ours."""
    copied = dmn_nodes.as_table(dmn_boxed.unboxed(decision))
    whole = decision.getroottree().getroot().get("expressionLanguage")
    dmn_juel.put_ours(copied, whole)
    names = spaced(decision)
    for node in copied.iter() if names else ():
        if dmn_nodes.local(node) == "text" and node.text:
            node.text = respelled(node.text, names)
    return copied


def input_data(decision: Any) -> frozenset[str]:
    """Variables that the decision's requirements of input data stand for."""
    names = map(as_variable, dmn_nodes.input_data(decision))
    return frozenset(filter(None, names))


def result_variable(decision: Any) -> str:
    """The name under which the decision's result is read."""
    variable = dmn_nodes.child(decision, "variable")
    named = None
    if variable is not None:
        named = variable.get("name")
    name = named or decision.get("name") or ""
    return as_variable(name) or name


def objections(decision: Any) -> Iterator[str]:
    """Names that the decision reads and that an expression would take for something else."""
    readable = spaced(decision)
    texts = [
        " ".join(QUOTED.sub('""', node.text).split())
        for node in decision.iter()
        if dmn_nodes.local(node) == "text" and node.text
    ]
    for name in dict.fromkeys(visible(decision)):
        plain = " ".join(name.split())
        if plain.isidentifier() or plain in readable:
            continue
        if any(plain in text for text in texts):
            yield say(
                "用到的名称“{name}”会读成别的意思，名称只用字母、汉字、数字和下划线，请改名",
                name=name[:60],
            )
    yield from _of_one_variable(decision)
    for text in texts:
        for name, written in spread(text, readable):
            yield say(
                "里的“{written}”是两个变量相减，而有名称“{name}”，请照名称写，或给名称换一个不带连字符的",
                written=written[:60],
                name=name[:60],
            )


def _of_one_variable(decision: Any) -> Iterator[str]:
    for variable, names in sharing(decision).items():
        yield say(
            "用到的名称{listed}都按变量“{variable}”读取，分不开，请改名",
            listed="、".join(f"“{name[:60]}”" for name in names),
            variable=variable[:60],
        )


def remarks(decision: Any) -> Iterator[str]:
    """The names with a space, and the variables that are read for them."""
    for name, variable in spaced(decision).items():
        yield say(
            "的名称“{name}”里有空格或连字符，按变量“{variable}”读取",
            name=name[:60],
            variable=variable[:60],
        )
    for name in _given(decision):
        kept = as_variable(name)
        if kept and kept != name:
            yield say(
                "的结果“{name}”里有空格或连字符，存为变量“{variable}”",
                name=name[:60],
                variable=kept[:60],
            )


def _columns(table: Any) -> list[Any]:
    return [
        node
        for node in (() if table is None else table)
        if dmn_nodes.local(node) in ("input", "output")
    ]


def _given(decision: Any) -> list[str]:
    """What the decision's one result is called; empty where it has several."""
    table = dmn_nodes.child(decision, "decisionTable")
    outputs = [
        node.get("name")
        for node in (() if table is None else table)
        if dmn_nodes.local(node) == "output"
    ]
    if len(outputs) > 1:
        return []
    variable = dmn_nodes.child(decision, "variable")
    of_decision = None if variable is None else variable.get("name")
    names = (*outputs, of_decision, decision.get("name"))
    return list(filter(None, names))[:1]


def allowed(node: Any, type_ref: str | None, edition: Edition) -> str | None:
    """The test that a value of the type must pass, as an expression over the value; None where any passes,
    and up to the fourth edition. Up to the seventh only what the type itself limits counts: not the entries
    of a list, the components of a context, and what is limited by the type that defines it."""
    if not type_ref or edition < Edition.FIFTH:
        return None
    wanted = type_ref.rpartition(":")[2]
    return dmn_index.once(
        node,
        ("allowed", wanted, edition),
        lambda: _allowed(node, wanted, edition),
    )


def _allowed(node: Any, wanted: str, edition: Edition) -> str | None:
    if edition >= Edition.EIGHTH:
        return dmn_limits.test_of(node, wanted, edition)
    item = dmn_index.of(node).types.get(wanted)
    if item is None:
        return None
    limits = [
        dmn_nodes.text(value)
        for value in item
        if dmn_nodes.local(value) in ("allowedValues", "typeConstraint")
    ]
    return cells.unary_test(next(iter(limits), ""), edition)


def listed(clause: Any, root: Any, edition: Edition) -> str | None:
    """The test of the values that a column lists; None where it lists none, in a file of Camunda, which only
    suggests them, and up to the fourth edition."""
    if edition < Edition.FIFTH or only_suggests(root):
        return None
    for node in clause:
        if dmn_nodes.local(node) in ("inputValues", "outputValues"):
            return cells.unary_test(dmn_nodes.text(node), edition)
    return None


def only_suggests(root: Any) -> bool:
    """Whether the values that a column lists are suggestions, as in files of Camunda."""
    spaces = (*root.nsmap.values(), root.get("namespace") or "")
    return any("camunda.org/" in space for space in spaces if space)


def unreadable_limits(decision: Any, edition: Edition) -> Iterator[str]:
    """Why the values that a type allows cannot be asked for."""
    refs = [
        ref
        for owner in (
            decision,
            *dmn_nodes.required_nodes(decision, "requiredInput"),
        )
        for ref in _types_of(owner)
    ]
    root = decision.getroottree().getroot()
    table = dmn_nodes.child(decision, "decisionTable")
    tests = [
        *(allowed(decision, ref, edition) for ref in dict.fromkeys(refs)),
        *(listed(clause, root, edition) for clause in _columns(table)),
    ]
    for test in filter(None, tests):
        yield from dmn_index.once(
            decision,
            ("limits", test),
            partial(_objections_to, test),
        )


def _objections_to(test: str) -> list[str]:
    if len(test) > MAX_LENGTH:
        return [
            say(
                "的类型里写明可取的值的部分太多，本系统不能逐一核对，请减少类型里的部分",
            ),
        ]
    return list(
        decision_refusals.of_expression(say("的类型或列里写明的值"), test),
    )


def _types_of(owner: Any) -> list[str]:
    """The types that stand in it, each once."""
    return dmn_index.once(
        owner,
        ("types", owner),
        lambda: list(
            dict.fromkeys(
                node.get("typeRef")
                for node in owner.iter()
                if node.get("typeRef")
            ),
        ),
    )


def allowed_data(
    decision: Any,
    edition: Edition,
) -> tuple[tuple[str, str], ...]:
    """(variable, the test that its value must pass) of the input data that the decision requires."""
    tests = []
    for node in dmn_nodes.required_nodes(decision, "requiredInput"):
        variable = dmn_nodes.child(node, "variable")
        if variable is None:
            continue
        name = as_variable(variable.get("name") or node.get("name") or "")
        test = allowed(decision, variable.get("typeRef"), edition)
        if name and test:
            tests.append((name, test))
    return tuple(tests)


def data_types(decision: Any) -> tuple[tuple[str, str], ...]:
    """(variable, its type as `feel_types` describes it) of the input data that the decision requires."""
    types = []
    for node in dmn_nodes.required_nodes(decision, "requiredInput"):
        variable = dmn_nodes.child(node, "variable")
        if variable is None:
            continue
        name = as_variable(variable.get("name") or node.get("name") or "")
        kind = feel_types.described(decision, variable.get("typeRef"))
        if name and kind:
            types.append((name, kind))
    return tuple(types)
