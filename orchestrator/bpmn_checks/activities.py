"""Rules about tasks, subprocesses and called processes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    DeployedDiagram,
    Diagram,
    named,
    near,
    note,
    quoted,
    refuse,
)
from orchestrator.engine import calls
from orchestrator.engine.decisions import FORMS, DecisionTable
from orchestrator.engine.model import ACTIVITIES, Element, Process
from orchestrator.engine.xml import camunda
from orchestrator.errors import Finding
from orchestrator.sentences import say

MOST_GROUPS = 100
"""Bodies that one task is offered to by name."""
_GROUP = re.compile(r"^[\w-]+@[\w-]+$|^[\w-]+:[\w-]+:[\w-]+$|\$\{")
_FOREIGN_IMPLEMENTATION = ("class", "delegateExpression", "expression")


def service_task_without_topic(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes(
        "serviceTask",
        "sendTask",
        "businessRuleTask",
    ):
        element_id = node.get("id")
        label = diagram.label(node)
        kind = node.tag.rpartition("}")[2]
        for attribute in _FOREIGN_IMPLEMENTATION:
            if node.get(camunda(attribute)):
                yield refuse(
                    "service-task-without-topic",
                    element_id,
                    say(
                        "“{label}”用了 camunda:{attribute}，本系统不执行外部代码，"
                        "请改为 external 并填写主题（topic）",
                        label=label,
                        attribute=attribute,
                    ),
                )
        work = node.get(camunda("type"))
        if kind == "sendTask" and work and work != "external":
            yield refuse(
                "service-task-without-topic",
                element_id,
                say(
                    "发送任务“{label}”的“{work}”类服务由原系统执行，本系统没有，"
                    "请改为 external 并填写主题（topic），或改用消息",
                    label=label,
                    work=work,
                ),
            )
        if kind == "serviceTask" and not (
            node.get(camunda("type")) == "external"
            and node.get(camunda("topic"))
        ):
            yield refuse(
                "service-task-without-topic",
                element_id,
                say(
                    "服务任务“{label}”没有说明由谁执行，请设为 external 并选择主题（topic）",
                    label=label,
                ),
            )


def called_process(diagram: DeployedDiagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.type != "callActivity":
            continue
        if not element.called:
            yield refuse(
                "called-process",
                element.id,
                say(
                    "调用活动{named}没有选择要调用的流程，请选择一个",
                    named=quoted(element),
                ),
            )
        elif calls.is_expression(element.called):
            yield from _computed_call(diagram, element)
        elif element.called not in diagram.known_processes:
            listed = near(
                element.called,
                diagram.known_processes,
                say("，请核对流程编号，或把那个流程一并发布"),
            )
            sentence = say(
                "调用活动{named}要调用的流程“{called}”不在本次发布中{listed}",
                named=quoted(element),
                called=element.called,
                listed=listed,
            )
            yield refuse("called-process", element.id, sentence)
        elif (
            not diagram.known_processes[element.called]
            .scopes[element.called]
            .elements
        ):
            sentence = say(
                "调用活动{named}要调用的流程“{called}”是空的，请画出它的步骤，或改选别的流程",
                named=quoted(element),
                called=element.called,
            )
            yield refuse("called-process", element.id, sentence)
        elif not diagram.known_processes[element.called].executable:
            sentence = say(
                "调用活动{named}要调用的流程“{called}”没有标为可执行，不能运行，"
                "请在它的流程属性中勾选“可执行”",
                named=quoted(element),
                called=element.called,
            )
            yield refuse("called-process", element.id, sentence)
        elif not _has_plain_start(diagram.known_processes[element.called]):
            sentence = say(
                "调用活动{named}要调用的流程“{called}”没有普通开始事件，不能被调用，请给它加一个",
                named=quoted(element),
                called=element.called,
            )
            yield refuse("called-process", element.id, sentence)
        elif (
            diagram.known_processes[element.called].declares_data
            and not element.call_inputs
            and not element.call_outputs
            and not element.called_apart
        ):
            sentence = say(
                "调用活动{named}要调用的流程“{called}”写明了收进和交出的变量（ioSpecification），"
                "本系统按调用活动上的传入、带回映射办理，请在调用活动上填写映射",
                named=quoted(element),
                called=element.called,
            )
            yield refuse("called-process", element.id, sentence)
        else:
            yield from _shared_ids(diagram, element)
            if element.call_inputs and not element.call_outputs:
                yield note(
                    "called-process",
                    element.id,
                    say(
                        "调用活动{named}只有传入映射，被调用流程的结果不会带回",
                        named=quoted(element),
                    ),
                )


def _computed_call(
    diagram: DeployedDiagram, call: Element
) -> Iterator[Finding]:
    caller = next(
        process for process in diagram.processes if call.id in process.elements
    )
    results = calls.candidates(caller, diagram.known_processes)
    if results:
        listed = "、".join(results[:10])
        if len(results) > 10:
            listed = say("{listed}等", listed=listed)
        sentence = say(
            "调用活动{named}办到时才知道调用哪个流程，可以调用 {listed}，其他的会停下并报告异常",
            named=quoted(call),
            listed=listed,
        )
        yield note("called-process", call.id, sentence)
    else:
        sentence = say(
            "调用活动{named}按表达式调用，但本次发布中没有可以调用的其他流程，请把要调用的流程一并发布",
            named=quoted(call),
        )
        yield refuse("called-process", call.id, sentence)


def _has_plain_start(process: Process) -> bool:
    starts = [
        element
        for element in process.scopes[process.id].elements.values()
        if element.type == "startEvent"
    ]
    return not starts or any(start.event is None for start in starts)


def _shared_ids(diagram: DeployedDiagram, call: Element) -> Iterator[Finding]:
    """History, forms and citations go by element id: an activity of the called process must not share one
    with the caller."""
    caller = next(
        process for process in diagram.processes if call.id in process.elements
    )
    called = diagram.known_processes[call.called or ""]
    if called.id == caller.id:
        return
    for element_id, element in called.elements.items():
        other = caller.elements.get(element_id)
        if (
            element.type in ACTIVITIES
            and other is not None
            and other.type in ACTIVITIES
        ):
            yield refuse(
                "called-process",
                other.id,
                say(
                    "{named}与被调用流程“{name}”中的{other}编号相同（{element_id}），请给其中一个换编号",
                    named=named(other),
                    name=called.name,
                    other=named(element),
                    element_id=element_id,
                ),
            )


def decision_table(diagram: DeployedDiagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if (
            element.type == "businessRuleTask"
            and element.topic is None
            and element.decision not in diagram.tables
        ):
            listed = near(
                element.decision or "",
                diagram.tables,
                say("，请核对编号，或把决策表一并发布"),
            )
            sentence = say(
                "{named}引用的决策表“{decision}”不在本次发布中{listed}",
                named=named(element),
                decision=element.decision or say("（未填）"),
                listed=listed,
            )
            yield refuse("decision-table", element.id, sentence)
        elif (
            element.type == "businessRuleTask"
            and element.topic is None
            and element.decision_result is not None
        ):
            reason = _taken_wrongly(
                element.decision_result,
                diagram.known_tables.get(element.decision or ""),
            )
            if reason is not None:
                yield refuse(
                    "decision-table",
                    element.id,
                    say(
                        "{named}的结果取法 {decision_result} {reason}",
                        named=named(element),
                        decision_result=element.decision_result,
                        reason=reason,
                    ),
                )


def _taken_wrongly(form: str, table: DecisionTable | None) -> str | None:
    """Why a task cannot take that table's result in that form."""
    if form not in FORMS:
        return say("不受支持，可用 {listed}", listed="、".join(FORMS))
    if (
        table is not None
        and form in ("singleEntry", "collectEntries")
        and len(table.outputs) > 1
    ):
        return say(
            "只取一个值，而决策表有 {count} 个输出列，请改用 singleResult 或 resultList",
            count=len(table.outputs),
        )
    if (
        table is not None
        and form in ("singleEntry", "singleResult")
        and not table.gives_one_row
    ):
        return say(
            "只取一行，而决策表的命中策略 {hit_policy} 给出多行，请改用 collectEntries 或 resultList",
            hit_policy=table.hit_policy,
        )
    return None


