"""Attributes of Camunda 7 and its relatives: as they are said here, or what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from orchestrator.bpmn_checks.dialects import decides, is_refused
from orchestrator.bpmn_checks.honoured import OTHERS_CHANGING
from orchestrator.bpmn_checks.unread import is_read
from orchestrator.bpmn_import import placing
from orchestrator.bpmn_import.names import local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.element_parts import (
    INSTANCE,
    SIGNAL_SCOPE,
    TERMINATES,
)
from orchestrator.engine.xml import CAMUNDA, camunda, tag
from orchestrator.sentences import say

_PLACED = {
    *(
        "assignee",
        "candidateUsers",
        "candidateGroups",
        "dueDate",
        "followUpDate",
        "priority",
        "formKey",
        "collection",
    ),
    "candidateStarterGroups",
}


_HONOURED: Mapping[str, Callable[[str], str]] = {
    "decisionRef": lambda value: say(
        "决策表“{value}”照用，发布时要一并发布",
        value=value,
    ),
    "mapDecisionResult": lambda value: say("决策结果的取法照用"),
    "resultVariable": lambda value: say(
        "结果变量“{value}”照用",
        value=value,
    ),
    "elementVariable": lambda value: say(
        "每一项的变量名“{value}”照用",
        value=value,
    ),
    "errorCodeVariable": lambda value: say(
        "错误代码存入“{value}”，照用",
        value=value,
    ),
    "errorMessageVariable": lambda value: say(
        "错误说明存入“{value}”，照用",
        value=value,
    ),
    "errorMessage": lambda value: say("错误说明“{value}”照用", value=value),
    "escalationCodeVariable": lambda value: say(
        "升级代码存入“{value}”，照用",
        value=value,
    ),
    "variableName": lambda value: say(
        "只看变量“{value}”的变化，照用",
        value=value,
    ),
    "variableEvents": lambda value: say(
        "只看这些变化：{value}，照用",
        value=value,
    ),
}


_RENAMED = {"resultVariableName": "resultVariable", "formRef": "formKey"}


_CODE = {
    "class": say("Java 类"),
    "delegateExpression": say("Java 委托对象"),
    "expression": say("Java 表达式"),
    "actorBean": say("Java 对象"),
}


_LEFT = {
    "skipExpression": say("满足条件时跳过这一步，请画成排他网关"),
    "businessCalendarName": say(
        "按原系统的工作日历算时限，请改用本辖区的具名时限（deadline:名称）",
    ),
    "variableMappingClass": say("用外部代码传递变量，请改写为输入输出映射"),
    "variableMappingDelegateExpression": say(
        "用外部代码传递变量，请改写为输入输出映射",
    ),
    "triggerable": say("办完后还要等外部触发，请画成服务任务加接收任务"),
}
"""Attributes that decide where an instance goes or when; they stay in the file, where the deployment check
refuses them."""


_IGNORED = {
    **dict.fromkeys(
        ("asyncBefore", "asyncAfter", "async", "asyncLeave", "exclusive"),
        say("本系统自己安排何时执行，异步设置不需要"),
    ),
    **dict.fromkeys(
        ("jobPriority", "taskPriority", "jobCategory"),
        say("本系统的后台作业不分优先级"),
    ),
    **dict.fromkeys(
        ("historyTimeToLive", "versionTag", "isStartableInTasklist"),
        say("留存期限、版本和发起入口由本系统统一管理"),
    ),
    **dict.fromkeys(
        ("candidateStrategy", "candidateParam"),
        say("原系统按规则选办理人，请在属性面板中选择办理机构"),
    ),
    **dict.fromkeys(
        (
            *OTHERS_CHANGING,
            "category",
            "owner",
            "executionId",
            "inheritBusinessKey",
            "businessKey",
            "diagramRelationId",
        ),
        say("不影响由谁办、何时办"),
    ),
    **dict.fromkeys(
        ("candidateStarterUsers",),
        say("谁可以发起按机构确定，请核对流程的发起机构"),
    ),
    **dict.fromkeys(
        ("formFieldValidation", "validateFormFields"),
        say("表单由本系统按表单定义校验"),
    ),
    **dict.fromkeys(
        ("formRefBinding", "formRefVersion", "formHandlerClass"),
        say("表单随流程一起发布，不按版本绑定"),
    ),
    **dict.fromkeys(
        (
            "calledElementBinding",
            "calledElementVersion",
            "calledElementVersionTag",
            "calledElementTenantId",
            "calledElementType",
        ),
        say("被调用的流程随本次发布一起固定，不按版本绑定"),
    ),
    **dict.fromkeys(
        (
            "decisionRefBinding",
            "decisionRefVersion",
            "decisionRefVersionTag",
            "decisionRefTenantId",
            "sameDeployment",
        ),
        say("决策表随本次发布一起固定，不按版本绑定"),
    ),
    **dict.fromkeys(
        ("modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"),
        say("建模工具的模板记号，不影响运行"),
    ),
}


def _result_variable(
    node: Any,
    label: str,
    value: str,
    report: Report,
) -> None:
    """Where a task that is no decision puts its result."""
    if node.tag == tag("scriptTask"):
        return report.mapped(
            node,
            label,
            say(
                "脚本的结果存入“{value}”，已写进脚本的最后一行",
                value=value,
            ),
        )
    sentence = say(
        "自动办理的结果由处理程序按自己的名称给出，不另存入“{value}”，请核对后面用到它的条件",
        value=value,
    )
    return report.ignored(node, label, sentence)


def _script_file(node: Any, label: str, value: str, report: Report) -> None:
    node.set(camunda(label), value)
    sentence = say(
        "“{value}”是另一个文件里的脚本，本系统不读取，请直接写在图中",
        value=value,
    )
    return report.unsupported(node, label, sentence)


def _code(node: Any, label: str, value: str, report: Report) -> None:
    # A service task without a topic is refused as it is; nobody could take the class out in the editor.
    if node.tag != tag("serviceTask"):
        node.set(camunda(label), value)
    sentence = say(
        "由{code}“{value}”执行，本系统不执行外部代码，请在属性面板中改选自动处理的主题（topic）",
        code=_CODE[label],
        value=value,
    )
    return report.unsupported(node, label, sentence)


def convert_attribute(node: Any, name: str, report: Report) -> None:
    space = namespace(name)
    label = local(name)
    value = node.get(name)
    if label in _LEFT:
        return report.unsupported(node, label, _LEFT[label])
    if label == "elementIndexVariable" and _numbers_instances(node, value):
        del node.attrib[name]
        activity = node.getparent()
        counter = "${loopCounter}"
        return placing.parameter(
            report,
            activity,
            "input",
            value,
            counter,
            label,
        )
    if space != CAMUNDA and _ends_all(node, name, report):
        return None
    if space != CAMUNDA and (what := decides(label, value)):
        return report.unsupported(node, label, deciding(label, what))
    del node.attrib[name]
    if not value.strip():
        return report.ignored(node, label, say("没有填写，已去掉"))
    return _mapped(node, space, label, value, report)


def _ends_all(node: Any, name: str, report: Report) -> bool:
    """Takes over what ends the whole instance, or keeps a signal inside it (Flowable, Activiti); whether it
    was that."""
    said = (local(node.tag), local(name), node.get(name))
    end = node.getparent()
    if said == ("terminateEventDefinition", "terminateAll", "true"):
        if end.tag != tag("endEvent"):
            return False
        placing.prop(end, TERMINATES, INSTANCE)
        sentence = say("到这里终止整个事项，照办")
    elif said == ("signal", "scope", "processInstance"):
        # A called process is an instance of its own there and would not hear it.
        if (
            next(node.getroottree().iter(tag("callActivity")), None)
            is not None
        ):
            return False
        placing.prop(node, SIGNAL_SCOPE, INSTANCE)
        sentence = say(
            "这个信号抛出后只在本事项之内有效，照办；等待的一方仍会收到别处抛出的同名信号，与原系统相同",
        )
    else:
        return False
    del node.attrib[name]
    report.mapped(node, local(name), sentence)
    return True


def _numbers_instances(node: Any, name: str) -> bool:
    """Whether each instance of the multi-instance can be given its number under that name (Flowable), from 0
    on as there."""
    loop = tag("multiInstanceLoopCharacteristics")
    return bool(
        node.tag == loop
        and name.isidentifier()
        and name != "loopCounter"
        and node.getparent().tag != tag("callActivity")
        and name not in _names_at(node.getparent()),
    )


def _names_at(activity: Any) -> set[str]:
    """Names of the activity's parameters and of what its multi-instance gives each instance."""
    return {
        value
        for node in activity.iter("*")
        for name, value in node.attrib.items()
        if local(name) == "elementVariable"
        or (local(name) == "name" and local(node.tag) == "inputParameter")
    }


