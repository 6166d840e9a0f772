"""What Camunda 8 reads in the order of its lines: an input mapping sees those before it, and `loopCounter`
begins with 1. Here all inputs are read at once, and it begins with 0."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from orchestrator.bpmn_import import placing, texts
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions, languages, loops
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

COUNTER = "loopCounter"
_CODES = {
    "message": "name",
    "signal": "name",
    "error": "errorCode",
    "escalation": "escalationCode",
}
"""What an event is known by → the attribute that may be an expression."""
_NAMING = ("variable", "defined")
"""Functions that read a variable whose name is written as a text."""


@dataclass(slots=True)
class InputAllowance:
    """What the inputs of one file may still become."""

    characters: int = 100 * expressions.MAX_LENGTH


@dataclass(frozen=True, slots=True)
class _Known:
    """An input that later ones read."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    """What it reads itself."""

    @classmethod
    def of(
        cls,
        text: str,
    ) -> _Known:
        tree = ast.parse(text, mode="eval").body
        names = {name.id for name in loops.free_names(tree)}
        return cls(
            text,
            tree,
            frozenset({*names, *_named_in(tree)}),
        )


def in_order(
    activity: Any,
    report: Report,
    is_counted: bool,
    room: InputAllowance,
) -> None:
    """Each input of the activity says by itself what it reads of those before it. `is_counted`: whether the
    activity has several instances whose number is read somewhere. What a call hands over sees that number
    already."""
    known: dict[str, _Known | None] = {}
    if is_counted and activity.tag != tag("callActivity"):
        known[COUNTER] = _Known.of(f"{COUNTER} + 1")
    for node in _inputs(activity):
        name = node.get("name") or node.get("target") or ""
        source = _source(node)
        if source is None:
            continue
        written = _with_known(source, known, room)
        if written is None:
            known[name] = None
            _refuse(node, source)
            report.unsupported(
                activity,
                "input",
                say(
                    "输入参数“{name}”用到前面的输入参数，连起来太长，请改写后重新导入",
                    name=name,
                ),
            )
            continue
        if written != source:
            _write(node, written)
        known[name] = _Known.of(written)
    if is_counted:
        _count_from_one(activity, report)


def codes(
    root: Any,
    report: Report,
) -> None:
    """Names of messages and signals and codes of errors and escalations that are FEEL."""
    for kind, attribute in _CODES.items():
        for node in root.iter(tag(kind)):
            given = node.get(attribute) or ""
            if not given.strip().startswith("="):
                continue
            text = texts.template(given)
            node.set(attribute, text.text)
            if text.problem:
                report.unsupported(
                    node,
                    attribute,
                    say(
                        "“{given}”不能用：{problem}，请改写",
                        given=given,
                        problem=text.problem,
                    ),
                )
            else:
                report.mapped(
                    node,
                    attribute,
                    say(
                        "“{given}”改写为“{written}”",
                        given=given,
                        written=text.text,
                    ),
                )


def _inputs(activity: Any) -> list[Any]:
    outer = activity.find(tag("extensionElements"))
    if outer is None:
        return []
    kinds = (
        camunda("inputParameter"),
        camunda("in"),
    )
    return [node for node in outer.iter() if node.tag in kinds]


def _source(node: Any) -> str | None:
    """The expression that the input is; None where it is none of ours."""
    text = (node.text or "").strip()
    if node.tag == camunda("in"):
        text = node.get("sourceExpression") or ""
    elif not text.startswith("${"):
        return repr(text)
    inner = expressions.unwrap(text)
    if not inner or languages.objection(inner):
        return None
    return inner


def _write(
    node: Any,
    source: str,
) -> None:
    if node.tag == camunda("in"):
        node.set("sourceExpression", source)
    else:
        node.text = f"${{{source}}}"


def _refuse(
    node: Any,
    source: str,
) -> None:
    """Writes what no check lets pass."""
    refused = texts.refused(source)
    if node.tag == camunda("in"):
        node.set("sourceExpression", refused)
    else:
        node.text = refused


def _with_known(
    source: str,
    known: Mapping[str, _Known | None],
    room: InputAllowance,
) -> str | None:
    """The expression with what it reads of the inputs before it; None where it becomes too long, or reads one
    that did."""
    tree = ast.parse(source, mode="eval").body
    names = [name.id for name in loops.free_names(tree)]
    read = [name for name in (*names, *_named_in(tree)) if name in known]
    if not read:
        return source
    put = {name: given for name in read if (given := known[name])}
    length = sum(len(put[name].text) for name in read if name in put)
    if len(put) < len({*read}) or length > 2 * expressions.MAX_LENGTH:
        return None
    room.characters -= len(source) + length
    if room.characters < 0:
        return None
    changed = _Reader(put, tree).put_in(tree, {})
    written = ast.unparse(ast.fix_missing_locations(changed))
    return None if languages.objection(written) else written


def _named_in(tree: ast.AST) -> Iterator[str]:
    """Names that are written as texts, as in `variable("x")`."""
    for node in ast.walk(tree):
        if (name := _named(node)) is not None:
            yield name


def _named(node: ast.AST) -> str | None:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _NAMING
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return str(node.args[0].value)
    return None


class _Reader:
    """Puts what is known in the place of its name. A loop whose name it reads gets another one, or the loop
    would take it for its own."""

    def __init__(
        self,
        known: Mapping[str, _Known],
        tree: ast.AST,
    ) -> None:
        self.known = known
        self.read = frozenset().union(
            *(given.names for given in known.values()),
        )
        self.taken = {
            *self.read,
            *(
                node.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Name)
            ),
            *_named_in(tree),
        }

    def put_in(
        self,
        node: Any,
        inside: Mapping[str, str],
    ) -> Any:
        """The node, changed. `inside`: name that a loop around has given → the name it gets."""
        if isinstance(node, ast.Name):
            if node.id in inside:
                return ast.Name(inside[node.id], ast.Load())
            return self._known(node.id) or node
        name = _named(node) or ""
        if name in inside:
            node.args[0] = ast.Constant(inside[name])
        elif name in self.known:
            if node.func.id == "defined":
                return ast.Name("true", ast.Load())
            return self._known(name)
        if isinstance(node, loops.LOOPS):
            return self._loop(node, inside)
        for field, part in ast.iter_fields(node):
            if isinstance(part, list):
                part[:] = [self._part(each, inside) for each in part]
            elif isinstance(node, ast.Call) and field == "func":
                continue
            else:
                setattr(node, field, self._part(part, inside))
        return node

    def _part(
        self,
        part: Any,
        inside: Mapping[str, str],
    ) -> Any:
        return self.put_in(part, inside) if isinstance(part, ast.AST) else part

    def _loop(
        self,
        node: ast.ListComp | ast.GeneratorExp,
        inside: Mapping[str, str],
    ) -> ast.expr:
        for part in node.generators:
            part.iter = self.put_in(part.iter, inside)
            name = loops.target_of(part)
            inside = {**inside, name: self._free(name)}
            part.target = ast.Name(inside[name], ast.Store())
            part.ifs = [self.put_in(test, inside) for test in part.ifs]
        node.elt = self.put_in(node.elt, inside)
        return node

    def _free(
        self,
        name: str,
    ) -> str:
        """The name of a loop, or one like it that nothing else has."""
        if name not in self.read:
            return name
        number = 1
        while f"{name}_{number}" in self.taken:
            number += 1
        self.taken.add(f"{name}_{number}")
        return f"{name}_{number}"

    def _known(
        self,
        name: str,
    ) -> ast.expr | None:
        if name not in self.known:
            return None
        return deepcopy(self.known[name].tree)


def _count_from_one(
    activity: Any,
    report: Report,
) -> None:
    placing.parameter(
        report,
        activity,
        "input",
        COUNTER,
        f"${{{COUNTER} + 1}}",
        COUNTER,
    )
    outer = activity.find(tag("extensionElements"))
    parameters = outer.find(camunda("inputOutput"))
    parameters.insert(0, parameters[-1])


def reads_the_number(root: Any) -> bool:
    """Whether anything in the file reads the number of an instance."""
    return COUNTER.encode() in etree.tostring(root)
