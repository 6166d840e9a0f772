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
    for kind in _WORDS:
        made = _Definitions(root, kind)
        name = f"{{{FLOWABLE}}}{kind}Expression"
        for definition in root.iter(tag(f"{kind}EventDefinition")):
            given = definition.get(name)
            if not given or definition.get(f"{kind}Ref"):
                continue
            text = texts.template(given)
            if text.problem:
                continue
            del definition.attrib[name]
            definition.set(f"{kind}Ref", made.id_of(text.text))
            sentence = say(
                "{word}的名称“{name}”写在事件上，已按它建立{word}",
                word=_WORDS[kind],
                name=text.text,
            )
            report.mapped(
                definition.getparent(), f"{kind}Expression", sentence
            )


class _Definitions:
    """The signals or messages of a file by their names."""

    def __init__(self, root: Any, kind: str) -> None:
        self.process = root.find(tag("process"))
        self.kind = kind
        self.ids = {
            node.get("name"): str(node.get("id"))
            for node in root.iter(tag(kind))
            if node.get("id") and set(node.attrib) <= {"id", "name"}
        }
        """Not of those that have a scope: what is named at its event has none."""
        self.taken = set(root.xpath("//@id"))
        self.number = 0

    def id_of(self, name: str) -> str:
        """Id of the one of that name; a new one stands before the processes."""
        if name not in self.ids:
            self.ids[name] = self._new_id()
            attributes = {"id": self.ids[name], "name": name}
            made = etree.Element(tag(self.kind), attributes)
            self.process.addprevious(made)
        return self.ids[name]

    def _new_id(self) -> str:
        while True:
            self.number += 1
            made = f"{self.kind}_{self.number}"
            if made not in self.taken:
                return made