def _mapped(
    node: Any,
    space: str,
    label: str,
    value: str,
    report: Report,
) -> None:
    """Says the attribute as it is said here, or what becomes of it."""
    key = _RENAMED.get(label, label)
    if key in _PLACED and not is_read(node, key):
        node.set(camunda(key), value)
        sentence = say("在这类元素上不起作用，保留在文件中")
        return report.ignored(node, label, sentence)
    if key in _PLACED:
        return placing.place(report, node, key, value, told_as=label)
    if key == "resultVariable" and node.tag != tag("businessRuleTask"):
        return _result_variable(node, label, value, report)
    if key in _HONOURED:
        node.set(camunda(key), value)
        if key == label:
            tell = report.honoured
        else:
            tell = report.mapped
        return tell(node, label, _HONOURED[key](value))
    if label in _CODE:
        return _code(node, label, value, report)
    if label == "resource":
        return _script_file(node, label, value, report)
    if label in ("type", "topic"):
        return _implementation(node, space, label, value, report)
    if label == "initiator":
        return _initiator(node, value, report)
    if label == "inheritVariables":
        return _inherit(node, value, report)
    if not is_refused(space, label):
        # It says nothing to us, and something to the tool that the diagram may go back to.
        node.set(f"{{{space}}}{label}", value)
    return report.ignored(node, label, _IGNORED.get(label) or unknown(label))


