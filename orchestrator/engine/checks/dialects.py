"""Rules about attributes of other tools' dialects and camunda: attributes we do not honour."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.engine.checks.diagram import Diagram, note, owner_id, refuse
from orchestrator.engine.xml import CAMUNDA, camunda, tag
from orchestrator.errors import Finding

_DIALECTS = {
    "http://camunda.org/schema/zeebe/1.0": "Camunda 8（zeebe）",
    "http://flowable.org/bpmn": "Flowable",
    "http://activiti.org/bpmn": "Activiti",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://operaton.org/schema/1.0/bpmn": "Operaton",
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
    *("preScript", "postScript", "messagePayload", "messageVariable", "payloadExpression", "variableName"),
    *("processVariableCorrelation", "skipExpression", "businessCalendarName", "triggerable"),
    *("variableMappingClass", "variableMappingDelegateExpression", "ioMapping", "script", "calledDecision", "subscription"),
    *("executionListener", "taskListener", "eventListener", "executionListeners", "taskListeners", "mapException"),
    *("userTaskForm", "formProperty", "formData", "inputOutput", "in", "out", "inheritVariables", "variableAggregation"),
    *("resultVariable", "resultVariableName", "expression", "serviceTaskOperator", "calledDecisionId", "conditionalFilter"),
}
"""They set variables, skip steps or move deadlines, and we have nothing by which they could be said."""
_CODE = {camunda("class"), camunda("delegateExpression"), camunda("expression")}
_IGNORED_CAMUNDA = {
    *("asyncBefore", "asyncAfter", "exclusive", "jobPriority", "historyTimeToLive", "isStartableInTasklist", "versionTag"),
    *("failedJobRetryTimeCycle", "taskPriority"),
}
_REFUSED_CAMUNDA = {"executionListener": "执行监听器", "taskListener": "任务监听器", "connector": "连接器", "script": "脚本"}


def foreign_dialect(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.root.iter():
        if not isinstance(node.tag, str):
            continue
        namespace, _brace, local = node.tag[1:].partition("}")
        owner = owner_id(node)
        if namespace in _DIALECTS:
            yield _foreign(diagram, owner, _DIALECTS[namespace], local)
        if namespace == CAMUNDA and local in _REFUSED_CAMUNDA:
            yield refuse(
                "foreign-dialect",
                owner,
                f"{_label(diagram, owner)}带有 camunda 的{_REFUSED_CAMUNDA[local]}，本系统不执行外部代码，请删除",
            )
        if namespace == CAMUNDA and local in ("list", "map") and "Parameter" in str(node.getparent().tag):
            yield refuse(
                "foreign-dialect",
                owner,
                f"{_label(diagram, owner)}的输入输出参数只支持文字和 ${{表达式}}，不支持列表或映射，请写成表达式",
            )
        if node.tag in (tag("messageEventDefinition"), tag("userTask")) and _CODE & set(node.attrib):
            yield refuse(
                "foreign-dialect", owner, f"{_label(diagram, owner)}由外部代码执行，本系统不执行外部代码，请改为主题（topic）"
            )
        for attribute in node.attrib:
            if not isinstance(attribute, str) or not attribute.startswith("{"):
                continue
            space, _brace, name = attribute[1:].partition("}")
            if space in _DIALECTS:
                yield _foreign(diagram, owner, _DIALECTS[space], name)
            elif space == CAMUNDA and name in _IGNORED_CAMUNDA:
                yield note("foreign-dialect", owner, f"camunda:{name} 对本系统没有作用，已忽略")


def _foreign(diagram: Diagram, owner: str | None, dialect: str, name: str) -> Finding:
    if name in _ROUTING:
        message = f"{_label(diagram, owner)}用了 {dialect} 的「{name}」，它决定由谁办或何时办，本系统读不到，请换成 camunda: 的同名属性"
        return refuse("foreign-dialect", owner, message)
    if name in _WITHOUT_COUNTERPART:
        message = f"{_label(diagram, owner)}用了 {dialect} 的「{name}」，它会改动变量、走向或时限，本系统没有对应的写法，请改画成流程中的步骤"
        return refuse("foreign-dialect", owner, message)
    return note("foreign-dialect", owner, f"{dialect} 的「{name}」已忽略")


def _label(diagram: Diagram, owner: str | None) -> str:
    """How a designer finds the element of that id."""
    node = next((each for each in diagram.root.iter() if isinstance(each.tag, str) and each.get("id") == owner), None)
    return f"「{(node.get('name') if node is not None else None) or owner or '本图'}」"
