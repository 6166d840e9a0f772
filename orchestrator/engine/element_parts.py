"""What stands inside an element of a diagram: multi-instance, properties, parameters, mappings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator.engine.countersign import Countersign
from orchestrator.engine.model import (
    ALL_VARIABLES,
    AdHoc,
    MultiInstance,
)
from orchestrator.engine.xml import camunda, tag

TERMINATES = "terminates"
SIGNAL_SCOPE = "signalScope"
INSTANCE = "instance"
"""Extension properties with this value: an end event that ends the whole instance, and a signal that only the
thrower's own instance hears. Imports from Flowable and Activiti write them."""
OWN_VARIABLES = "ownVariables"
"""The extension property of a multi-instance whose instances keep what they set."""
MISSING_VARIABLES = "missingVariables"
STOP = "stop"
"""The extension property of a process whose texts stop at a variable that does not exist, as those of Camunda
7 and Flowable do; without it such a variable is null there. Imports from them write it."""


def multi_instance_of(node: Any) -> MultiInstance | None:
    loop = node.find(tag("standardLoopCharacteristics"))
    if loop is not None:
        maximum = loop.get("loopMaximum") or ""
        loop_maximum = None
        if maximum.isdigit():
            loop_maximum = int(maximum)
        return MultiInstance(
            is_loop=True,
            loop_condition=text_of(loop, "loopCondition") or None,
            loop_maximum=loop_maximum,
            test_before=loop.get("testBefore") == "true",
        )
    multi = node.find(tag("multiInstanceLoopCharacteristics"))
    if multi is None:
        return None
    collection = multi.get(camunda("collection"))
    item = multi.get(camunda("elementVariable"))
    return MultiInstance(
        sequential=multi.get("isSequential") == "true",
        cardinality=text_of(multi, "loopCardinality") or None,
        collection=collection or text_of(multi, "loopDataInputRef") or None,
        item=item or _data_item(multi, "inputDataItem"),
        condition=text_of(multi, "completionCondition") or None,
        output_collection=text_of(multi, "loopDataOutputRef") or None,
        output_item=_data_item(multi, "outputDataItem"),
        keeps_variables=properties_of(node).get(OWN_VARIABLES) == "true",
    )


def _data_item(multi: Any, name: str) -> str | None:
    result = multi.find(tag(name))
    if result is None:
        return None
    named: str | None = result.get("name") or result.get("id")
    return named


def ad_hoc_of(node: Any) -> AdHoc | None:
    if node.tag != tag("adHocSubProcess"):
        return None
    return AdHoc(
        sequential=node.get("ordering") == "Sequential",
        condition=text_of(node, "completionCondition") or None,
        cancels=node.get("cancelRemainingInstances") != "false",
    )


def with_answers(
    multi: MultiInstance | None,
    preset: Countersign | None,
) -> MultiInstance | None:
    """A countersigned task collects what each answers."""
    if multi is None or preset is None or multi.is_loop:
        return multi
    return replace(
        multi,
        output_collection=preset.votes,
        output_item=preset.vote,
    )


def properties_of(node: Any) -> dict[str, str]:
    holder = node.find(f"{tag('extensionElements')}/{camunda('properties')}")
    if holder is None:
        return {}
    return {
        child.get("name") or "": child.get("value") or ""
        for child in holder.findall(camunda("property"))
    }


def parameters_of(node: Any, kind: str) -> tuple[tuple[str, str], ...]:
    holder = node.find(f"{tag('extensionElements')}/{camunda('inputOutput')}")
    if holder is None:
        return ()
    return tuple(
        (child.get("name") or "", (child.text or "").strip())
        for child in holder.findall(camunda(kind))
    )


def mappings_of(node: Any, kind: str) -> tuple[tuple[str, str, bool], ...]:
    holder = node.find(tag("extensionElements"))
    if holder is None:
        return ()
    mappings = []
    for child in holder.findall(camunda(kind)):
        if child.get("variables") == "all":
            mappings.append((ALL_VARIABLES, ALL_VARIABLES, False))
        elif child.get("target") and child.get("sourceExpression"):
            mappings.append(
                (child.get("target"), child.get("sourceExpression"), True),
            )
        elif child.get("target") and child.get("source"):
            mappings.append((child.get("target"), child.get("source"), False))
    return tuple(mappings)


def called_apart(node: Any) -> bool:
    """Whether a call names what it hands over, if only the business key: then it hands over nothing else."""
    holder = node.find(tag("extensionElements"))
    return holder is not None and any(
        value.get("businessKey") for value in holder.findall(camunda("in"))
    )


def text_of(node: Any, name: str) -> str:
    child = node.find(tag(name))
    if child is not None:
        return (child.text or "").strip()
    return ""


def triggered_by_people(node: Any) -> bool:
    """Whether it is a receive task without a message that says who lets it go on: it is offered to them."""
    if node.tag != tag("receiveTask") or node.get("messageRef"):
        return False
    people = ("candidateGroups", "candidateUsers", "assignee")
    return any((node.get(camunda(person)) or "").strip() for person in people)


def declared_data(process: Any) -> tuple[list[str], list[str]]:
    """Variables that the process says it takes when it is called, and those that it gives back."""
    holder = process.find(tag("ioSpecification"))
    if holder is None:
        return [], []
    taken = [value.get("id") for value in holder.findall(tag("dataInput"))]
    given = [value.get("id") for value in holder.findall(tag("dataOutput"))]
    return [value for value in taken if value], [
        value for value in given if value
    ]
