"""jBPM and Kogito: who does a task and what it is given stand in data associations, conditions and scripts in
Java or MVEL, the order of flows in a priority."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from lxml import etree

from orchestrator.bpmn_import import placing, relative_times
from orchestrator.bpmn_import.names import DROOLS, is_ours, local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.bpmn_import.spiffworkflow import results_alone
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

_JAVA = ("http://www.java.com/java", "http://www.mvel.org/2.0")
_OF_THE_FILE = frozenset((*_JAVA, "http://www.java.com/javaTypes"))
"""Languages that a file of the tool names for all that stands in it."""
_OF_THE_TOOL = frozenset(
    (
        *("TaskName", "NodeName", "Skippable", "Comment", "Description"),
        *("Subject", "Content", "CreatedBy", "Locale", "Priority"),
    )
)
"""Inputs of a task by which the other tool shows or files it."""
_WHO = ("assignee", "candidateUsers", "candidateGroups")
_RETURN = re.compile(r"^return\s+(?P<value>[^;]*);?$", re.DOTALL)
_COMPARED = {
    "equalsTo": "==",
    "greaterThan": ">",
    "greaterOrEqualThan": ">=",
    "lessThan": "<",
    "lessOrEqualThan": "<=",
}
_CONSTANTS = {"true": "True", "false": "False", "null": "None"}
_PRIORITY = re.compile("[0-9]{1,9}")
_FUNCTION = re.compile(
    r'KieFunctions\.(?P<name>\w+)\(\s*(?P<variable>\w+)\s*(?:,\s*(?P<value>"[^"]*"|[\w.]+)\s*)?\)',
)
_SET = re.compile(
    r'kcontext\.setVariable\(\s*"(?P<name>\w+)"\s*,\s*(?P<value>"[^"]*"|\w+)\s*\)',
)
_PRINTED = re.compile(
    r'System\.out\.print(?:ln)?\(\s*(?:(?:"[^"\\]*"|\w+)(?:\s*\+\s*(?:"[^"\\]*"|\w+))*)?\s*\)',
)
"""What only writes to a log: texts and variables."""
_STATEMENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^;])+?(?=;|$)', re.DOTALL)
"""What stands up to a semicolon outside quotation marks."""


def _is_from_there(root: Any) -> bool:
    names = (name for node in root.iter() for name in (node.tag, *node.attrib))
    if any(namespace(name) == DROOLS for name in names):
        return True
    languages = root.get("expressionLanguage"), root.get("typeLanguage")
    return DROOLS in root.nsmap.values() and not _OF_THE_FILE.isdisjoint(
        languages
    )


def convert(root: Any, report: Report) -> None:
    """Who does a task, what it is given and brings; what has no counterpart stays, where the check refuses
    it."""
    if not _is_from_there(root):
        return
    for reference in list(root.iter(tag("loopDataOutputRef"))):
        results_alone(reference, report)
    for loop in list(root.iter(tag("multiInstanceLoopCharacteristics"))):
        _collections(loop.getparent())
    for task in root.iter(tag("userTask")):
        _task(task, report)
    for call in root.iter(tag("callActivity")):
        _call(call, report)


def into_our_words(root: Any, report: Report) -> None:
    """Conditions, scripts, timers and the order of flows, before they are read."""
    if not _is_from_there(root):
        return
    for task in list(root.iter(tag("task"))):
        if task.get(f"{{{DROOLS}}}taskName"):
            task.tag = tag("serviceTask")
    _conditions(root)
    ours = is_ours(root)
    for script in root.iter(tag("scriptTask")):
        if not (ours or script.get("scriptFormat")):
            script.set("scriptFormat", _JAVA[1])
        _script(script, report)
    for kind in ("timeDuration", "timeCycle", "timeDate"):
        for timer in root.iter(tag(kind)):
            if timer.get("language") == "none":
                del timer.attrib["language"]
            lasting = relative_times.of_jbpm(timer.text or "")
            if kind == "timeDuration" and lasting:
                timer.text = lasting
    _flows_in_their_order(root, report)


# ----
# data associations


def _handed(activity: Any, way: str) -> list[tuple[Any, str, str, str | None]]:
    """(association, name of the input or output, variable, text that is assigned)."""
    kind = f"data{way}"
    declared = {}
    for node in activity.iter(tag(kind)):
        node_id = node.get("id")
        declared[node_id] = node.get("name") or node_id
    handed = []
    for association in activity.findall(tag(f"{kind}Association")):
        source = association.findtext(tag("sourceRef"), "").strip()
        target = association.findtext(tag("targetRef"), "").strip()
        assigned = association.find(tag("assignment"))
        text = None
        if assigned is not None:
            # One without `from` gives nothing; the tool writes it for each input that nobody filled in.
            given = assigned.find(tag("from"))
            text = "" if given is None else "".join(given.itertext()).strip()
        if way == "Input":
            inner, outer = target, source
        else:
            inner, outer = source, target
        handed.append((association, declared.get(inner, inner), outer, text))
    return handed


def _collections(activity: Any) -> None:
    """A multi-instance there goes over an input that is given the variable, and fills an output."""
    for way in ("Input", "Output"):
        reference = activity.find(
            f"{tag('multiInstanceLoopCharacteristics')}/{tag(f'loopData{way}Ref')}",
        )
        if reference is None:
            continue
        inner = (reference.text or "").strip()
        for association in activity.findall(tag(f"data{way}Association")):
            ends = [
                association.findtext(tag(end), "").strip()
                for end in ("sourceRef", "targetRef")
            ]
            if way == "Output":
                ends.reverse()
            if ends[1] == inner and ends[0]:
                reference.text = ends[0]
                activity.remove(association)


def _task(task: Any, report: Report) -> None:
    for association, name, variable, text in _handed(task, "Input"):
        if text is not None:
            _assigned(task, association, name, text, report)
        elif variable and variable != name:
            task.remove(association)
            written = f"${{{variable}}}"
            placing.parameter(
                report,
                task,
                "input",
                name,
                written,
                name,
            )
    for association, name, variable, text in _handed(task, "Output"):
        if text is None and variable and variable != name:
            task.remove(association)
            written = f"${{{name}}}"
            placing.parameter(
                report,
                task,
                "output",
                variable,
                written,
                name,
            )


def _assigned(
    task: Any,
    association: Any,
    name: str,
    text: str,
    report: Report,
) -> None:
    """A text that an input is given; one that nobody knows here stays, and the check refuses it."""
    text = re.sub(r"#\{", "${", text)
    taken = any(task.get(camunda(attribute)) for attribute in _WHO)
    if name in ("GroupId", "ActorId") and not text:
        task.remove(association)
        return
    if name in ("GroupId", "ActorId") and taken:
        return
    if name == "GroupId":
        placing.place(
            report,
            task,
            "candidateGroups",
            text,
            moved=True,
            told_as=name,
        )
    elif name == "ActorId":
        attribute = "assignee"
        if "," in text:
            attribute = "candidateUsers"
        placing.place(
            report,
            task,
            attribute,
            text,
            moved=True,
            told_as=name,
        )
    elif name in _OF_THE_TOOL:
        message = say("“{name}”由原系统显示，本系统不用", name=name)
        report.ignored(task, name, message)
    else:
        return
    task.remove(association)


def _call(call: Any, report: Report) -> None:
    """What is handed in and brought back; nothing else is."""
    for way, kind in (("Input", "input"), ("Output", "output")):
        for association, name, variable, text in _handed(call, way):
            if text is not None or not variable:
                continue
            call.remove(association)
            target, source = name, variable
            if way == "Output":
                target, source = variable, name
            placing.passed(
                report,
                call,
                kind,
                target,
                f"${{{source}}}",
                name,
            )


# ----
# Java and MVEL


def _conditions(root: Any) -> None:
    """Each in the language that it names, or else in the file's."""
    whole = root.get("expressionLanguage")
    if whole in _JAVA:
        del root.attrib["expressionLanguage"]
    for kind in ("conditionExpression", "completionCondition"):
        for condition in root.iter(tag(kind)):
            if whole in _JAVA and not condition.get("language"):
                condition.set("language", _JAVA[1])
            _condition(condition)


