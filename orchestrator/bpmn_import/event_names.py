"""Flowable names a signal or message at the event itself, by an expression; here it is a definition of the
file, whose name may be a template."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_import import texts
from orchestrator.bpmn_import.names import FLOWABLE
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_WORDS = {"signal": say("信号"), "message": say("消息")}


def convert(root: Any, report: Report) -> None:
    """Defines what is named at its event alone."""
    for kind, word in _WORDS.items():
        name = f"{{{FLOWABLE}}}{kind}Expression"
        for definition in root.iter(tag(f"{kind}EventDefinition")):
            given = definition.get(name)
            if not given or definition.get(f"{kind}Ref"):
                continue
            text = texts.template(given)
            if text.problem:
                continue
            del definition.attrib[name]
            definition.set(f"{kind}Ref", _defined(root, kind, text.text))
            sentence = say(
                "{word}的名称“{name}”写在事件上，已按它建立{word}",
                word=word,
                name=text.text,
            )
            report.mapped(
                definition.getparent(), f"{kind}Expression", sentence
            )


def _defined(root: Any, kind: str, name: str) -> str:
    """Id of the signal or message of that name; a new one stands before the processes."""
    for node in root.iter(tag(kind)):
        if node.get("name") == name and node.get("id"):
            return str(node.get("id"))
    taken = {
        node.get("id") for node in root.iter() if isinstance(node.tag, str)
    }
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    made = etree.Element(tag(kind), {"id": f"{kind}_{number}", "name": name})
    root.find(tag("process")).addprevious(made)
    return f"{kind}_{number}"
