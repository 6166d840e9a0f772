"""A converted diagram made the next state of a procedure that we have: its key, and what only the procedure
knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lxml import etree

from orchestrator.bpmn_import import placing
from orchestrator.bpmn_import.file_parts import main_process
from orchestrator.bpmn_import.report import Conversion, Report
from orchestrator.engine import xml
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

_KEPT = ("title", "businessKeyPrefix", "about", "placeLevel")


def fit(conversion: Conversion, key: str, present: bytes) -> Conversion:
    """The conversion with the process id `key`; who may start, title and number are taken from the present
    diagram where it says nothing."""
    root, _findings = xml.parse(conversion.diagram.encode())
    report = Report()
    main = main_process(root, key)
    _rename(root, main, key, report)
    before, _findings = xml.parse(present)
    earlier = None
    if before is not None and before.find(tag("process")) is not None:
        earlier = main_process(before, key)
    if earlier is not None:
        _keep(main, earlier, report)
    diagram = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + etree.tostring(root, encoding="unicode")
        + "\n"
    )
    return replace(
        conversion,
        diagram=diagram,
        lines=(*report.lines(root), *conversion.lines),
    )


def renamed(diagram: bytes, old: str, key: str, name: str) -> str:
    """The diagram with its process `old` under another id and name, and everything that points to it."""
    root, _findings = xml.parse(diagram)
    main = main_process(root, old)
    _rename(root, main, key, Report())
    main.set("name", name)
    for pool in root.iter(tag("participant")):
        if pool.get("processRef") == key:
            pool.set("name", name)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + etree.tostring(root, encoding="unicode")
        + "\n"
    )


def _rename(root: Any, main: Any, key: str, report: Report) -> None:
    given = main.get("id")
    if given == key:
        return
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        for attribute in (
            "processRef",
            "bpmnElement",
            "calledElement",
            "sourceRef",
            "targetRef",
        ):
            if node.get(attribute) == given:
                node.set(attribute, key)
    main.set("id", key)
    report.mapped(
        main,
        "id",
        say(
            "流程编号由“{given}”改为本草稿的“{key}”",
            given=given,
            key=key,
        ),
    )


def _keep(main: Any, earlier: Any, report: Report) -> None:
    starters = earlier.get(camunda("candidateStarterGroups"))
    if starters and not main.get(camunda("candidateStarterGroups")):
        main.set(camunda("candidateStarterGroups"), starters)
        report.mapped(
            main,
            "candidateStarterGroups",
            say(
                "文件没有写谁可以发起，沿用本草稿的“{starters}”",
                starters=starters,
            ),
        )
    path = f"{tag('extensionElements')}/{camunda('properties')}/{camunda('property')}"
    own = {value.get("name") for value in main.findall(path)}
    for value in earlier.findall(path):
        name = value.get("name")
        if name in _KEPT and name not in own:
            placing.prop(main, name, value.get("value") or "")
            report.mapped(
                main,
                f"property {name}",
                say(
                    "沿用本草稿的“{name}”：{each}",
                    name=name,
                    each=value.get("value"),
                ),
            )
