"""Rules about the diagram's build: processes, ids, flows, reachability, sizes, elements we do not run."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from orchestrator.bpmn_checks.diagram import (
    DeployedDiagram,
    Diagram,
    flow_name,
    named,
    note,
    quoted,
    refuse,
)
from orchestrator.engine.model import FLOW_NODES, Scope, enabled
from orchestrator.engine.xml import BPMN, tag
from orchestrator.errors import Finding
from orchestrator.sentences import say

MAX_NODES = 400

UNSUPPORTED = {
    "complexGateway": say("复杂网关"),
    "choreographyTask": say("编排任务"),
    "subChoreography": say("子编排"),
    "callChoreography": say("调用编排"),
    "callConversation": say("会话"),
    **dict.fromkeys(
        (
            "globalTask",
            "globalUserTask",
            "globalManualTask",
            "globalScriptTask",
            "globalBusinessRuleTask",
        ),
        say("全局任务"),
    ),
    "implicitThrowEvent": say("隐式抛出事件"),
}
_REPLACEMENTS = {
    **dict.fromkeys(
        (
            "globalTask",
            "globalUserTask",
            "globalManualTask",
            "globalScriptTask",
            "globalBusinessRuleTask",
        ),
        say("请画成流程里的任务，或另建一个流程由调用活动调用"),
    ),
    "complexGateway": say("请改用包容网关或并行网关"),
}


def executable_process(diagram: Diagram) -> Iterator[Finding]:
    if not any(process.executable for process in diagram.processes):
        yield refuse(
            "executable-process",
            None,
            say("文件中没有可执行的流程，请在流程属性中勾选“可执行”"),
        )
    for process in diagram.processes:
        if not process.id:
            yield refuse(
                "executable-process",
                None,
                say("流程“{name}”没有编号（id）", name=process.name),
            )


def duplicate_ids(diagram: Diagram) -> Iterator[Finding]:
    ids = Counter(
        node.get("id")
        for node in diagram.root.iter()
        if isinstance(node.tag, str) and node.get("id")
    )
    for element_id, count in ids.items():
        if count > 1:
            yield refuse(
                "duplicate-ids",
                element_id,
                say(
                    "编号“{element_id}”用了 {count} 次，每个元素的编号必须唯一",
                    element_id=element_id,
                    count=count,
                ),
            )


def dangling_flows(diagram: Diagram) -> Iterator[Finding]:
    told_otherwise = {
        node.get("id") for node in diagram.bpmn_nodes(*UNSUPPORTED)
    }
    for scope in diagram.scopes():
        for flow in scope.flows:
            for end, label in (
                (flow.source, say("起点")),
                (flow.target, say("终点")),
            ):
                if not end:
                    yield refuse(
                        "dangling-flows",
                        flow.id,
                        say(
                            "连线“{name}”没有{label}，请重新连接或删除",
                            name=flow_name(flow, scope.elements),
                            label=label,
                        ),
                    )
                elif end not in scope.elements and end not in told_otherwise:
                    yield refuse(
                        "dangling-flows",
                        flow.id,
                        say(
                            "连线“{name}”的{label}“{end}”不在同一层流程中，请重新连接",
                            name=flow_name(flow, scope.elements),
                            label=label,
                            end=end,
                        ),
                    )


def flow_without_id(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes("sequenceFlow"):
        if not node.get("id"):
            ends = f"{node.get('sourceRef')} → {node.get('targetRef')}"
            yield note(
                "flow-without-id",
                None,
                say("连线 {ends} 没有编号，已自动编号", ends=ends),
            )
    for name in FLOW_NODES:
        for node in diagram.bpmn_nodes(name):
            if not node.get("id"):
                yield refuse(
                    "flow-without-id",
                    None,
                    say(
                        "元素“{node}”没有编号（id），请补上",
                        node=node.get("name") or name,
                    ),
                )


def unreachable(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes():
        following = _following(scope)
        lost = unreached(scope, diagram.is_ad_hoc(scope))
        seen = set(scope.elements) - set(lost)
        led_to = {
            target for value in lost for target in following.get(value, ())
        }
        # What only follows a lost step is found again with it: the first ones are told, and how much hangs on
        # each.
        for first in sorted(lost, key=lambda value: value in led_to):
            if first in seen:
                continue
            with_it = _from([first], following) - seen
            seen |= with_it
            if len(with_it) > 1:
                others = say(
                    "（连同它之后的 {count} 个步骤）",
                    count=len(with_it) - 1,
                )
            else:
                others = ""
            yield refuse(
                "unreachable",
                first,
                say(
                    "{named}{others}从开始事件走不到，请连上或删除",
                    named=named(scope.elements[first]),
                    others=others,
                ),
            )


def unreached(scope: Scope, is_ad_hoc: bool) -> list[str]:
    """Ids of the elements that no token of the scope ever comes to."""
    begin = [
        e.id
        for e in scope.elements.values()
        if e.type == "startEvent" or e.event_subprocess or e.for_compensation
    ]
    if is_ad_hoc:
        begin += [e.id for e in enabled(scope)]
    seen = _from(begin, _following(scope))
    return [e.id for e in scope.elements.values() if e.id not in seen]


def _following(scope: Scope) -> dict[str, list[str]]:
    """Element → what a token goes on to from there, the events at its border and the link of its name
    included."""
    following: dict[str, list[str]] = {}
    for flow in scope.flows:
        following.setdefault(flow.source, []).append(flow.target)
    links: dict[str | None, list[str]] = {}
    for e in scope.elements.values():
        is_link = e.event is not None and e.event.kind == "link"
        if is_link and e.event and e.type == "intermediateCatchEvent":
            links.setdefault(e.event.reference, []).append(e.id)
    for element in scope.elements.values():
        if element.type == "boundaryEvent" and element.attached_to:
            following.setdefault(element.attached_to, []).append(element.id)
        if (
            element.type == "intermediateThrowEvent"
            and element.event
            and element.event.kind == "link"
        ):
            following.setdefault(element.id, []).extend(
                links.get(element.event.reference, ()),
            )
    return following


def _from(begin: list[str], following: dict[str, list[str]]) -> set[str]:
    """All that a token comes to from these, themselves included."""
    seen = set(begin)
    pending = list(begin)
    while pending:
        for target in following.get(pending.pop(), ()):
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return seen


def dead_end(diagram: Diagram) -> Iterator[Finding]:
    """The branch ends there, as in Camunda and in BPMN 2.0.2, 13.2."""
    ad_hoc = {
        scope.id for scope in diagram.scopes() if diagram.is_ad_hoc(scope)
    }
    for element in diagram.elements():
        thrown_link = (
            element.type == "intermediateThrowEvent"
            and element.event is not None
            and element.event.kind == "link"
        )
        if (
            element.outgoing
            or element.type == "endEvent"
            or element.event_subprocess
            or thrown_link
        ):
            continue
        if (
            element.process in ad_hoc
            or element.for_compensation
            or (
                element.event is not None
                and element.event.kind == "compensate"
                and element.attached_to
            )
        ):
            continue
        yield note(
            "dead-end",
            element.id,
            say(
                "{named}之后没有连线，这一支办到这里就结束，没有写明结果。要写明结果，请连到一个结束事件",
                named=named(element),
            ),
        )


def too_many_nodes(diagram: Diagram) -> Iterator[Finding]:
    for process in diagram.processes:
        count = len(process.elements)
        if count > MAX_NODES:
            yield refuse(
                "too-many-nodes",
                process.id,
                say(
                    "流程“{name}”有 {count} 个元素，超过 {max_nodes} 个，请把一部分移入调用的流程",
                    name=process.name,
                    count=count,
                    max_nodes=MAX_NODES,
                ),
            )


def unsupported_elements(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.root.iter():
        if not isinstance(node.tag, str) or not node.tag.startswith(
            f"{{{BPMN}}}",
        ):
            continue
        name = node.tag.rpartition("}")[2]
        if name in UNSUPPORTED:
            if node.get("id") and not name.endswith("EventDefinition"):
                owner = node
            else:
                owner = node.getparent()
            label = diagram.label(owner)
            advice = _REPLACEMENTS.get(name, say("请改用受支持的元素"))
            yield refuse(
                "unsupported-elements",
                owner.get("id"),
                say(
                    "“{label}”用了{unsupported}，本系统不运行它，{advice}",
                    label=label,
                    unsupported=UNSUPPORTED[name],
                    advice=advice,
                ),
            )


def data_objects(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.bpmn_nodes(
        "dataInputAssociation",
        "dataOutputAssociation",
        "ioSpecification",
    ):
        if node.getparent().tag == tag("callActivity") or node.tag == tag(
            "ioSpecification",
        ):
            continue
        yield note(
            "data-objects",
            node.getparent().get("id"),
            say("数据对象的连线只作图示，变量在整个流程内共用"),
        )


def recursive_calls(diagram: DeployedDiagram) -> Iterator[Finding]:
    for process in diagram.processes:
        for call in process.elements.values():
            if call.type == "callActivity":
                way = _way_back(diagram, call.called or "", process.id)
            else:
                way = ()
            if way:
                yield refuse(
                    "recursive-calls",
                    call.id,
                    say(
                        "调用活动{named}又回到本流程：{listed}，办起来没有尽头，请改为调用别的流程，"
                        "或用连线退回",
                        named=quoted(call),
                        listed=" → ".join((process.id, *way)),
                    ),
                )


def _way_back(
    diagram: DeployedDiagram, key: str, home: str
) -> tuple[str, ...]:
    """The processes called one after another until `home`, by the shortest way; empty when no call leads
    there."""
    came_from: dict[str, str] = {key: ""}
    pending = deque([key])
    while pending and home not in came_from:
        current = pending.popleft()
        for called in _called(diagram, current):
            if called not in came_from:
                came_from[called] = current
                pending.append(called)
    if home not in came_from:
        return ()
    way = [home]
    while came_from[way[-1]]:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def _called(diagram: DeployedDiagram, key: str) -> list[str]:
    process = diagram.known_processes.get(key)
    if process is None:
        return []
    return [called for called, _depth in process.calls]