def _condition(node: Any) -> None:
    """A condition that returns one value is read as an expression; others keep their language, which is
    refused."""
    text = "".join(node.itertext()).strip()
    returned = _RETURN.match(text)
    if node.get("language") not in _JAVA:
        return
    if returned is None and node.get("language") == _JAVA[0]:
        return
    if returned:
        text = returned["value"].strip()
    text = _FUNCTION.sub(_compared, text)
    if ";" in text or "KieFunctions" in text or "kcontext" in text:
        return
    for part in list(node):
        node.remove(part)
    node.text = f"${{{text}}}"
    del node.attrib["language"]


def _compared(function: re.Match[str]) -> str:
    name, variable = function["name"], function["variable"]
    value = function["value"]
    if name in _COMPARED and value:
        return f"({variable} {_COMPARED[name]} {value.strip()})"
    if name == "isNull" and not value:
        return f"({variable} == null)"
    if name in ("isTrue", "isFalse") and not value:
        return f"({variable} == {name[2:].lower()})"
    return function[0]


def _script(task: Any, report: Report) -> None:
    """A script that only sets variables of the process; an assignment sets none."""
    script = task.find(tag("script"))
    if script is None or task.get("scriptFormat") not in _JAVA:
        return
    lines = []
    printed = 0
    written = "".join(script.itertext())
    for statement in _STATEMENT.findall(written):
        if not statement.strip():
            continue
        if _PRINTED.fullmatch(statement.strip()):
            printed += 1
            continue
        call = _SET.fullmatch(statement.strip())
        if call is None:
            return
        value = _CONSTANTS.get(call["value"], call["value"])
        lines.append(f"{call['name']} = {value}")
    if lines or written.strip():
        script.text = "\n".join(lines) or "pass"
        task.set("scriptFormat", "python")
    if printed:
        sentence = say(
            "脚本里只写日志的语句已去掉（{count} 处）", count=printed
        )
        report.ignored(task, "script", sentence)


