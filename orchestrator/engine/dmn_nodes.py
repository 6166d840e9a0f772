"""The nodes of a DMN document: its version, its decisions, what each requires, and the text of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from operator import itemgetter
from typing import Any

from lxml import etree

from orchestrator.engine import dmn_index
from orchestrator.sentences import say

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
    "https://www.omg.org/spec/DMN/20240513/MODEL/": "1.6",
}
"""Versions of DMN that are read."""
MAX_DECISIONS = 1_000
"""Decisions of one file."""
_MODELER = "http://camunda.org/schema/modeler/1.0"
_OTHER_LOGIC = {
    "invocation": say("调用业务知识模型（invocation）"),
    "context": say("上下文（context）"),
    "relation": say("关系表（relation）"),
    "list": say("列表（list）"),
    "functionDefinition": say("函数定义（function）"),
    "conditional": say("条件框（conditional）"),
    "for": say("循环框（for）"),
    "every": say("循环框（every）"),
    "some": say("循环框（some）"),
    "filter": say("筛选框（filter）"),
}
"""Ways in which DMN writes a decision and that are not run here."""
EXTENSIONS = (
    "http://camunda.org/schema/1.0/dmn",
    "http://camunda.org/schema/1.0/bpmn",
)
"""Namespaces of Camunda 7's additions to a decision table."""
_QUOTED_OR_WORD = re.compile(
    r"\"[^\"]*\"|'[^']*'|(?<![\w.])[^\W\d]\w*(?!\w|\s*\()",
)


def unread_reason(root: Any) -> str | None:
    """Why no decision of the document is read; None where they are."""
    count = sum(1 for _decision in decision_nodes(root))
    if count > MAX_DECISIONS:
        return say(
            "决策表文件有 {count} 个决策，超过 {most} 个，请拆成几个文件",
            count=count,
            most=MAX_DECISIONS,
        )
    return _namespace_reason(root)


def _namespace_reason(root: Any) -> str | None:
    namespace = root.tag.rpartition("}")[0].removeprefix("{")
    if namespace in NAMESPACES:
        return None
    versions = "、".join(NAMESPACES.values())
    return say(
        "决策表文件的命名空间“{namespace}”不是 DMN {versions} 的，请用建模工具另存为 DMN 1.3",
        namespace=namespace or say("（无）"),
        versions=versions,
    )


def decision_nodes(root: Any) -> Iterator[Any]:
    """The decisions of a DMN document."""
    return (node for node in root.iter() if local(node) == "decision")


def converts_types(root: Any) -> bool:
    """Whether values take the type that their column names, as in Camunda 7; Camunda 8 leaves them as they
    are."""
    return bool(
        root.get(f"{{{_MODELER}}}executionPlatform") != "Camunda Cloud",
    )


def as_table(decision: Any) -> Any:
    """The decision as a plain table: one expression is a row that is true for all, and the name that an input
    has in its cells (camunda:inputVariable) is written `?`."""
    copied = deepcopy(decision)
    if child(decision, "literalExpression") is not None:
        _put_table(copied, decision)
    table = child(copied, "decisionTable")
    if table is None:
        clauses = []
    else:
        clauses = [node for node in table if local(node) == "input"]
    names = [_input_variable(clause) for clause in clauses]
    for rule in table if any(names) else ():
        entries = [node for node in rule if local(node) == "inputEntry"]
        for name, entry in zip(names, entries, strict=False):
            written = child(entry, "text")
            if name and written is not None:
                written.text = _QUOTED_OR_WORD.sub(
                    lambda result, name=name: (
                        "?" if result[0] == name else result[0]
                    ),
                    written.text or "",
                )
    return copied


def _input_variable(clause: Any) -> str | None:
    return next(
        filter(
            None,
            (clause.get(f"{{{space}}}inputVariable") for space in EXTENSIONS),
        ),
        None,
    )


def _put_table(copied: Any, decision: Any) -> None:
    expression = child(decision, "literalExpression")
    space = decision.tag.rpartition("}")[0] + "}"
    table = etree.Element(
        f"{space}decisionTable",
        id=f"{decision.get('id')}_table",
    )
    variable = child(decision, "variable")
    output = etree.SubElement(
        table,
        f"{space}output",
        id=f"{decision.get('id')}_output",
    )
    output.set(
        "name",
        (variable is not None and variable.get("name"))
        or decision.get("name")
        or "",
    )
    given = type_of_result(decision)
    if given:
        output.set("typeRef", given)
    rule = etree.SubElement(
        table,
        f"{space}rule",
        id=f"{decision.get('id')}_rule",
    )
    entry = etree.SubElement(
        rule,
        f"{space}outputEntry",
        id=f"{decision.get('id')}_entry",
    )
    if expression.get("expressionLanguage"):
        entry.set("expressionLanguage", expression.get("expressionLanguage"))
    etree.SubElement(entry, f"{space}text").text = text(expression)
    copied.replace(child(copied, "literalExpression"), table)


