"""Data objects of Flowable and Activiti that have a value: variables that every instance begins with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from orchestrator.bpmn_import import placing
from orchestrator.bpmn_import.names import ACTIVITI, FLOWABLE
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_AS_OURS: dict[str, Callable[[str], str | None]] = {
    "string": lambda text: repr(text),
    "boolean": lambda text: {"true": "True", "false": "False"}.get(text),
    **dict.fromkeys(
        ("int", "integer", "long", "double", "decimal", "float"),
        lambda text: text if _NUMBER.fullmatch(text) else None,
    ),
}


def convert(root: Any, report: Report) -> None:
    """Sets each at every start of its process, unless the start brings it. What has another type, or belongs
    to a subprocess, stays as something that the check refuses."""
    for node in root.iter(tag("dataObject")):
        results = [
            value
            for space in (FLOWABLE, ACTIVITI)
            for value in node.iterfind(
                f"{tag('extensionElements')}/{{{space}}}value",
            )
        ]
        if not results:
            continue
        name = node.get("name") or node.get("id") or ""
        kind = str(node.get("itemSubjectRef") or "").rpartition(":")[2]
        text = "".join(results[0].itertext()).strip()
        read = _AS_OURS.get(kind.lower())
        if read is None:
            value = None
        else:
            value = read(text)
        process = node.getparent()
        if (
            value is None
            or not name.isidentifier()
            or set("{}") & set(value)
            or process.tag != tag("process")
        ):
            continue
        placing.remove(results[0])
        for start in process.iterchildren(tag("startEvent")):
            _begin_with(start, name, value)
        sentence = say(
            "数据对象“{name}”开始时的值“{text}”已写成开始事件的输出参数",
            name=name,
            text=text,
        )
        report.mapped(node, "value", sentence)


def _begin_with(start: Any, name: str, value: str) -> None:
    holder = placing.extensions(start)
    parameters = holder.find(camunda("inputOutput"))
    if parameters is None:
        parameters = etree.SubElement(holder, camunda("inputOutput"))
    written = etree.SubElement(parameters, camunda("outputParameter"))
    written.set("name", name)
    written.text = f"${{{name} if defined('{name}') else {value}}}"
