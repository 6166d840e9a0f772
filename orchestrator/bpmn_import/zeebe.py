"""Camunda 8: everything stands in extension elements, in FEEL."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_import import (
    inner_targets,
    placing,
    texts,
    zeebe_order,
    zeebe_results,
    zeebe_undoing,
)
from orchestrator.bpmn_import.names import ZEEBE, local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.bpmn_import.zeebe_tasks import (
    assignment,
    embedded_form,
    form,
    priority,
    schedule,
    task_definition,
    user_task,
    zeebe_name,
)
from orchestrator.engine import languages
from orchestrator.engine.translating import Untranslatable
from orchestrator.engine.xml import BPMN, camunda, tag
from orchestrator.sentences import say

_IGNORED = {
    "taskHeaders": say("给原系统作业程序的说明，本系统不读"),
    "properties": say("扩展属性，本系统不读"),
    "versionTag": say("版本由本系统统一管理"),
    "linkedResources": say("原系统的附带资源，本系统不读"),
    "jobPriorityDefinition": say("本系统的后台作业不分优先级"),
}
_LISTENERS = {
    "executionListeners": ("executionListener", say("执行监听器")),
    "taskListeners": ("taskListener", say("任务监听器")),
}


def convert(root: Any, report: Report) -> None:
    """Rewrites every zeebe: extension."""
    counted = zeebe_order.reads_the_number(root)
    results = zeebe_results.inner(root)
    calls = zeebe_results.calls(root)
    mapped: dict[Any, bool] = {}
    """Activity with inputs that are read in order, or with several instances → whether it is the latter."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str):
            continue
        for name in [
            value for value in node.attrib if namespace(value) == ZEEBE
        ]:
            report.ignored(
                node,
                local(name),
                say(
                    "“{local}”是建模工具的记号，不影响运行",
                    local=local(name),
                ),
            )
        parent = node.getparent()
        if (
            namespace(node.tag) == ZEEBE
            and parent is not None
            and namespace(parent.tag) == BPMN
        ):
            if parent.tag == tag("extensionElements"):
                owner = parent.getparent()
            else:
                owner = parent
            if local(node.tag) == "ioMapping":
                mapped.setdefault(owner, False)
            elif counted and owner.tag == tag(
                "multiInstanceLoopCharacteristics"
            ):
                mapped[owner.getparent()] = True
            handler = _HANDLERS.get(local(node.tag))
            if handler is None:
                name = local(node.tag)
                report.ignored(
                    owner,
                    name,
                    _IGNORED.get(name)
                    or say(
                        "“{name}”在本系统没有对应，不影响由谁办、何时办",
                        name=name,
                    ),
                )
            else:
                placing.remove(node)
                handler(node, owner, report)
    room = zeebe_order.InputAllowance()
    for activity, has_several in mapped.items():
        zeebe_order.in_order(activity, report, has_several, room)
    zeebe_results.keep_inside(results, report)
    zeebe_results.keep_inputs_inside(calls)
    if ZEEBE in root.nsmap.values():
        zeebe_order.codes(root, report)
        zeebe_undoing.once_for_all(root, report)


def _mapping(node: Any, owner: Any, report: Report) -> None:
    if local(owner.tag) == "callActivity":
        write = placing.passed
    else:
        write = placing.parameter
    at_call = local(owner.tag) == "callActivity"
    mappings = list(inner_targets.joined(node, at_call))
    for kind, name, given in mappings:
        write(
            report,
            owner,
            kind,
            name,
            given,
            kind,
        )
    is_filled_in = local(owner.tag) == "userTask"
    if is_filled_in and any(kind == "output" for kind, *_rest in mappings):
        report.ignored(
            owner,
            "ioMapping",
            say(
                "有输出参数时，Camunda 8 不把办理时填写的其他变量传出任务；这里表单的每一项都存为变量，"
                "与流程变量同名的请改名"
            ),
        )


