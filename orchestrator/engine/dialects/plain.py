"""What plain BPMN leaves to each tool: the language of conditions, times and scripts, and how a file is put together."""

from __future__ import annotations

from typing import Any

from orchestrator.engine import expressions
from orchestrator.engine.dialects import texts
from orchestrator.engine.dialects.names import CAMUNDA_LIKE, DIALECTS, OURS, local, namespace
from orchestrator.engine.dialects.report import Report
from orchestrator.engine.model import FLOW_NODES
from orchestrator.engine.xml import BPMN, BPMNDI, tag

_CONDITIONS = {
    "conditionExpression": ("condition", "条件"),
    "completionCondition": ("completionCondition", "多实例的完成条件"),
    "loopCondition": ("loopCondition", "循环条件"),
    "condition": ("condition", "条件事件的条件"),
    "loopCardinality": ("loopCardinality", "多实例的数量"),
}
_TIMES = {"timeDuration": "时长", "timeDate": "日期", "timeCycle": "周期"}
_PYTHON = ("python", "w3.org/1999/xpath", "feel", "uel", "java.sun.com")
"""Languages of an expression that the file may name without harm: what stands there has been translated."""


_READ = {*OURS, *DIALECTS}
"""What the dialects leave in the file, they leave on purpose."""


def convert(root: Any, report: Report) -> None:
    """Rewrites conditions, times and scripts; makes the process executable."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or namespace(node.tag) != BPMN:
            continue
        name = local(node.tag)
        if name in _CONDITIONS and (node.text or "").strip():
            _condition(node, *_CONDITIONS[name], report)
        elif name in _TIMES and (node.text or "").strip():
            _time(node, name, report)
        elif name == "script":
            _script(node, report)
        elif name == "callActivity" and node.get("calledElement") and "{" not in node.get("calledElement"):
            report.honoured(node, "calledElement", f"调用流程「{node.get('calledElement')}」，发布时要一并发布")
        elif name == "messageFlow":
            report.ignored(node, "messageFlow", "消息流只作图示，不传递消息")
    _processes(root, report)


def strangers(root: Any, report: Report) -> None:
    """Takes out what is left in namespaces that nobody here reads; the drawing keeps its colours."""
    for node in list(root.iter()):
        if not isinstance(node.tag, str) or _drawing(node) or (node is not root and node.getparent() is None):
            continue
        for name in [each for each in node.attrib if namespace(each) and namespace(each) not in _READ]:
            del node.attrib[name]
            if node is not root:
                report.ignored(node, local(name), f"「{local(name)}」是其他工具的记号，本系统不用")
        parent = node.getparent()
        if namespace(node.tag) not in _READ and parent is not None and namespace(parent.tag) == BPMN:
            owner = parent.getparent() if parent.tag == tag("extensionElements") else parent
            parent.remove(node)
            report.ignored(owner, local(node.tag), f"「{local(node.tag)}」是其他工具的扩展，本系统不用")


def undrawn(root: Any, report: Report) -> None:
    """An element without a place in the drawing runs, but nobody sees it in the editor."""
    drawn = {node.get("bpmnElement") for node in root.iter(f"{{{BPMNDI}}}BPMNShape")}
    for node in root.iter():
        if (
            isinstance(node.tag, str)
            and local(node.tag) in FLOW_NODES
            and namespace(node.tag) == BPMN
            and node.get("id") not in drawn
        ):
            report.ignored(node, "BPMNShape", "没有图形位置，会照样运行，但在编辑器里看不到，请在原工具中补画")


def _drawing(node: Any) -> bool:
    while node is not None:
        if namespace(node.tag) == BPMNDI:
            return True
        node = node.getparent()
    return False


def _condition(node: Any, label: str, word: str, report: Report) -> None:
    given, language = node.text.strip(), node.get("language") or ""
    found = texts.condition(given)
    node.text = found.text
    if language and not found.problem:
        del node.attrib["language"]
    if found.problem:
        report.unsupported(node, label, f'{word}「{given}」不能用：{found.problem}。请改写，如 decision == "approve"')
    elif language and not any(each in language.lower() for each in _PYTHON):
        report.mapped(node, label, f"{word}「{found.text}」原用 {language} 书写，在本系统也读得通，请核对意思")
    elif found.text != given:
        report.mapped(node, label, f"{word}由「{given}」改写为「{found.text}」")
    else:
        report.honoured(node, label, f"{word}「{given}」照用")


def _time(node: Any, name: str, report: Report) -> None:
    given = node.text.strip()
    found = texts.time(given, name)
    node.text = found.text
    if found.problem:
        report.unsupported(node, name, f"{_TIMES[name]}「{given}」不能用：{found.problem}")
    elif found.text != given:
        report.mapped(node, name, f"{_TIMES[name]}由「{given}」改写为「{found.text}」")
    else:
        report.honoured(node, name, f"{_TIMES[name]}「{given}」照用")


def _script(node: Any, report: Report) -> None:
    task = node.getparent()
    if task.tag != tag("scriptTask"):
        return
    written = (task.get("scriptFormat") or "").lower()
    given = [task.get(f"{{{space}}}{name}") for space in CAMUNDA_LIKE for name in ("resultVariable", "resultVariableName")]
    variable = next(filter(None, given), "")
    if variable:  # the value of the last line
        before, newline, last = (node.text or "").strip().rpartition("\n")
        node.text = f"{before}{newline}{variable} = {last.strip()}"
    try:
        expressions.compile_script((node.text or "").strip())
    except expressions.ExpressionRefused as reason:
        report.unsupported(task, "script", f'脚本不能用：{reason}。脚本只能逐行赋值，如 level = "county"')
        return
    if variable:
        task.attrib.pop("scriptFormat", None)
        report.mapped(task, "script", f"脚本改写为「{node.text}」，请核对意思")
    elif written in ("", "python", "text/python", "application/python"):
        report.honoured(task, "script", "脚本只有赋值，照用")
    else:
        del task.attrib["scriptFormat"]
        report.mapped(task, "script", f"脚本原用 {written} 书写，在本系统也读得通，请核对意思")


def _processes(root: Any, report: Report) -> None:
    processes = list(root.iter(tag("process")))
    for number, node in enumerate(processes, 1):
        if not node.get("id"):
            node.set("id", f"process_{number}")
            report.mapped(node, "id", f"流程没有编号，已编为「process_{number}」")
    main = main_process(root)
    if main.get("isExecutable") != "true":
        main.set("isExecutable", "true")
        report.mapped(main, "isExecutable", "流程没有标为可执行，已标上")
    for node in processes:
        if node is not main:
            report.ignored(
                node, "process", f"文件中的另一个流程，不随「{main.get('name') or main.get('id')}」办理；只有被调用时才运行"
            )


def main_process(root: Any, key: str = "") -> Any:
    """The process that the file is about: the one with the given id, else the first executable one that has elements, else the first."""
    processes = list(root.iter(tag("process")))
    filled = [node for node in processes if any(local(child.tag) in FLOW_NODES for child in node if isinstance(child.tag, str))]
    executable = [node for node in filled if node.get("isExecutable") == "true"]
    same = [node for node in processes if key and node.get("id") == key]
    return [*same, *executable, *filled, *processes][0]
