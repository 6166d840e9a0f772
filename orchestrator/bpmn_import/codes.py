"""Errors and escalations that are only a code get a definition, so that the editor can show them and choose
them."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_import.names import local
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_WORDS = {"error": say("错误"), "escalation": say("升级")}


def convert(root: Any, report: Report) -> None:
    """Defines what is referred to by its code alone, or stands as `errorCode` at the event."""
    for kind, word in _WORDS.items():
        for node in list(root.iter(tag(f"{kind}EventDefinition"))):
            own = [
                str(name)
                for name in node.attrib
                if local(name) == f"{kind}Code"
            ]
            code = next(
                (node.attrib.pop(name) for name in own),
                None,
            ) or node.get(f"{kind}Ref")
            if not code or (
                not own
                and code
                in {element.get("id") for element in root.iter(tag(kind))}
            ):
                continue
            node.set(f"{kind}Ref", _defined(root, kind, code))
            report.mapped(
                node.getparent(),
                f"{kind}Ref",
                say(
                    "{word}代码“{code}”没有定义，已按这个代码建立{word}",
                    word=word,
                    code=code,
                ),
            )


def _defined(root: Any, kind: str, code: str) -> str:
    """Id of the error or escalation of that code; a new one stands before the processes."""
    result = next(
        (
            element
            for element in root.iter(tag(kind))
            if element.get(f"{kind}Code") == code
        ),
        None,
    )
    if result is None:
        taken = {
            node.get("id") for node in root.iter() if isinstance(node.tag, str)
        }
        number = 1
        while f"{kind}_{number}" in taken:
            number += 1
        result = etree.Element(
            tag(kind),
            {"id": f"{kind}_{number}", "name": code, f"{kind}Code": code},
        )
        root.find(tag("process")).addprevious(result)
    return str(result.get("id"))
