"""Rules about tasks, subprocesses and called processes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import Diagram, named, near, note, refuse
from orchestrator.engine import calls
from orchestrator.engine.decisions import FORMS, DecisionTable
from orchestrator.engine.model import ACTIVITIES, Element, Process
from orchestrator.engine.xml import camunda
from orchestrator.errors import Finding

_GROUP = re.compile(r"^[\w-]+@[\w-]+$|^[\w-]+:[\w-]+:[\w-]+$|\$\{")
_FOREIGN_IMPLEMENTATION = ("class", "delegateExpression", "expression")


def service_task_without_topic(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes("serviceTask", "sendTask", "businessRuleTask"):
        element_id, label = node.get("id"), node.get("name") or node.get("id")
        kind = node.tag.rpartition("}")[2]
        for attribute in _FOREIGN_IMPLEMENTATION:
            if node.get(camunda(attribute)):
                yield refuse(
                    "service-task-without-topic",
                    element_id,
                    f"「{label}」用了 camunda:{attribute}，本系统不执行外部代码，请改为 external "
                    "并填写主题（topic）",
                )
        if kind == "serviceTask" and not (
            node.get(camunda("type")) == "external" and node.get(camunda("topic"))
        ):
            yield refuse(
                "service-task-without-topic",
                element_id,
                f"服务任务「{label}」没有说明由谁执行，请设为 external 并选择主题（topic）",
            )


def called_process(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.type != "callActivity":
            continue
        if not element.called:
            yield refuse(
                "called-process", element.id, f"调用活动{named(element)}没有选择要调用的流程，请选择一个"
            )
        elif calls.is_expression(element.called):
            yield from _computed_call(diagram, element)
        elif element.called not in diagram.known_processes:
            listed = near(element.called, diagram.known_processes, "，请核对流程编号，或把那个流程一并发布")
            told = f"调用活动{named(element)}要调用的流程「{element.called}」不在本次发布中{listed}"
            yield refuse("called-process", element.id, told)
        elif not diagram.known_processes[element.called].scopes[element.called].elements:
            told = (
                f"调用活动{named(element)}要调用的流程「{element.called}」是空的，请画出它的步骤，"
                "或改选别的流程"
            )
            yield refuse("called-process", element.id, told)
        elif not diagram.known_processes[element.called].executable:
            told = (
                f"调用活动{named(element)}要调用的流程「{element.called}」没有标为可执行，不能运行，"
                "请在它的流程属性中勾选“可执行”"
            )
            yield refuse("called-process", element.id, told)
        elif not _has_plain_start(diagram.known_processes[element.called]):
            told = (
                f"调用活动{named(element)}要调用的流程「{element.called}」没有普通开始事件，"
                "不能被调用，请给它加一个"
            )
            yield refuse("called-process", element.id, told)
        else:
            yield from _shared_ids(diagram, element)
            if element.call_inputs and not element.call_outputs:
                yield note(
                    "called-process",
                    element.id,
                    f"调用活动{named(element)}只有传入映射，被调用流程的结果不会带回",
                )


def _computed_call(diagram: Diagram, call: Element) -> Iterator[Finding]:
    caller = next(process for process in diagram.processes if call.id in process.elements)
    found = calls.candidates(caller, diagram.known_processes)
    if found:
        listed = "、".join(found[:10]) + ("等" if len(found) > 10 else "")
        told = f"调用活动{named(call)}办到时才知道调用哪个流程，可以调用 {listed}，其他的会停下并报告异常"
        yield note("called-process", call.id, told)
    else:
        told = (
            f"调用活动{named(call)}按表达式调用，但本次发布中没有可以调用的其他流程，请把要调用的流程一并发布"
        )
        yield refuse("called-process", call.id, told)


def _has_plain_start(process: Process) -> bool:
    starts = [each for each in process.scopes[process.id].elements.values() if each.type == "startEvent"]
    return not starts or any(each.event is None for each in starts)


def _shared_ids(diagram: Diagram, call: Element) -> Iterator[Finding]:
    """History, forms and citations go by element id: an activity of the called process must not share one
    with the caller."""
    caller = next(process for process in diagram.processes if call.id in process.elements)
    called = diagram.known_processes[call.called or ""]
    if called.id == caller.id:
        return
    for element_id, element in called.elements.items():
        other = caller.elements.get(element_id)
        if element.type in ACTIVITIES and other is not None and other.type in ACTIVITIES:
            yield refuse(
                "called-process",
                other.id,
                f"{named(other)}与被调用流程「{called.name}」"
                f"中的{named(element)}编号相同（{element_id}），请给其中一个换编号",
            )


def decision_table(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if (
            element.type == "businessRuleTask"
            and element.topic is None
            and element.decision not in diagram.tables
        ):
            listed = near(element.decision or "", diagram.tables, "，请核对编号，或把决策表一并发布")
            told = f"{named(element)}引用的决策表「{element.decision or '（未填）'}」不在本次发布中{listed}"
            yield refuse("decision-table", element.id, told)
        elif (
            element.type == "businessRuleTask"
            and element.topic is None
            and element.decision_result is not None
        ):
            reason = _taken_wrongly(element.decision_result, diagram.known_tables.get(element.decision or ""))
            if reason is not None:
                yield refuse(
                    "decision-table",
                    element.id,
                    f"{named(element)}的结果取法 {element.decision_result} {reason}",
                )


def _taken_wrongly(form: str, table: DecisionTable | None) -> str | None:
    """Why a task cannot take that table's result in that form."""
    if form not in FORMS:
        return f"不受支持，可用 {'、'.join(FORMS)}"
    if table is not None and form in ("singleEntry", "collectEntries") and len(table.outputs) > 1:
        return f"只取一个值，而决策表有 {len(table.outputs)} 个输出列，请改用 singleResult 或 resultList"
    if table is not None and form in ("singleEntry", "singleResult") and not table.gives_one_row:
        return (
            f"只取一行，而决策表的命中策略 {table.hit_policy} 给出多行，请改用 collectEntries 或 resultList"
        )
    return None


