"""References that a file writes with the prefix of a namespace, `tns:message_1`, as XML allows."""

from __future__ import annotations

from typing import Any

from orchestrator.engine.xml import tag

_REFERRING = (
    *(
        "messageRef",
        "signalRef",
        "errorRef",
        "escalationRef",
        "attachedToRef",
        "calledElement",
        "processRef",
    ),
    *(
        "activityRef",
        "default",
        "sourceRef",
        "targetRef",
        "dataObjectRef",
        "bpmnElement",
        "categoryValueRef",
    ),
)
_TEXTS = (
    "eventDefinitionRef",
    "flowNodeRef",
    "incoming",
    "outgoing",
    "loopDataInputRef",
    "loopDataOutputRef",
)


def strip(root: Any) -> None:
    """Takes the prefix from every reference to an element of this file."""
    ids = {node.get("id") for node in root.iter() if node.get("id")}
    for node in root.iter():
        for attribute in _REFERRING:
            if node.get(attribute):
                node.set(attribute, _bare(node, node.get(attribute), ids))
    for name in _TEXTS:
        for node in root.iter(tag(name)):
            node.text = _bare(node, (node.text or "").strip(), ids)


def _bare(node: Any, written: str, ids: set[str]) -> str:
    prefix, colon, name = written.partition(":")
    known = (
        colon and written not in ids and prefix in node.nsmap and name in ids
    )
    if known:
        return name
    return written