def _called_element(node: Any, owner: Any, report: Report) -> None:
    given = node.get("processId") or ""
    text = texts.template(given)
    owner.set("calledElement", text.text)
    if text.problem:
        report.unsupported(
            owner,
            "calledElement",
            say(
                "被调用的流程“{given}”按变量决定，不能用：{problem}",
                given=given,
                problem=text.problem,
            ),
        )
    elif "${" in text.text:
        report.mapped(
            owner,
            "calledElement",
            say(
                "办到时按“{text}”调用流程，可能调用的流程要一并发布",
                text=text.text,
            ),
        )
    else:
        report.mapped(
            owner,
            "calledElement",
            say("调用流程“{text}”，发布时要一并发布", text=text.text),
        )
    # Camunda 8 hands everything down unless told not to, and everything back unless told not to or something
    # is mapped back, which then is all.
    down = node.get("propagateAllParentVariables", "true") == "true"
    back = node.get("propagateAllChildVariables", "true") == "true"
    if zeebe_results.maps_back(owner):
        back = False
    for kind, wanted, attribute in (
        ("in", down, "propagateAllParentVariables"),
        ("out", back, "propagateAllChildVariables"),
    ):
        if wanted:
            everything = etree.Element(camunda(kind), variables="all")
            # What is mapped by name comes after it and wins.
            placing.extensions(owner).insert(0, everything)
        if node.get(attribute):
            if kind == "in":
                way = say("传入被调用的流程")
            else:
                way = say("带回")
            report.mapped(
                owner,
                attribute,
                say("全部变量{way}", way=way)
                if wanted
                else say("只把写明的变量{way}", way=way),
            )
    for attribute in ("bindingType", "versionTag"):
        if node.get(attribute):
            report.ignored(
                owner,
                attribute,
                say("被调用的流程随本次发布一起固定，不按版本绑定"),
            )


def _called_decision(node: Any, owner: Any, report: Report) -> None:
    given = node.get("decisionId") or ""
    text = texts.template(given)
    owner.set(camunda("decisionRef"), text.text)
    if text.problem or "${" in text.text:
        report.unsupported(
            owner,
            "decisionRef",
            say(
                "决策表“{given}”按变量决定，本系统不支持，请写明决策表编号",
                given=given,
            ),
        )
    else:
        report.mapped(
            owner,
            "decisionRef",
            say("决策表“{text}”，发布时要一并发布", text=text.text),
        )
    if node.get("resultVariable"):
        owner.set(camunda("resultVariable"), node.get("resultVariable"))
        owner.set(camunda("mapDecisionResult"), "singleEntry")
        report.mapped(
            owner,
            "resultVariable",
            say(
                "结果存入“{node}”，取决策表的单个输出；有多个输出的请改取一行",
                node=node.get("resultVariable"),
            ),
        )
    for attribute in ("bindingType", "versionTag"):
        if node.get(attribute):
            report.ignored(
                owner,
                attribute,
                say("决策表随本次发布一起固定，不按版本绑定"),
            )


def _loop(node: Any, owner: Any, report: Report) -> None:
    placing.place(
        report,
        owner,
        "collection",
        node.get("inputCollection") or "",
        moved=True,
        told_as="inputCollection",
    )
    if node.get("inputElement"):
        owner.set(camunda("elementVariable"), node.get("inputElement"))
        report.mapped(
            owner,
            "inputElement",
            say(
                "每一项的变量名“{node}”已改用本系统的属性",
                node=node.get("inputElement"),
            ),
        )
    collection = node.get("outputCollection")
    element = texts.condition(node.get("outputElement") or "")
    if not collection:
        return
    if element.problem or not element.text.isidentifier():
        owner.set(camunda("collection"), f"= {element.text}")
        report.unsupported(
            owner,
            "outputCollection",
            say(
                "每一项的结果“{node}”不是单个变量，请先存入一个变量，再收进“{collection}”",
                node=node.get("outputElement") or "",
                collection=collection,
            ),
        )
        return
    if element.text == zeebe_order.COUNTER:
        owner.set(camunda("collection"), f"= {element.text}")
        report.unsupported(
            owner,
            "outputCollection",
            say(
                "每一项的结果“{node}”是实例的序号，不能直接收集，请用输入参数把它存入一个变量，再收进“{collection}”",
                node=element.text,
                collection=collection,
            ),
        )
        return
    reference = etree.Element(tag("loopDataOutputRef"))
    item = etree.Element(tag("outputDataItem"))
    reference.text = collection
    item.set("name", element.text)
    place = len(owner.findall(tag("extensionElements")))
    owner.insert(place, reference)
    owner.insert(place + 1, item)
    report.mapped(
        owner,
        "outputCollection",
        say(
            "每一项的“{text}”收进“{collection}”",
            text=element.text,
            collection=collection,
        ),
    )


