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
    """Sets each at every start of its process, unless the start brings it; one of a subprocess is a variable
    of the subprocess alone. What has another type stays as something that the check refuses."""
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
        owner = node.getparent()
        if (
            value is None
            or not name.isidentifier()
            or set("{}") & set(value)
            or not _begins(owner)
        ):
            continue
        placing.remove(results[0])
        if owner.tag == tag("process"):
            for start in owner.iterchildren(tag("startEvent")):
                given = f"{name} if defined('{name}') else {value}"
                _set(start, "outputParameter", name, given)
            where = say("开始事件的输出参数")
        else:
            _set(owner, "inputParameter", name, value)
            where = say("子流程的输入参数")
        sentence = say(
            "数据对象“{name}”开始时的值“{text}”已写成{where}",
            name=name,
            text=text,
            where=where,
        )
        report.mapped(node, "value", sentence)


def _begins(owner: Any) -> bool:
    """Whether something here is given the value when the element begins."""
    if owner.tag == tag("process"):
        return True
    by_event = owner.get("triggeredByEvent") == "true"
    return bool(owner.tag == tag("subProcess") and not by_event)


def _set(node: Any, kind: str, name: str, value: str) -> None:
    holder = placing.extensions(node)
    parameters = holder.find(camunda("inputOutput"))
    if parameters is None:
        parameters = etree.SubElement(holder, camunda("inputOutput"))
    written = etree.SubElement(parameters, camunda(kind))
    written.set("name", name)
    written.text = f"${{{value}}}"
