"""How a file is put together: which process it is about, what nobody reads in it, what is not drawn."""

from __future__ import annotations

from typing import Any

from orchestrator.bpmn_import.names import (
    DIALECTS,
    local,
    namespace,
)
from orchestrator.bpmn_import.names import OURS as OUR_SPACES
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.model import FLOW_NODES
from orchestrator.engine.xml import BPMN, BPMNDI, tag
from orchestrator.sentences import say

_READ = {*OUR_SPACES, *DIALECTS}
"""What the dialects leave in the file, they leave on purpose."""


def strangers(root: Any, report: Report) -> None:
    """Tells what is left in namespaces that nobody here reads, and leaves it where BPMN allows it; the
    drawing keeps its colours."""
    for node in list(root.iter()):
        if (
            not isinstance(node.tag, str)
            or _drawing(node)
            or (node is not root and node.getparent() is None)
        ):
            continue
        for name in [
            value
            for value in node.attrib
            if namespace(value) and namespace(value) not in _READ
        ]:
            if node is not root:
                report.ignored(
                    node,
                    local(name),
                    say(
                        "“{local}”是其他工具的记号，本系统不用，保留在文件中",
                        local=local(name),
                    ),
                )
        parent = node.getparent()
        if (
            namespace(node.tag) not in _READ
            and parent is not None
            and namespace(parent.tag) == BPMN
        ):
            extends = parent.tag == tag("extensionElements")
            if extends:
                owner = parent.getparent()
            else:
                owner = parent
            if not extends:
                parent.remove(node)
            if extends:
                kept = say("，保留在文件中")
            else:
                kept = ""
            report.ignored(
                owner,
                local(node.tag),
                say(
                    "“{local}”是其他工具的扩展，本系统不用{kept}",
                    local=local(node.tag),
                    kept=kept,
                ),
            )


def undrawn(root: Any, report: Report) -> None:
    """An element without a place in the drawing runs, but nobody sees it in the editor."""
    drawn = {
        node.get("bpmnElement") for node in root.iter(f"{{{BPMNDI}}}BPMNShape")
    }
    for node in root.iter():
        if (
            isinstance(node.tag, str)
            and local(node.tag) in FLOW_NODES
            and namespace(node.tag) == BPMN
            and node.get("id") not in drawn
        ):
            report.ignored(
                node,
                "BPMNShape",
                say(
                    "没有图形位置，会照样运行，但在编辑器里看不到，请在原工具中补画",
                ),
            )


def _drawing(node: Any) -> bool:
    while node is not None:
        if namespace(node.tag) == BPMNDI:
            return True
        node = node.getparent()
    return False


def processes(root: Any, report: Report) -> None:
    processes = list(root.iter(tag("process")))
    for number, node in enumerate(processes, 1):
        if not node.get("id"):
            node.set("id", f"process_{number}")
            report.mapped(
                node,
                "id",
                say("流程没有编号，已编为“process_{number}”", number=number),
            )
    main = main_process(root)
    if main.get("isExecutable") != "true":
        main.set("isExecutable", "true")
        report.mapped(main, "isExecutable", say("流程没有标为可执行，已标上"))
    called = {
        node.get("calledElement") for node in root.iter(tag("callActivity"))
    }
    for node in processes:
        if (
            node is not main
            and node.get("id") in called
            and node.get("isExecutable") != "true"
        ):
            node.set("isExecutable", "true")
            report.mapped(
                node,
                "isExecutable",
                say("被调用的流程没有标为可执行，已标上"),
            )
        if node is not main:
            report.ignored(
                node,
                "process",
                say(
                    "文件中的另一个流程，不随“{main}”办理；只有被调用时才运行",
                    main=main.get("name") or main.get("id"),
                ),
            )


def main_process(root: Any, key: str = "") -> Any:
    """The process that the file is about: the one with the given id, else the first executable one that has
    elements and that no other of the file calls, else the first."""
    processes = list(root.iter(tag("process")))
    filled = [
        node
        for node in processes
        if any(
            local(child.tag) in FLOW_NODES
            for child in node
            if isinstance(child.tag, str)
        )
    ]
    executable = [
        node for node in filled if node.get("isExecutable") == "true"
    ]
    called = {
        node.get("calledElement") for node in root.iter(tag("callActivity"))
    }
    first = [node for node in executable if node.get("id") not in called]
    same = [node for node in processes if key and node.get("id") == key]
    return [*same, *first, *executable, *filled, *processes][0]
