"""Rules about attributes of other tools' dialects and camunda: attributes we do not honour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.bpmn_checks.diagram import Diagram, note, owner_id, refuse
from orchestrator.bpmn_checks.honoured import CAMUNDA_CHANGING, OTHERS_CHANGING
from orchestrator.engine.xml import BPMN, BPMNDI, CAMUNDA, XSI, camunda, tag
from orchestrator.errors import Finding
from orchestrator.sentences import say

_DIALECTS = {
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8（zeebe）",
    "http://flowable.org/bpmn": "Flowable",
    "http://activiti.org/bpmn": "Activiti",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://operaton.org/schema/1.0/bpmn": "Operaton",
    "http://www.jboss.org/drools": "jBPM",
}
_ROUTING = {
    *(
        "assignee",
        "candidateUsers",
        "candidateGroups",
        "dueDate",
        "formKey",
        "assignmentDefinition",
        "taskDefinition",
        "taskSchedule",
    ),
    *(
        "collection",
        "elementVariable",
        "calledElement",
        "loopCharacteristics",
        "type",
        "topic",
        "class",
        "delegateExpression",
        "formDefinition",
    ),
}
_WITHOUT_COUNTERPART = {
    *(
        "preScript",
        "postScript",
        "messagePayload",
        "messageVariable",
        "payloadExpression",
        "variableName",
    ),
    *(
        "processVariableCorrelation",
        "skipExpression",
        "businessCalendarName",
        "triggerable",
    ),
    *(
        "variableMappingClass",
        "variableMappingDelegateExpression",
        "ioMapping",
        "script",
        "calledDecision",
        "subscription",
    ),
    *(
        "executionListener",
        "taskListener",
        "eventListener",
        "executionListeners",
        "taskListeners",
        "mapException",
    ),
    *(
        "userTaskForm",
        "formProperty",
        "formData",
        "inputOutput",
        "in",
        "out",
        "inheritVariables",
        "variableAggregation",
    ),
    *(
        "resultVariable",
        "resultVariableName",
        "expression",
        "serviceTaskOperator",
        "calledDecisionId",
        "conditionalFilter",
        "outputCollection",
    ),
}
"""They set variables, skip steps or move deadlines, and we have nothing by which they could be said."""
_CODE = {
    camunda("class"),
    camunda("delegateExpression"),
    camunda("expression"),
}
_IGNORED_CAMUNDA = {
    *(
        "asyncBefore",
        "asyncAfter",
        "exclusive",
        "jobPriority",
        "historyTimeToLive",
        "isStartableInTasklist",
        "versionTag",
    ),
    *("failedJobRetryTimeCycle", "taskPriority"),
}
_REFUSED_CAMUNDA = {
    "executionListener": say("执行监听器"),
    "taskListener": say("任务监听器"),
    "connector": say("连接器"),
    "script": say("脚本"),
}


_DRAWN = {
    BPMNDI,
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
}
_OWN = {
    BPMN,
    CAMUNDA,
    XSI,
    "http://www.w3.org/XML/1998/namespace",
    "http://camunda.org/schema/modeler/1.0",
}
"""Namespaces that other rules look at, or that say nothing about an instance."""


def is_refused(namespace: str, name: str, value: str = "") -> bool:
    """Whether a name of another tool decides something, so that a diagram that has it is refused."""
    if namespace == CAMUNDA:
        return name in CAMUNDA_CHANGING or name in _REFUSED_CAMUNDA
    if namespace not in _DIALECTS:
        return False
    return (
        name in _ROUTING
        or name in _WITHOUT_COUNTERPART
        or bool(decides(name, value))
    )


def decides(name: str, value: str) -> str:
    """What that name of Flowable, Activiti or a tool built on them decides with that value, as a Chinese
    clause; empty where it decides nothing."""
    what, harmless = OTHERS_CHANGING.get(name, ("", frozenset()))
    if value.strip() in harmless:
        return ""
    return what


def foreign_dialect(diagram: Diagram) -> Iterator[Finding]:
    remarks: dict[str, list[str | None]] = {}
    yield from _refusals(diagram, remarks)
    for sentence, owners in remarks.items():
        if len(owners) > 1:
            sentence = say(
                "{told}（共 {count} 处）", told=sentence, count=len(owners)
            )
        yield note("foreign-dialect", owners[0], sentence)


def _refusals(
    diagram: Diagram,
    remarks: dict[str, list[str | None]],
) -> Iterator[Finding]:
    for node in diagram.root.iter():
        if not isinstance(node.tag, str):
            continue
        namespace, _brace, local = node.tag[1:].partition("}")
        owner = owner_id(node)
        parent = node.getparent()
        if (
            namespace not in _OWN
            and parent is not None
            and str(parent.tag).startswith(f"{{{BPMN}}}")
            and namespace not in _DRAWN
        ):
            yield from _foreign(
                diagram,
                owner,
                (namespace, *_named(node, local)),
                remarks,
            )
        if namespace == CAMUNDA and local in _IGNORED_CAMUNDA:
            remarks.setdefault(
                say("camunda:{name} 对本系统没有作用，已忽略", name=local),
                [],
            ).append(owner)
        if namespace == CAMUNDA and local in _REFUSED_CAMUNDA:
            yield refuse(
                "foreign-dialect",
                owner,
                say(
                    "{label}带有 camunda 的{refused_camunda}，本系统不执行外部代码，请删除",
                    label=_label(diagram, owner),
                    refused_camunda=_REFUSED_CAMUNDA[local],
                ),
            )
        if (
            namespace == CAMUNDA
            and local in ("list", "map")
            and "Parameter" in str(node.getparent().tag)
        ):
            yield refuse(
                "foreign-dialect",
                owner,
                say(
                    "{label}的输入输出参数只支持文字和 ${{表达式}}，不支持列表或映射，请写成表达式",
                    label=_label(diagram, owner),
                ),
            )
        if node.tag in (
            tag("messageEventDefinition"),
            tag("userTask"),
        ) and _CODE & set(node.attrib):
            yield refuse(
                "foreign-dialect",
                owner,
                say(
                    "{label}由外部代码执行，本系统不执行外部代码，请改为主题（topic）",
                    label=_label(diagram, owner),
                ),
            )
        for attribute in node.attrib:
            if not isinstance(attribute, str) or not attribute.startswith("{"):
                continue
            space, _brace, name = attribute[1:].partition("}")
            if space not in _OWN and namespace == BPMN:
                yield from _foreign(
                    diagram,
                    owner,
                    (space, name, node.get(attribute)),
                    remarks,
                )
            elif space == CAMUNDA and name in _IGNORED_CAMUNDA:
                remarks.setdefault(
                    say("camunda:{name} 对本系统没有作用，已忽略", name=name),
                    [],
                ).append(owner)


def _named(node: Any, local: str) -> tuple[str, str]:
    """Name and value of an extension; jBPM's metaData has both inside."""
    if local == "metaData" and node.get("name"):
        return node.get("name"), "".join(node.itertext())
    return local, node.text or ""


