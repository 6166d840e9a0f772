"""What the engines of other tools catch otherwise than the file reads: an error without a code is any error,
and an error at a border always interrupts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.bpmn_import.names import CAMUNDA_LIKE, DIALECTS, SPIFF, local
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_WORDS = {"error": say("错误"), "escalation": say("升级")}
_CATCHING = (tag("boundaryEvent"), tag("startEvent"))
_INTERRUPTING = [DIALECTS[space] for space in CAMUNDA_LIKE]
_ANY_CODE = [*_INTERRUPTING, DIALECTS[SPIFF]]


def convert(root: Any, dialect: str, report: Report) -> None:
    """Says of each such event what it does in its own tool."""
    if dialect in _ANY_CODE:
        for kind in _WORDS:
            _catch_any(root, kind, report)
    if dialect in _INTERRUPTING:
        for event in root.iter(tag("boundaryEvent")):
            _interrupt(event, report)


def _catch_any(root: Any, kind: str, report: Report) -> None:
    """Without its reference the event catches every code here too."""
    nameless = {
        node.get("id"): node
        for node in root.iter(tag(kind))
        if not (node.get(f"{kind}Code") or "").strip()
    }
    for definition in _caught(root, kind):
        reference = definition.get(f"{kind}Ref")
        known = nameless.get(reference)
        if not reference or known is None or _has_own_code(definition, kind):
            continue
        del definition.attrib[f"{kind}Ref"]
        sentence = say(
            "{word}“{name}”没有填写代码：在原系统里捕获任何代码的{word}，照办",
            word=_WORDS[kind],
            name=known.get("name") or known.get("id"),
        )
        report.mapped(definition.getparent(), f"{kind}Ref", sentence)


def _caught(root: Any, kind: str) -> Iterator[Any]:
    for definition in root.iter(tag(f"{kind}EventDefinition")):
        if definition.getparent().tag in _CATCHING:
            yield definition


def _has_own_code(definition: Any, kind: str) -> bool:
    return any(local(name) == f"{kind}Code" for name in definition.attrib)


def _interrupt(event: Any, report: Report) -> None:
    if event.get("cancelActivity") != "false":
        return
    if event.find(tag("errorEventDefinition")) is None:
        return
    del event.attrib["cancelActivity"]
    sentence = say("错误边界事件在原系统里总是中断活动，已改为中断")
    report.mapped(event, "cancelActivity", sentence)
