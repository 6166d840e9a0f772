"""Compensation as Camunda 8 has it: what undoes an activity of several instances is called once, and not once
for each of them."""

from __future__ import annotations

from typing import Any

from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import tag
from orchestrator.sentences import say


def once_for_all(
    root: Any,
    report: Report,
) -> None:
    """Takes the handler away from each activity of several instances, so that the file is refused until
    somebody has drawn what is meant."""
    several = {
        loop.getparent().get("id")
        for loop in root.iter(tag("multiInstanceLoopCharacteristics"))
    }
    undone = {
        event.get("id"): event
        for event in root.iter(tag("boundaryEvent"))
        if event.get("attachedToRef") in several
        and event.find(tag("compensateEventDefinition")) is not None
    }
    for line in list(root.iter(tag("association"))):
        event = undone.get(line.get("sourceRef"))
        if event is None:
            continue
        report.unsupported(
            event,
            "compensateEventDefinition",
            say(
                "在 Camunda 8 中，多实例活动的补偿只执行一次；这里每个实例各执行一次。"
                "请把多实例活动放进一个子流程，把补偿画在子流程上"
            ),
        )
        line.getparent().remove(line)