# ----
# flows


def _flows_in_their_order(root: Any, report: Report) -> None:
    """An exclusive gateway there asks the flow with the smallest priority first, here the first in the
    file."""
    name = f"{{{DROOLS}}}priority"
    leaving: dict[str, list[Any]] = defaultdict(list)
    for flow in root.iter(tag("sequenceFlow")):
        leaving[flow.get("sourceRef") or ""].append(flow)
    for flows in leaving.values():
        if not any(
            _PRIORITY.fullmatch(flow.get(name) or "") for flow in flows
        ):
            continue
        ordered = sorted(flows, key=lambda flow: _priority(flow.get(name)))
        for flow in flows:
            flow.attrib.pop(name, None)
        if ordered == flows:
            continue
        _put(flows, ordered)
        message = say("出线按原系统的优先级重新排了先后")
        report.mapped(flows[0], local(name), message)


def _priority(text: str | None) -> int:
    """A flow without one comes first, as there."""
    if text and _PRIORITY.fullmatch(text):
        return int(text)
    return 0


def _put(flows: list[Any], ordered: list[Any]) -> None:
    """Each place in the file gets the flow that belongs there."""
    places: list[Any] = []
    for flow in flows:
        mark = etree.Element("place")
        flow.getparent().replace(flow, mark)
        places.append(mark)
    for mark, flow in zip(places, ordered, strict=True):
        mark.getparent().replace(mark, flow)