def _foreign(
    diagram: Diagram,
    owner: str | None,
    written: tuple[str, str, str],
    remarks: dict[str, list[str | None]],
) -> Iterator[Finding]:
    namespace, name, value = written
    dialect = _DIALECTS.get(namespace)
    if not is_refused(namespace, name, value):
        if dialect:
            sentence = say("{dialect} 的“{name}”", dialect=dialect, name=name)
        else:
            sentence = say(
                "其他工具（{namespace}）的“{name}”",
                namespace=namespace,
                name=name,
            )
        remarks.setdefault(
            say("{told}本系统不用，保留在文件中", told=sentence),
            [],
        ).append(owner)
    elif name in _ROUTING:
        message = say(
            "{label}用了 {dialect} 的“{name}”，它决定由谁办或何时办，本系统读不到，"
            "请换成 camunda: 的同名属性",
            label=_label(diagram, owner),
            dialect=dialect,
            name=name,
        )
        yield refuse("foreign-dialect", owner, message)
    elif what := decides(name, value):
        message = say(
            "{label}用了 {dialect} 的“{name}”（{what}），本系统没有对应的写法，请在原工具中改画后重新导入",
            label=_label(diagram, owner),
            dialect=dialect,
            name=name,
            what=what,
        )
        yield refuse("foreign-dialect", owner, message)
    else:
        message = say(
            "{label}用了 {dialect} 的“{name}”，它会改动变量、走向或时限，"
            "本系统没有对应的写法，请改画成流程中的步骤",
            label=_label(diagram, owner),
            dialect=dialect,
            name=name,
        )
        yield refuse("foreign-dialect", owner, message)


def _label(diagram: Diagram, owner: str | None) -> str:
    """How a designer finds the element of that id."""
    node = next(
        (
            element
            for element in diagram.root.iter()
            if isinstance(element.tag, str) and element.get("id") == owner
        ),
        None,
    )
    if node is not None:
        return say("“{name}”", name=diagram.label(node))
    return say("“{name}”", name=owner) if owner else say("“本图”")