def multi_instance(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        multi = element.multi
        if multi is None:
            continue
        if multi.is_loop and multi.loop_condition is None and multi.loop_maximum is None:
            yield refuse(
                "multi-instance",
                element.id,
                f"循环任务{named(element)}没有循环条件或最大次数，会停不下来，请填写其中一项",
            )
        if not multi.is_loop and (multi.cardinality is None) == (multi.collection is None):
            yield refuse("multi-instance", element.id, f"多实例{named(element)}应写明集合或数量，二者选一")
    for node in diagram.bpmn_nodes("multiInstanceLoopCharacteristics"):
        if node.get("behavior") not in (None, "All"):
            yield refuse(
                "multi-instance", node.getparent().get("id"), "多实例的 behavior 只支持 All，请改用完成条件"
            )


def user_task_without_form(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if not element.form_key:
            continue
        if (
            diagram.form_fields is not None
            and "${" not in element.form_key
            and element.form_key not in diagram.form_fields
        ):
            listed = near(element.form_key, diagram.form_fields, "，请从已有的表单中选一张")
            told = f"{named(element)}的表单「{element.form_key}」不在本次发布中{listed}"
            yield refuse("user-task-without-form", element.id, told)


def candidate_groups(diagram: Diagram) -> Iterator[Finding]:
    for element in diagram.elements():
        if element.type != "userTask" and element.ad_hoc is None:
            continue
        if element.type == "userTask" and not (
            element.candidate_groups or element.assignee or element.candidate_users
        ):
            yield refuse(
                "candidate-groups",
                element.id,
                f"用户任务{named(element)}没有指定由谁办理，请选择办理机构（角色@层级）",
            )
        for part in (element.candidate_groups or "").split(","):
            if part.strip() and not _GROUP.search(part.strip()):
                yield refuse(
                    "candidate-groups",
                    element.id,
                    f"{named(element)}的办理机构「{part.strip()}」应写成 角色@层级，编号见辖区配置",
                )


def token_quantities(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes(*ACTIVITIES):
        for attribute in ("startQuantity", "completionQuantity"):
            if node.get(attribute) not in (None, "1"):
                yield refuse(
                    "token-quantities",
                    node.get("id"),
                    f"「{node.get('name') or node.get('id')}」的 {attribute} 只支持 1，请改为 1",
                )


def implicit_split(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        conditional = {flow.source for flow in scope.flows if flow.condition}
        conditional |= {
            each.id for each in scope.elements.values() if each.default_flow and len(each.outgoing) > 1
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
                    f"{named(element)}的出线有条件或默认，按其后有一个包容网关运行",
                )
            elif len(element.outgoing) > 1:
                yield note(
                    "implicit-split",
                    element.id,
                    f"{named(element)}有 {len(element.outgoing)} 条出线，按其后有一个并行网关运行",
                )
