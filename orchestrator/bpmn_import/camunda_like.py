"""Camunda 7 and its relatives Operaton, Flowable and Activiti: the same attributes by the same names, and
what each adds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from orchestrator.bpmn_checks.dialects import decides, is_refused
from orchestrator.bpmn_checks.honoured import OTHERS_CHANGING
from orchestrator.bpmn_import import placing, texts
from orchestrator.bpmn_import.names import CAMUNDA_LIKE, local, namespace
from orchestrator.bpmn_import.report import Report
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
    "decisionRef": lambda value: say("决策表「{value}」照用，发布时要一并发布", value=value),
    "mapDecisionResult": lambda value: say("决策结果的取法照用"),
    "resultVariable": lambda value: say("结果变量「{value}」照用", value=value),
    "elementVariable": lambda value: say("每一项的变量名「{value}」照用", value=value),
    "errorCodeVariable": lambda value: say("错误代码存入「{value}」，照用", value=value),
    "errorMessageVariable": lambda value: say("错误说明存入「{value}」，照用", value=value),
    "errorMessage": lambda value: say("错误说明「{value}」照用", value=value),
    "escalationCodeVariable": lambda value: say("升级代码存入「{value}」，照用", value=value),
    "variableName": lambda value: say("只看变量「{value}」的变化，照用", value=value),
    "variableEvents": lambda value: say("只看这些变化：{value}，照用", value=value),
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
    "businessCalendarName": say("按原系统的工作日历算时限，请改用本辖区的具名时限（deadline:名称）"),
    "variableMappingClass": say("用外部代码传递变量，请改写为输入输出映射"),
    "variableMappingDelegateExpression": say("用外部代码传递变量，请改写为输入输出映射"),
    "triggerable": say("办完后还要等外部触发，请画成服务任务加接收任务"),
}
"""Attributes that decide where a matter goes or when; they stay in the file, where the deployment check
refuses them."""
_IGNORED = {
    **dict.fromkeys(
        ("asyncBefore", "asyncAfter", "async", "asyncLeave", "exclusive"),
        say("本系统自己安排何时执行，异步设置不需要"),
    ),
    **dict.fromkeys(("jobPriority", "taskPriority", "jobCategory"), say("本系统的后台作业不分优先级")),
    **dict.fromkeys(
        ("historyTimeToLive", "versionTag", "isStartableInTasklist"),
        say("留存期限、版本和发起入口由本系统统一管理"),
    ),
    **dict.fromkeys(
        ("candidateStrategy", "candidateParam"), say("原系统按规则选办理人，请在属性面板中选择办理机构")
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
    **dict.fromkeys(("candidateStarterUsers",), say("谁可以发起按机构确定，请核对流程的发起机构")),
    **dict.fromkeys(("formFieldValidation", "validateFormFields"), say("表单由本系统按表单定义校验")),
    **dict.fromkeys(
        ("formRefBinding", "formRefVersion", "formHandlerClass"), say("表单随流程一起发布，不按版本绑定")
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
_BLOCKS = {
    "executionListener": (
        "executionListener",
        say("执行监听器会运行外部代码，本系统不执行，请删除后重新导入，或改画成服务任务"),
    ),
    "taskListener": (
        "taskListener",
        say("任务监听器会运行外部代码，本系统不执行，请删除后重新导入，需要的通知和催办改画成服务任务"),
    ),
    "eventListener": ("executionListener", say("事件监听器会运行外部代码，本系统不执行，请删除后重新导入")),
    "connector": ("connector", say("连接器会访问外部系统，本系统不执行，请改为主题（topic）")),
    "mapException": ("executionListener", say("按 Java 异常决定走向，请改画成错误边界事件")),
    "variableAggregation": (
        "executionListener",
        say("多实例结果的汇总方式本系统读不到，请改用 outputDataItem"),
    ),
}
"""Extensions that run code: what each is called in our dialect, where the deployment check refuses it."""
_HARMLESS = {
    **dict.fromkeys(OTHERS_CHANGING, say("取这个值时不影响由谁办、何时办")),
    "failedJobRetryTimeCycle": say("失败后的重试由本系统统一安排"),
    "failedJobRetry": say("失败后的重试由本系统统一安排"),
    "field": say("外部代码的参数，随外部代码一起失去作用"),
    "potentialStarter": say("谁可以发起按机构确定，请核对流程的发起机构"),
    "localization": say("名称的译文不导入"),
}
_PROPERTIES = ("title", "businessKeyPrefix", "about", "correlationKey")


def convert(root: Any, report: Report) -> None:
    """Rewrites every attribute and extension of these dialects."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str):
            continue
        for name in list(node.attrib):
            if namespace(name) in CAMUNDA_LIKE and name in node.attrib:
                _attribute(node, str(name), report)
        if namespace(node.tag) in CAMUNDA_LIKE and _top(node):
            _extension(node, report)
        if node.tag in (tag("potentialOwner"), tag("humanPerformer")):
            _resource_role(node, report)


