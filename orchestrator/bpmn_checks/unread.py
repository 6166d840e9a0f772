"""Finds the elements and attributes of a diagram that the engine does not read. It refuses those that would
change what an instance does, and notes each other name once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.bpmn_checks import honoured
from orchestrator.bpmn_checks.diagram import Diagram, note, owner_id, refuse
from orchestrator.bpmn_checks.structure import UNSUPPORTED
from orchestrator.engine.element_parts import triggered_by_people
from orchestrator.engine.model import FLOW_NODES
from orchestrator.engine.xml import BOOLEANS, BPMN, CAMUNDA
from orchestrator.errors import Finding
from orchestrator.sentences import say

_KNOWN = honoured.DRAWN | honoured.READ | FLOW_NODES | UNSUPPORTED.keys()
_CAMUNDA_TOLD = (
    "executionListener",
    "taskListener",
    "connector",
    "script",
    *honoured.CAMUNDA_IGNORED,
)
"""By the rule about dialects."""
_CODE_TOLD = ("serviceTask", "sendTask", "userTask", "messageEventDefinition")
"""Where code from outside is told by the rules about topics and dialects."""


def unread(diagram: Diagram) -> Iterator[Finding]:
    remarks: dict[str, list[str | None]] = {}
    for node in diagram.root.iter():
        namespace, name = _split(node.tag)
        if namespace == BPMN:
            yield from _bpmn_element(diagram, node, name, remarks)
            yield from _attributes(diagram, node, name, remarks)
        elif namespace == CAMUNDA:
            yield from _camunda_element(diagram, node, name, remarks)
    for what, owners in remarks.items():
        if len(owners) > 1:
            others = say("（共 {count} 处）", count=len(owners))
        else:
            others = ""
        yield note(
            "unread",
            owners[0],
            say(
                "“{what}”本系统不读取，已忽略{others}",
                what=what,
                others=others,
            ),
        )


def _bpmn_element(
    diagram: Diagram,
    node: Any,
    name: str,
    remarks: dict[str, list[str | None]],
) -> Iterator[Finding]:
    if name in honoured.CHANGING:
        yield _changing(diagram, node, name, honoured.CHANGING[name])
    elif (
        name not in _KNOWN
        and _split(getattr(node.getparent(), "tag", ""))[1]
        not in honoured.CHANGING
    ):
        remarks.setdefault(name, []).append(owner_id(node))


def _attributes(
    diagram: Diagram,
    node: Any,
    name: str,
    remarks: dict[str, list[str | None]],
) -> Iterator[Finding]:
    if name in honoured.DRAWN or name in honoured.CHANGING:
        return
    known = honoured.ATTRIBUTES.get(name, frozenset()) | honoured.EVERYWHERE
    for attribute, value in node.attrib.items():
        namespace, local = _split(attribute)
        if namespace == CAMUNDA:
            yield from _camunda_attribute(
                diagram,
                node,
                name,
                local,
                remarks,
            )
            continue
        if namespace:
            continue
        changes = honoured.CHANGING_ATTRIBUTES.get(
            (name, local, value),
        ) or honoured.CHANGING_ATTRIBUTES.get((name, local, ""))
        if changes:
            yield _changing(diagram, node, local, changes)
        elif local in BOOLEANS and value not in ("true", "false"):
            yield _changing(
                diagram,
                node,
                f'{local}="{value}"',
                say("只能写 true 或 false"),
            )
        elif local not in known:
            remarks.setdefault(local, []).append(owner_id(node))


def _camunda_attribute(
    diagram: Diagram,
    node: Any,
    name: str,
    attribute: str,
    remarks: dict[str, list[str | None]],
) -> Iterator[Finding]:
    nobody = name == "receiveTask" and not triggered_by_people(node)
    if attribute in _CAMUNDA_TOLD or (is_read(node, attribute) and not nobody):
        if (
            attribute == "initiator"
            and node.get(f"{{{CAMUNDA}}}initiator") != "initiator"
        ):
            label = say("“{name}”", name=diagram.label(node))
            sentence = say(
                "{label}把发起人存入“{node}”，本系统的发起人变量是 initiator，请改成 initiator",
                label=label,
                node=node.get(f"{{{CAMUNDA}}}initiator"),
            )
            yield refuse("unread", owner_id(node), sentence)
        return
    if name in _CODE_TOLD and attribute in (
        "class",
        "delegateExpression",
        "expression",
    ):
        return
    if attribute in honoured.CAMUNDA_CHANGING:
        yield _changing(
            diagram,
            node,
            f"camunda:{attribute}",
            honoured.CAMUNDA_CHANGING[attribute],
        )
    else:
        remarks.setdefault(f"camunda:{attribute}", []).append(owner_id(node))


def is_read(node: Any, attribute: str) -> bool:
    """Whether the camunda: attribute says something at an element such as the XML node."""
    name = _split(node.tag)[1]
    if name == "receiveTask" and node.get("messageRef"):
        return False
    return name in honoured.CAMUNDA_ATTRIBUTES.get(attribute, frozenset())


def _camunda_element(
    diagram: Diagram,
    node: Any,
    name: str,
    remarks: dict[str, list[str | None]],
) -> Iterator[Finding]:
    parent = _split(getattr(node.getparent(), "tag", ""))
    if (
        name in honoured.CAMUNDA_ELEMENTS
        or name in _CAMUNDA_TOLD
        or parent[0] == CAMUNDA
    ):
        if (
            name == "inputOutput"
            and parent[0] == BPMN
            and not _is_mapped(node)
        ):
            sentence = say(
                "输入输出参数，网关没有，开始事件和边界事件只有输出参数"
            )
            yield _changing(diagram, node, "camunda:inputOutput", sentence)
        if name in ("in", "out") and parent[0] == BPMN and _hands_over(node):
            yield _changing(
                diagram,
                node,
                f"camunda:{name}",
                say("随事件传递变量，只有调用活动传递变量"),
            )
        if name == "property" and node.get("name") not in honoured.PROPERTIES:
            remarks.setdefault(
                f"camunda:property {node.get('name')}",
                [],
            ).append(owner_id(node))
        if name in ("in", "out") and node.get("businessKey"):
            remarks.setdefault(f"camunda:{name} businessKey", []).append(
                owner_id(node),
            )
        if name in ("in", "out") and node.get("local") == "true":
            yield _changing(
                diagram,
                node,
                f'camunda:{name} local="true"',
                say("只传递局部变量"),
            )
        return
    if name in honoured.CAMUNDA_CHANGING:
        yield _changing(
            diagram,
            node,
            f"camunda:{name}",
            honoured.CAMUNDA_CHANGING[name],
        )
    else:
        remarks.setdefault(f"camunda:{name}", []).append(owner_id(node))


def _hands_over(extension: Any) -> bool:
    """Whether variables would be handed over where nothing hands them over: neither a call activity nor a
    thrown signal or message."""
    owner = extension.getparent().getparent()
    hands = owner is not None and (
        _split(owner.tag) == (BPMN, "callActivity") or _is_thrown(owner)
    )
    return not hands and any(
        extension.get(value)
        for value in ("source", "sourceExpression", "variables")
    )


def _is_thrown(definition: Any) -> bool:
    event = definition.getparent()
    thrown = event is not None and _split(event.tag)[1] in (
        "intermediateThrowEvent",
        "endEvent",
    )
    return thrown and _split(definition.tag)[1] in (
        "signalEventDefinition",
        "messageEventDefinition",
    )


def _is_mapped(extension: Any) -> bool:
    """Whether the step that an extension stands at takes input and output parameters."""
    owner = extension.getparent().getparent()
    if owner is not None:
        name = _split(owner.tag)[1]
    else:
        name = ""
    if name in honoured.ONLY_OUTPUTS:
        return all(
            _split(element.tag)[1] != "inputParameter" for element in extension
        )
    return name in honoured.MAPPED and owner.get("triggeredByEvent") != "true"


def _changing(diagram: Diagram, node: Any, name: str, decides: str) -> Finding:
    owner = owner_id(node)
    while node is not None and node.get("id") != owner:
        node = node.getparent()
    label = owner or say("本图")
    if node is not None:
        label = diagram.label(node)
    sentence = say(
        "“{label}”写了“{name}”（{decides}），本系统不读取它，办起来会与图上不同，"
        "请改用本系统的写法或删除",
        label=label,
        name=name,
        decides=decides,
    )
    return refuse("unread", owner, sentence)


def _split(name: object) -> tuple[str, str]:
    """Namespace and local name; empty for a comment."""
    if not isinstance(name, str):
        return "", ""
    namespace, _brace, local = name.rpartition("}")
    return namespace.removeprefix("{"), local