def type_of_result(decision: Any) -> str | None:
    """The type of a decision's result: that of its variable, without one that of its expression."""
    variable = child(decision, "variable")
    expression = child(decision, "literalExpression")
    if variable is not None and variable.get("typeRef"):
        return str(variable.get("typeRef"))
    if expression is not None and expression.get("typeRef"):
        return str(expression.get("typeRef"))
    return None


def required(decision: Any) -> tuple[list[str], list[str]]:
    """Ids of the decisions whose results the decision reads, and why it cannot be run as it is drawn."""
    decisions = []
    reasons = []
    for node in decision.iter():
        href = _reference(node)
        if local(node) == "requiredDecision" and href.startswith("#"):
            decisions.append(href[1:])
        elif local(node) == "requiredDecision":
            reasons.append(
                say(
                    "依赖另一个文件里的决策“{href}”，请把两个决策画在同一个文件里",
                    href=href[:80],
                ),
            )
    return list(dict.fromkeys(decisions)), reasons


def _reference(node: Any) -> str:
    """What a requirement names: `#id` where it stands in this file, also where its namespace stands before
    it."""
    href = str(node.get("href") or "")
    namespace, _mark, id_ = href.rpartition("#")
    own = node.getroottree().getroot().get("namespace")
    return f"#{id_}" if namespace and namespace == own else href


def input_data(decision: Any) -> frozenset[str]:
    """Names of the input data that the decision requires, and of their variables."""
    names = set()
    for node in required_nodes(decision, "requiredInput"):
        variable = child(node, "variable")
        if variable is not None:
            names.add(variable.get("name") or "")
        names.add(node.get("name") or "")
    return frozenset(filter(None, names))


def required_nodes(decision: Any, kind: str) -> list[Any]:
    """The input data (`requiredInput`) or decisions (`requiredDecision`) of this file that it requires."""
    return dmn_index.once(
        decision,
        (kind, decision),
        lambda: _required_nodes(decision, kind),
    )


def _required_nodes(decision: Any, kind: str) -> list[Any]:
    wanted = {
        _reference(node).removeprefix("#")
        for node in decision.iter()
        if local(node) == kind
    }
    known = dmn_index.of(decision).required if wanted else {}
    nodes = [entry for id_ in wanted for entry in known.get(id_, ())]
    return [node for _place, node in sorted(nodes, key=itemgetter(0))]


def without_logic(decision: Any) -> str:
    """Why a decision that has neither a table nor an expression is not run."""
    for node in decision:
        if local(node) in _OTHER_LOGIC:
            return say(
                "用{kind}书写，本系统只运行决策表和单个表达式（literal expression），请改画",
                kind=_OTHER_LOGIC[local(node)],
            )
    return say("没有决策表，请画成决策表")


def in_circles(wanted: Mapping[str, list[str]]) -> set[str]:
    """The decisions from which following what each requires leads back to the same one."""
    places = {id_: place for place, id_ in enumerate(wanted)}
    reached = [
        sum(1 << places[value] for value in {*values} if value in places)
        for values in wanted.values()
    ]
    for place in range(len(reached)):
        through = reached[place]
        reached = [
            bits | through if bits >> place & 1 else bits for bits in reached
        ]
    return {
        id_ for id_, place in places.items() if reached[place] >> place & 1
    }


def local(node: Any) -> str:
    """The name of an element without its namespace; empty for a comment."""
    if isinstance(node.tag, str):
        return node.tag.rpartition("}")[2]
    return ""


def child(node: Any, name: str) -> Any:
    """The first child of that name; None without one."""
    return next((value for value in node if local(value) == name), None)


def text(node: Any) -> str:
    """The text of a cell's `text` child, stripped."""
    result = None
    if node is not None:
        result = child(node, "text")
    if result is not None:
        return (result.text or "").strip()
    return ""


def needed(
    required: Mapping[str, Iterable[str]],
    order: Iterable[str],
) -> dict[str, set[str]]:
    """Each decision → ids of all that are made before it; `required`: decision → those it reads itself;
    `order`: each after those that it reads."""
    results: dict[str, set[str]] = {}
    for id_ in order:
        direct = set(required[id_])
        results[id_] = direct.union(*(results[value] for value in direct))
    return results