def _top(node: Any) -> bool:
    parent = node.getparent()
    return parent is not None and namespace(parent.tag) not in CAMUNDA_LIKE


def _result_variable(node: Any, label: str, value: str, report: Report) -> None:
    """Where a task that is no decision puts its result."""
    if node.tag == tag("scriptTask"):
        return report.mapped(node, label, say("脚本的结果存入「{value}」，已写进脚本的最后一行", value=value))
    told = say(
        "自动办理的结果由处理程序按自己的名称给出，不另存入「{value}」，请核对后面用到它的条件", value=value
    )
    return report.ignored(node, label, told)


def _script_file(node: Any, label: str, value: str, report: Report) -> None:
    node.set(camunda(label), value)
    told = say("「{value}」是另一个文件里的脚本，本系统不读取，请直接写在图中", value=value)
    return report.unsupported(node, label, told)


def _code(node: Any, label: str, value: str, report: Report) -> None:
    # A service task without a topic is refused as it is; nobody could take the class out in the editor.
    if node.tag != tag("serviceTask"):
        node.set(camunda(label), value)
    told = say(
        "由{code}「{value}」执行，本系统不执行外部代码，请在属性面板中改选自动处理的主题（topic）",
        code=_CODE[label],
        value=value,
    )
    return report.unsupported(node, label, told)


def _attribute(node: Any, name: str, report: Report) -> None:
    space, label, value = namespace(name), local(name), node.get(name)
    if label in _LEFT:
        return report.unsupported(node, label, _LEFT[label])
    if space != CAMUNDA and (what := decides(label, value)):
        return report.unsupported(node, label, _deciding(label, what))
    del node.attrib[name]
    if not value.strip():
        return report.ignored(node, label, say("没有填写，已去掉"))
    return _mapped(node, space, label, value, report)


def _mapped(node: Any, space: str, label: str, value: str, report: Report) -> None:
    """Says the attribute as it is said here, or what becomes of it."""
    key = _RENAMED.get(label, label)
    if key in _PLACED:
        return placing.place(report, node, key, value, told_as=label)
    if key == "resultVariable" and node.tag != tag("businessRuleTask"):
        return _result_variable(node, label, value, report)
    if key in _HONOURED:
        node.set(camunda(key), value)
        tell = report.honoured if key == label else report.mapped
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
    return report.ignored(node, label, _IGNORED.get(label) or _unknown(label))


def _deciding(label: str, what: str) -> str:
    return say(
        "「{label}」在原系统里决定{what}，本系统没有对应，请在原工具中改画后重新导入", label=label, what=what
    )


def _unknown(label: str) -> str:
    """An honest word on a name that nobody here knows."""
    return say(
        "「{label}」本系统不读取，保留在文件中。它如果决定由谁办、何时办或往哪里走，请改画", label=label
    )


def _implementation(node: Any, space: str, label: str, value: str, report: Report) -> None:
    """Outside work by topic, which we have too; any other type is a service of the other tool."""
    if label == "topic":
        node.set(camunda("topic"), value)
        external = node.get(camunda("type")) or node.get(f"{{{space}}}type")
        if external in ("external", "external-worker"):
            report.honoured(
                node, label, say("主题「{value}」照用，请在属性面板中核对本系统有没有这个主题", value=value)
            )
        return None
    if value in ("external", "external-worker"):
        node.set(camunda("type"), "external")
        tell = report.honoured if value == "external" else report.mapped
        return tell(node, label, say("由外部主题办理，本系统按主题自动办理"))
    return report.unsupported(
        node,
        label,
        say(
            "「{value}」类服务由原系统执行，本系统没有，请在属性面板中改选自动处理的主题（topic）",
            value=value,
        ),
    )


def _initiator(node: Any, value: str, report: Report) -> None:
    if value == "initiator":
        return report.honoured(node, "initiator", say("本系统以变量 initiator 记下发起人，照用"))
    return report.mapped(
        node,
        "initiator",
        say("发起人的变量由「{value}」改为本系统的「initiator」，用到它的地方已一并改写", value=value),
    )


def _inherit(node: Any, value: str, report: Report) -> None:
    if value == "true":
        etree.SubElement(placing.extensions(node), camunda("in")).set("variables", "all")
    report.mapped(
        node,
        "inheritVariables",
        say("全部变量传入被调用的流程") if value == "true" else say("只传入写明的变量"),
    )


def _extension(node: Any, report: Report) -> None:
    name, owner = local(node.tag), _bearer(node)
    if name in _BLOCKS:
        ours, told = _BLOCKS[name]
        node.tag = camunda(ours)
        for inner in node.iter():
            if namespace(inner.tag) in CAMUNDA_LIKE:
                inner.tag = camunda(local(inner.tag))
        return report.unsupported(owner, name, told)
    if name in ("formData", "formProperty"):
        return _own_form(node, owner, name, report)
    if name in ("inputOutput", "properties", "in", "out"):
        for inner in node.iter():
            if namespace(inner.tag) in CAMUNDA_LIKE:
                inner.tag = camunda(local(inner.tag))
        return {"inputOutput": _parameters, "properties": _properties}.get(name, _mapping)(
            node, owner, report
        )
    if name == "errorEventDefinition":
        node.tag = camunda(name)
        told = say("「errorEventDefinition」按条件抛出错误，本系统由处理程序直接抛出，请删除后重新导入")
        return report.unsupported(owner, name, told)
    if namespace(node.tag) != CAMUNDA and (what := decides(name, node.text or "")):
        return report.unsupported(owner, name, _deciding(name, what))
    if is_refused(namespace(node.tag), name, node.text or ""):
        placing.remove(node)
    return report.ignored(owner, name, _HARMLESS.get(name) or _unknown(name))