def _subscription(node: Any, owner: Any, report: Report) -> None:
    given = node.get("correlationKey") or ""
    if not given:
        return
    text = texts.condition(given)
    placing.prop(owner, "correlationKey", text.text)
    if text.problem:
        report.unsupported(
            owner,
            "correlationKey",
            say(
                "消息的关联键“{given}”不能用：{problem}，请改用变量",
                given=given,
                problem=text.problem,
            ),
        )
    else:
        report.mapped(
            owner,
            "correlationKey",
            say("消息按“{text}”找到对应的事项", text=text.text),
        )


def _script(node: Any, owner: Any, report: Report) -> None:
    given = node.get("expression") or ""
    variable = node.get("resultVariable") or ""
    script = owner.find(tag("script"))
    if script is None:
        script = etree.SubElement(owner, tag("script"))
    try:
        script.text = f"{variable} = {languages.from_feel(given.strip().removeprefix('='))}"
    except Untranslatable as reason:
        script.text = f"{variable} = {given}"
        report.unsupported(
            owner,
            "script",
            say(
                "脚本“{given}”不能用：{reason}，请改写成本系统的赋值",
                given=given,
                reason=reason,
            ),
        )
    else:
        report.mapped(
            owner,
            "script",
            say("脚本改写为“{text}”", text=script.text),
        )


def _listeners(node: Any, owner: Any, report: Report) -> None:
    ours, word = _LISTENERS[local(node.tag)]
    for _child in node:
        etree.SubElement(placing.extensions(owner), camunda(ours))
    report.unsupported(
        owner,
        local(node.tag),
        say(
            "{word}会运行外部代码，本系统不执行，请删除后重新导入，或改画成服务任务",
            word=word,
        ),
    )


def _ad_hoc(node: Any, owner: Any, report: Report) -> None:
    """Camunda 8 begins what a collection names; here somebody chooses."""
    if node.get("activeElementsCollection"):
        sentence = say(
            "原系统按集合自动开始的活动，在本系统由办理机构在页面上选择，请在属性面板中选择办理机构",
        )
        report.mapped(owner, "activeElementsCollection", sentence)
    if node.get("outputCollection"):
        owner.set(zeebe_name("outputCollection"), node.get("outputCollection"))
        sentence = say(
            "自由子流程的结果集合“{node}”本系统不收集，请删除后重新导入",
            node=node.get("outputCollection"),
        )
        report.unsupported(owner, "outputCollection", sentence)


def _filter(node: Any, owner: Any, report: Report) -> None:
    """Which variables a conditional event looks at; it stands in the event's definition or in the event."""
    if local(owner.tag) == "conditionalEventDefinition":
        definition = owner
    else:
        definition = owner.find(tag("conditionalEventDefinition"))
    names = [
        value.strip()
        for value in (node.get("variableNames") or "").split(",")
        if value.strip()
    ]
    if definition is None or len(names) > 1:
        (owner if definition is None else definition).set(
            f"{{{ZEEBE}}}conditionalFilter",
            ",".join(names),
        )
        return report.unsupported(
            owner,
            "conditionalFilter",
            say("条件事件只能看一个变量或全部变量的变化，请去掉变量名单"),
        )
    for ours, value in (
        ("variableName", ",".join(names)),
        ("variableEvents", node.get("variableEvents")),
    ):
        if value:
            definition.set(camunda(ours), value)
    return report.mapped(
        owner,
        "conditionalFilter",
        say("条件事件所看的变量和变化已改用本系统的属性"),
    )


_HANDLERS: dict[str, Any] = {
    "userTask": user_task,
    "assignmentDefinition": assignment,
    "taskSchedule": schedule,
    "priorityDefinition": priority,
    "formDefinition": form,
    "userTaskForm": embedded_form,
    "taskDefinition": task_definition,
    "ioMapping": _mapping,
    "calledElement": _called_element,
    "calledDecision": _called_decision,
    "loopCharacteristics": _loop,
    "subscription": _subscription,
    "script": _script,
    "adHoc": _ad_hoc,
    "conditionalFilter": _filter,
    "executionListeners": _listeners,
    "taskListeners": _listeners,
}
