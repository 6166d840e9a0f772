"""Camunda 7 and its relatives Operaton, Flowable and Activiti: the same attributes by the same names, and
what each adds."""

from __future__ import annotations

import re
from typing import Any

from orchestrator.bpmn_checks.dialects import decides, is_refused
from orchestrator.bpmn_checks.honoured import OTHERS_CHANGING, PROPERTIES
from orchestrator.bpmn_import import placing, texts, values
from orchestrator.bpmn_import.camunda_attributes import (
    convert_attribute,
    deciding,
    unknown,
)
from orchestrator.bpmn_import.names import CAMUNDA_LIKE, local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import CAMUNDA, camunda, tag
from orchestrator.sentences import say

_BLOCKS = {
    "executionListener": (
        "executionListener",
        say(
            "执行监听器会运行外部代码，本系统不执行，请删除后重新导入，或改画成服务任务",
        ),
    ),
    "taskListener": (
        "taskListener",
        say(
            "任务监听器会运行外部代码，本系统不执行，请删除后重新导入，需要的通知和催办改画成服务任务",
        ),
    ),
    "eventListener": (
        "executionListener",
        say("事件监听器会运行外部代码，本系统不执行，请删除后重新导入"),
    ),
    "connector": (
        "connector",
        say("连接器会访问外部系统，本系统不执行，请改为主题（topic）"),
    ),
    "mapException": (
        "executionListener",
        say("按 Java 异常决定走向，请改画成错误边界事件"),
    ),
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
_PROPERTIES = (
    "title",
    "businessKeyPrefix",
    "about",
    "placeLevel",
    "correlationKey",
)
_ONLY_DRAWN = frozenset(
    (
        "collaboration",
        "participant",
        "messageFlow",
        "laneSet",
        "lane",
        "dataObjectReference",
        "dataStoreReference",
    ),
)
"""Elements that engines read past; a modeling tool lets one write a listener there."""


def convert(root: Any, report: Report) -> None:
    """Rewrites every attribute and extension of these dialects."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str):
            continue
        for name in list(node.attrib):
            if namespace(name) in CAMUNDA_LIKE and name in node.attrib:
                convert_attribute(node, str(name), report)
        if namespace(node.tag) in CAMUNDA_LIKE and _top(node):
            if (
                local(_bearer(node).tag) in _ONLY_DRAWN
                and local(node.tag) in _BLOCKS
            ):
                _never_run(node, report)
            else:
                _extension(node, report)
        if node.tag in (tag("potentialOwner"), tag("humanPerformer")):
            _resource_role(node, report)
        elif node.tag == tag("userTask"):
            _name(node, report)


def _name(task: Any, report: Report) -> None:
    """The name of a task is a text with expressions there too."""
    given = task.get("name") or ""
    text = texts.template(given)
    if not ("${" in given or "#{" in given) or text.text == given.strip():
        return
    task.set("name", text.text)
    if text.problem:
        sentence = say(
            "名称“{given}”不能用：{problem}，请改写后重新导入",
            given=given,
            problem=text.problem,
        )
        report.unsupported(task, "name", sentence)
    else:
        sentence = say(
            "名称由“{given}”改写为“{text}”", given=given, text=text.text
        )
        report.mapped(task, "name", sentence)


def _top(node: Any) -> bool:
    parent = node.getparent()
    return parent is not None and namespace(parent.tag) not in CAMUNDA_LIKE


def _never_run(node: Any, report: Report) -> None:
    """What the other engine would run stands at something that no engine ever reaches."""
    name = local(node.tag)
    owner = _bearer(node)
    placing.remove(node)
    report.ignored(
        owner,
        name,
        say("写在只供看图的元素上，原系统也从不执行，已去掉"),
    )


def _extension(node: Any, report: Report) -> None:
    name = local(node.tag)
    owner = _bearer(node)
    if name in _BLOCKS:
        ours, sentence = _BLOCKS[name]
        if ours != name and is_refused(namespace(node.tag), name):
            # The check tells it by its own name.
            return report.unsupported(owner, name, sentence)
        node.tag = camunda(ours)
        for inner in node.iter():
            if namespace(inner.tag) in CAMUNDA_LIKE:
                inner.tag = camunda(local(inner.tag))
        return report.unsupported(owner, name, sentence)
    if name in ("formData", "formProperty"):
        return _own_form(node, owner, name, report)
    if name in ("inputOutput", "properties", "in", "out"):
        for inner in node.iter():
            if namespace(inner.tag) in CAMUNDA_LIKE:
                inner.tag = camunda(local(inner.tag))
        return {"inputOutput": _parameters, "properties": _properties}.get(
            name,
            _mapping,
        )(node, owner, report)
    if name == "errorEventDefinition":
        node.tag = camunda(name)
        sentence = say(
            "“errorEventDefinition”按条件抛出错误，本系统由处理程序直接抛出，请删除后重新导入",
        )
        return report.unsupported(owner, name, sentence)
    if namespace(node.tag) != CAMUNDA and (
        what := decides(name, node.text or "")
    ):
        return report.unsupported(owner, name, deciding(name, what))
    if is_refused(namespace(node.tag), name, node.text or ""):
        placing.remove(node)
    return report.ignored(owner, name, _HARMLESS.get(name) or unknown(name))


def _bearer(node: Any) -> Any:
    """The element that an extension stands at."""
    parent = node.getparent()
    if parent.tag == tag("extensionElements"):
        return parent.getparent()
    return parent


def _own_form(node: Any, owner: Any, name: str, report: Report) -> None:
    same = [element for element in node.getparent() if element.tag == node.tag]
    fields = [
        value
        for holder in same
        for value in ([holder] if name == "formProperty" else list(holder))
    ]
    named = [
        str(element.get("label") or element.get("name") or element.get("id"))
        for element in fields
        if isinstance(element.tag, str)
    ]
    for value in same:
        placing.remove(value)
    placing.own_form(report, owner, name, named)


def _parameters(node: Any, owner: Any, report: Report) -> None:
    _told_of_breaks(node, owner, report)
    for child in [child for child in node if isinstance(child.tag, str)]:
        label = local(child.tag)
        name = child.get("name") or ""
        if label == "inputParameter":
            way = say("输入")
        else:
            way = say("输出")
        if label == "connector":
            sentence = say(
                "连接器会访问外部系统，本系统不执行，请改为主题（topic）",
            )
            report.unsupported(owner, label, sentence)
            continue
        if len(child):
            _composed(child, owner, way, report)
            continue
        if not (child.text or "").strip() and not texts.are_ours():
            _of_nothing(child, owner, way, report)
            continue
        text = texts.template(child.text or "")
        if text.problem:
            child.text = text.text
            report.unsupported(
                owner,
                label,
                say(
                    "{way}参数“{name}”不能用：{problem}，请改写后重新导入",
                    way=way,
                    name=name,
                    problem=text.problem,
                ),
            )
        elif text.text != (child.text or "").strip():
            child.text = text.text
            report.mapped(
                owner,
                label,
                say(
                    "{way}参数“{name}”改写为“{text}”",
                    way=way,
                    name=name,
                    text=text.text,
                ),
            )
        else:
            report.honoured(
                owner,
                label,
                say("{way}参数“{name}”照用", way=way, name=name),
            )


def _told_of_breaks(node: Any, owner: Any, report: Report) -> None:
    """There the output parameters are worked out too when an event at the border breaks the activity off."""
    gives = any(local(child.tag) == "outputParameter" for child in node)
    if not gives or texts.are_ours() or owner.getparent() is None:
        return
    broken_off = any(
        event.get("attachedToRef") == owner.get("id")
        and event.get("cancelActivity") != "false"
        for event in owner.getparent().iterchildren(tag("boundaryEvent"))
    )
    if broken_off:
        sentence = say(
            "原系统在边界事件中断这一步时也计算输出参数，本系统只在办完时计算",
        )
        report.ignored(owner, "outputParameter", sentence)


def _of_nothing(child: Any, owner: Any, way: str, report: Report) -> None:
    """A parameter without a text is no value there; here it would be an empty text."""
    child.text = "${null}"
    sentence = say(
        "{way}参数“{name}”没有填写，与原系统一样取空值",
        way=way,
        name=child.get("name") or "",
    )
    report.mapped(owner, local(child.tag), sentence)


def _composed(child: Any, owner: Any, way: str, report: Report) -> None:
    """A parameter that is a list, a map or a script."""
    text = values.composed(child)
    name = child.get("name") or ""
    if text.problem:
        sentence = say(
            "{way}参数“{name}”是脚本、列表或映射，不能用：{problem}，请改写成 ${{表达式}} 后重新导入",
            way=way,
            name=name,
            problem=text.problem,
        )
        return report.unsupported(owner, local(child.tag), sentence)
    for part in list(child):
        child.remove(part)
    child.text = text.text
    sentence = say(
        "{way}参数“{name}”改写为“{text}”",
        way=way,
        name=name,
        text=text.text,
    )
    return report.mapped(owner, local(child.tag), sentence)


def _properties(node: Any, owner: Any, report: Report) -> None:
    for child in node:
        name = child.get("name") or say("（未命名）")
        if name in _PROPERTIES:
            report.honoured(
                owner,
                f"property {name}",
                say("扩展属性“{name}”照用", name=name),
            )
        elif name in PROPERTIES and not texts.are_ours():
            child.set("name", f"{name}_")
            sentence = say(
                "扩展属性“{name}”在本系统另有含义，已改名为“{name}_”保留在文件中，本系统不用它",
                name=name,
            )
            report.mapped(owner, f"property {name}", sentence)
        else:
            report.ignored(
                owner,
                f"property {name}",
                say("扩展属性“{name}”保留在文件中，本系统不用它", name=name),
            )


def _mapping(node: Any, owner: Any, report: Report) -> None:
    label = local(node.tag)
    if label == "in":
        way = say("传入")
    else:
        way = say("带回")
    if node.get("businessKey"):
        if texts.are_ours():
            # It says that no variable is passed on.
            return None
        placing.remove(node)
        return report.ignored(
            owner,
            label,
            say("被调用的流程与原事项同号，不另传编号"),
        )
    given = node.get("sourceExpression")
    if not node.get("variables") and not (
        node.get("target") and (given or node.get("source"))
    ):
        placing.remove(node)
        return report.ignored(
            owner,
            label,
            say("{way}没有写明变量，已去掉", way=way),
        )
    if given:
        text = texts.condition(given)
        node.set("sourceExpression", text.text)
        if text.problem:
            return report.unsupported(
                owner,
                label,
                say(
                    "{way}的变量“{node}”不能用：{problem}，请改写后重新导入",
                    way=way,
                    node=node.get("target"),
                    problem=text.problem,
                ),
            )
        if text.text != given.strip():
            return report.mapped(
                owner,
                label,
                say(
                    "{way}的变量“{node}”改写为“{text}”",
                    way=way,
                    node=node.get("target"),
                    text=text.text,
                ),
            )
    return report.honoured(
        owner,
        label,
        say(
            "{way}{part}，照用",
            way=way,
            part=say("全部变量")
            if node.get("variables")
            else say("变量“{name}”", name=node.get("target")),
        ),
    )


def _resource_role(node: Any, report: Report) -> None:
    """`user(a), group(b)`: how Activiti writes candidates in plain BPMN; a bare name is a group."""
    owner = node.getparent()
    label = local(node.tag)
    text = "".join(node.itertext()).strip()
    owner.remove(node)
    if label == "humanPerformer":
        return placing.place(
            report,
            owner,
            "assignee",
            re.sub(r"^user\((.*)\)$", r"\1", text),
            moved=True,
            told_as=label,
        )
    parts = placing.groups(text)
    people = [part[5:-1].strip() for part in parts if part.startswith("user(")]
    bodies = [
        re.sub(r"^group\((.*)\)$", r"\1", part).strip()
        for part in parts
        if not part.startswith("user(")
    ]
    for attribute, given in (
        ("candidateUsers", people),
        ("candidateGroups", bodies),
    ):
        if given:
            placing.place(
                report,
                owner,
                attribute,
                ",".join(given),
                moved=True,
                told_as=label,
            )
    return None