def _bearer(node: Any) -> Any:
    """The element that an extension stands at."""
    parent = node.getparent()
    return parent.getparent() if parent.tag == tag("extensionElements") else parent


def _own_form(node: Any, owner: Any, name: str, report: Report) -> None:
    same = [each for each in node.getparent() if each.tag == node.tag]
    fields = [each for holder in same for each in ([holder] if name == "formProperty" else list(holder))]
    named = [
        str(each.get("label") or each.get("name") or each.get("id"))
        for each in fields
        if isinstance(each.tag, str)
    ]
    for each in same:
        placing.remove(each)
    placing.own_form(report, owner, name, named)


def _parameters(node: Any, owner: Any, report: Report) -> None:
    for child in [each for each in node if isinstance(each.tag, str)]:
        label, name = local(child.tag), child.get("name") or ""
        way = say("输入") if label == "inputParameter" else say("输出")
        if label == "connector" or len(child):
            report.unsupported(
                owner,
                label,
                say(
                    "{way}参数「{name}」是脚本、列表或映射，请改写成 ${{表达式}} 后重新导入",
                    way=way,
                    name=name,
                ),
            )
            continue
        found = texts.template(child.text or "")
        if found.problem:
            child.text = found.text
            report.unsupported(
                owner,
                label,
                say(
                    "{way}参数「{name}」不能用：{problem}，请改写后重新导入",
                    way=way,
                    name=name,
                    problem=found.problem,
                ),
            )
        elif found.text != (child.text or "").strip():
            child.text = found.text
            report.mapped(
                owner, label, say("{way}参数「{name}」改写为「{text}」", way=way, name=name, text=found.text)
            )
        else:
            report.honoured(owner, label, say("{way}参数「{name}」照用", way=way, name=name))


def _properties(node: Any, owner: Any, report: Report) -> None:
    for child in node:
        name = child.get("name") or say("（未命名）")
        if name in _PROPERTIES:
            report.honoured(owner, f"property {name}", say("扩展属性「{name}」照用", name=name))
        else:
            report.ignored(
                owner, f"property {name}", say("扩展属性「{name}」保留在文件中，本系统不用它", name=name)
            )


def _mapping(node: Any, owner: Any, report: Report) -> None:
    label = local(node.tag)
    way = say("传入") if label == "in" else say("带回")
    if node.get("businessKey"):
        placing.remove(node)
        return report.ignored(owner, label, say("被调用的流程与原事项同号，不另传编号"))
    given = node.get("sourceExpression")
    if not node.get("variables") and not (node.get("target") and (given or node.get("source"))):
        placing.remove(node)
        return report.ignored(owner, label, say("{way}没有写明变量，已去掉", way=way))
    if given:
        found = texts.condition(given)
        node.set("sourceExpression", found.text)
        if found.problem:
            return report.unsupported(
                owner,
                label,
                say(
                    "{way}的变量「{node}」不能用：{problem}，请改写后重新导入",
                    way=way,
                    node=node.get("target"),
                    problem=found.problem,
                ),
            )
        if found.text != given.strip():
            return report.mapped(
                owner,
                label,
                say(
                    "{way}的变量「{node}」改写为「{text}」", way=way, node=node.get("target"), text=found.text
                ),
            )
    return report.honoured(
        owner,
        label,
        say(
            "{way}{part}，照用",
            way=way,
            part=say("全部变量") if node.get("variables") else say("变量「{name}」", name=node.get("target")),
        ),
    )


def _resource_role(node: Any, report: Report) -> None:
    """`user(a), group(b)`: how Activiti writes candidates in plain BPMN; a bare name is a group."""
    owner, label = node.getparent(), local(node.tag)
    text = "".join(node.itertext()).strip()
    owner.remove(node)
    if label == "humanPerformer":
        return placing.place(
            report, owner, "assignee", re.sub(r"^user\((.*)\)$", r"\1", text), moved=True, told_as=label
        )
    parts = placing.groups(text)
    people = [each[5:-1].strip() for each in parts if each.startswith("user(")]
    bodies = [
        re.sub(r"^group\((.*)\)$", r"\1", each).strip() for each in parts if not each.startswith("user(")
    ]
    for attribute, given in (("candidateUsers", people), ("candidateGroups", bodies)):
        if given:
            placing.place(report, owner, attribute, ",".join(given), moved=True, told_as=label)
    return None
