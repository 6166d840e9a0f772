"""What a decision table says and the engine does not read: remarked on once a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.bpmn_checks import honoured
from orchestrator.engine import decisions, dmn_names, dmn_nodes
from orchestrator.errors import Finding
from orchestrator.sentences import say


def unread(root: Any) -> Iterator[Finding]:
    """The findings of a DMN document whose version is read."""
    space = _split(root.tag)[0]
    if space not in decisions.NAMESPACES:
        return
    remarks: dict[str, list[str | None]] = {}
    for decision in decisions.decision_nodes(root):
        for node in decision.iter():
            for name in _names(node, space):
                remarks.setdefault(name, []).append(decision.get("id"))
    for name, owners in remarks.items():
        if len(owners) > 1:
            others = say("（共 {count} 处）", count=len(owners))
        else:
            others = ""
        yield Finding(
            "decision-table",
            owners[0],
            say(
                "决策表的“{name}”本系统不读取，已忽略{others}",
                name=name,
                others=others,
            ),
            severity="note",
        )


def _names(node: Any, space: str) -> Iterator[str]:
    """The name of whatever is not read of this node."""
    namespace, name = _split(node.tag)
    if namespace in dmn_nodes.EXTENSIONS:
        yield f"camunda:{name}"
    if namespace != space:
        return
    root = node.getroottree().getroot()
    if name == "inputValues" and not dmn_names.only_suggests(root):
        return
    if name not in honoured.DMN_READ and name not in honoured.DMN_DRAWN:
        yield name
    for attribute in node.attrib if name in honoured.DMN_READ else ():
        owner, local = _split(attribute)
        if (
            owner in dmn_nodes.EXTENSIONS
            and local not in honoured.DMN_EXTENSIONS
        ):
            yield f"camunda:{local}"
        elif not owner and local not in honoured.DMN_READ[name]:
            yield local


def _split(name: object) -> tuple[str, str]:
    if isinstance(name, str):
        namespace, _brace, local = name.rpartition("}")
    else:
        namespace = ""
        _brace = ""
        local = ""
    return namespace.removeprefix("{"), local
