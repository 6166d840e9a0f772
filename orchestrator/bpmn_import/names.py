"""The namespaces in which other tools write, and which of them a file comes from."""

from __future__ import annotations

from collections import Counter
from typing import Any

from orchestrator.engine.xml import BPMN, BPMNDI, CAMUNDA, XSI
from orchestrator.sentences import say

ZEEBE = "http://camunda.org/schema/zeebe/1.0"
FLOWABLE = "http://flowable.org/bpmn"
ACTIVITI = "http://activiti.org/bpmn"
OPERATON = "http://operaton.org/schema/1.0/bpmn"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
DROOLS = "http://www.jboss.org/drools"
MODELER = "http://camunda.org/schema/modeler/1.0"
DIALECTS = {
    ZEEBE: "Camunda 8",
    SPIFF: "SpiffWorkflow",
    FLOWABLE: "Flowable",
    ACTIVITI: "Activiti",
    OPERATON: "Operaton",
    DROOLS: "jBPM",
    CAMUNDA: "Camunda 7",
}
STANDARD = say("标准 BPMN")
OUR_NAMESPACE = "http://gridflow.invalid/bpmn"
"""Target namespace of our own diagrams."""
OUR_EXPORTER = "Gridflow"
"""What the import writes into a file that it has translated."""
CAMUNDA_LIKE = (CAMUNDA, OPERATON, FLOWABLE, ACTIVITI)
"""Dialects that call the same things by the same names."""
OURS = {
    BPMN,
    BPMNDI,
    CAMUNDA,
    XSI,
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
}
_PLATFORMS = {
    "camunda cloud": "Camunda 8",
    "camunda platform": "Camunda 7",
    "operaton": "Operaton",
}


def dialect_of(root: Any) -> str:
    """The dialect most used in the file; failing that the one it declares, or that its tool names."""
    used: Counter[str] = Counter()
    for node in root.iter():
        if isinstance(node.tag, str):
            used.update(
                space
                for name in (node.tag, *node.attrib)
                if (space := namespace(name)) in DIALECTS
            )
    if used:
        return DIALECTS[
            max(
                used,
                key=lambda space: (used[space], -list(DIALECTS).index(space)),
            )
        ]
    declared = {
        uri
        for node in root.iter()
        for uri in getattr(node, "nsmap", {}).values()
    }
    platform = str(root.get(f"{{{MODELER}}}executionPlatform") or "").lower()
    for uri, name in DIALECTS.items():
        if uri in declared:
            return name
    return _PLATFORMS.get(platform, STANDARD)


def is_ours(root: Any) -> bool:
    """Whether the file was drawn or imported here, so that what stands in it is our language."""
    drawn = root.get("targetNamespace") == OUR_NAMESPACE
    return bool(drawn or root.get("exporter") == OUR_EXPORTER)


def mark(root: Any) -> None:
    """Says of the file that what stands in it is our language now."""
    if not is_ours(root):
        root.set("exporter", OUR_EXPORTER)
        root.attrib.pop("exporterVersion", None)


def exporter_of(root: Any) -> str:
    """Tool and version as the file names them."""
    return " ".join(
        filter(None, (root.get("exporter"), root.get("exporterVersion"))),
    )


def namespace(name: object) -> str:
    """The namespace of a Clark name; empty for a name without one."""
    if isinstance(name, str) and name.startswith("{"):
        return name[1:].partition("}")[0]
    return ""


def local(name: object) -> str:
    """A Clark name without its namespace."""
    return str(name).rpartition("}")[2]