def deciding(label: str, what: str) -> str:
    return say(
        "“{label}”在原系统里决定{what}，本系统没有对应，请在原工具中改画后重新导入",
        label=label,
        what=what,
    )


def unknown(label: str) -> str:
    """An honest word on a name that nobody here knows."""
    return say(
        "“{label}”本系统不读取，保留在文件中。它如果决定由谁办、何时办或往哪里走，请改画",
        label=label,
    )


def _implementation(
    node: Any,
    space: str,
    label: str,
    value: str,
    report: Report,
) -> None:
    """Outside work by topic, which we have too; any other type is a service of the other tool."""
    if label == "topic":
        node.set(camunda("topic"), value)
        external = node.get(camunda("type")) or node.get(f"{{{space}}}type")
        if external in ("external", "external-worker"):
            report.honoured(
                node,
                label,
                say(
                    "主题“{value}”照用，请在属性面板中核对本系统有没有这个主题",
                    value=value,
                ),
            )
        return None
    if value in ("external", "external-worker"):
        node.set(camunda("type"), "external")
        if value == "external":
            tell = report.honoured
        else:
            tell = report.mapped
        return tell(node, label, say("由外部主题办理，本系统按主题自动办理"))
    if node.tag != tag("serviceTask"):
        # A service task without a topic is refused as it is; this one would send nothing.
        node.set(camunda("type"), value)
    return report.unsupported(
        node,
        label,
        say(
            "“{value}”类服务由原系统执行，本系统没有，请在属性面板中改选自动处理的主题（topic）",
            value=value,
        ),
    )


def _initiator(node: Any, value: str, report: Report) -> None:
    if value == "initiator":
        return report.honoured(
            node,
            "initiator",
            say("本系统以变量 initiator 记下发起人，照用"),
        )
    return report.mapped(
        node,
        "initiator",
        say(
            "发起人的变量由“{value}”改为本系统的“initiator”，用到它的地方已一并改写",
            value=value,
        ),
    )


def _inherit(node: Any, value: str, report: Report) -> None:
    if value == "true":
        etree.SubElement(placing.extensions(node), camunda("in")).set(
            "variables",
            "all",
        )
    report.mapped(
        node,
        "inheritVariables",
        say("全部变量传入被调用的流程")
        if value == "true"
        else say("只传入写明的变量"),
    )