def multi_instance(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        multi = element.multi
        if multi is None:
            continue
        if (
            multi.is_loop
            and multi.loop_condition is None
            and multi.loop_maximum is None
        ):
            yield refuse(
                "multi-instance",
                element.id,
                say(
                    "循环任务{named}没有循环条件或最大次数，会停不下来，请填写其中一项",
                    named=quoted(element),
                ),
            )
        if not multi.is_loop and (multi.cardinality is None) == (
            multi.collection is None
        ):
            yield refuse(
                "multi-instance",
                element.id,
                say(
                    "多实例{named}应写明集合或数量，二者选一",
                    named=quoted(element),
                ),
            )
    for node in diagram.bpmn_nodes("multiInstanceLoopCharacteristics"):
        if node.get("behavior") not in (None, "All"):
            yield refuse(
                "multi-instance",
                node.getparent().get("id"),
                say("多实例的 behavior 只支持 All，请改用完成条件"),
            )


def user_task_without_form(diagram: DeployedDiagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if not element.form_key:
            continue
        if (
            diagram.form_fields is not None
            and "${" not in element.form_key
            and element.form_key not in diagram.form_fields
            and element.form_key not in diagram.unread_forms
        ):
            listed = near(
                element.form_key,
                diagram.form_fields,
                say("，请从已有的表单中选一张"),
            )
            sentence = say(
                "{named}的表单“{form_key}”不在本次发布中{listed}",
                named=named(element),
                form_key=element.form_key,
                listed=listed,
            )
            yield refuse("user-task-without-form", element.id, sentence)


def candidate_groups(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.type != "userTask" and element.ad_hoc is None:
            continue
        if element.type == "userTask" and not (
            element.candidate_groups
            or element.assignee
            or element.candidate_users
        ):
            yield refuse(
                "candidate-groups",
                element.id,
                say(
                    "人工任务{named}没有指定由谁办理，请选择办理机构",
                    named=quoted(element),
                ),
            )
        groups = (element.candidate_groups or "").split(",")
        if len(groups) > MOST_GROUPS:
            yield refuse(
                "candidate-groups",
                element.id,
                say(
                    "{named}的办理机构超过 {most} 个，请改短",
                    named=named(element),
                    most=MOST_GROUPS,
                ),
            )
        for part in groups[:MOST_GROUPS]:
            if part.strip() and not _GROUP.search(part.strip()):
                yield refuse(
                    "candidate-groups",
                    element.id,
                    say(
                        "{named}的办理机构“{part}”应写成 角色@层级，编号见辖区配置",
                        named=named(element),
                        part=part.strip(),
                    ),
                )


_QUANTITIES = {
    "startQuantity": say("开始数量"),
    "completionQuantity": say("完成数量"),
}


def token_quantities(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes(*ACTIVITIES):
        for attribute, called in _QUANTITIES.items():
            if node.get(attribute) not in (None, "1"):
                yield refuse(
                    "token-quantities",
                    node.get("id"),
                    say(
                        "“{node}”的{called}（{attribute}）只支持 1，请改为 1",
                        node=diagram.label(node),
                        called=called,
                        attribute=attribute,
                    ),
                )


def implicit_split(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        conditional = {flow.source for flow in scope.flows if flow.condition}
        conditional |= {
            element.id
            for element in scope.elements.values()
            if element.default_flow and len(element.outgoing) > 1
        }
        for element in scope.elements.values():
            if element.type not in ACTIVITIES and element.type not in (
                "startEvent",
                "boundaryEvent",
                "intermediateCatchEvent",
            ):
                continue
            if element.id in conditional:
                yield note(
                    "implicit-split",
                    element.id,
                    say(
                        "{named}的出线有条件或默认，按其后有一个包容网关运行",
                        named=named(element),
                    ),
                )
            elif len(element.outgoing) > 1:
                yield note(
                    "implicit-split",
                    element.id,
                    say(
                        "{named}有 {count} 条出线，按其后有一个并行网关运行",
                        named=named(element),
                        count=len(element.outgoing),
                    ),
                )
