"""Services of Camunda 7 and its relatives that are one expression over variables, as scripts of ours."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from orchestrator.bpmn_import.names import CAMUNDA_LIKE
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions, languages
from orchestrator.engine.translating import Untranslatable, has_many_marks
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_SET = re.compile(
    r"^execution\.setVariable\(\s*(?P<quote>[\"'])(?P<name>\w+)(?P=quote)\s*,(?P<value>.+)\)$",
    re.DOTALL,
)
_WRAPPED = re.compile(r"^[$#]\{(?P<inner>[^{}]*)\}$", re.DOTALL)
_RESULTS = ("resultVariable", "resultVariableName")


def convert(root: Any, report: Report) -> None:
    """A service that is one expression over variables is a script."""
    for node in list(root.iter(tag("serviceTask"))):
        written = {
            name: node.get(name)
            for name in node.attrib
            if str(name)[1:].partition("}")[0] in CAMUNDA_LIKE
        }
        given = next(
            (
                text
                for name, text in written.items()
                if str(name).endswith("}expression")
            ),
            "",
        )
        variables = [
            text
            for name, text in written.items()
            if str(name).rpartition("}")[2] in _RESULTS
        ]
        script = of_juel(given, "".join(variables))
        if script is None:
            continue
        for name in written:
            if str(name).rpartition("}")[2] in (*_RESULTS, "expression"):
                del node.attrib[name]
        node.tag = tag("scriptTask")
        etree.SubElement(node, tag("script")).text = script
        report.mapped(
            node,
            "expression",
            say(
                "表达式“{given}”改写为脚本“{script}”",
                given=given,
                script=script,
            ),
        )


def of_juel(text: str, result: str) -> str | None:
    """A script of JUEL, which is one `${…}`, in our language; None for any other."""
    match = _WRAPPED.match(text.strip())
    return _script(match["inner"].strip(), result) if match else None


def _script(text: str, result: str) -> str | None:
    """What the expression sets; None where it does anything else."""
    if has_many_marks(text):
        return None
    sets = _SET.match(text)
    if sets and result:  # it gives nothing
        return None
    name = sets["name"] if sets else result
    if name and expressions.unreadable(name):
        return None
    try:
        if sets:
            return f"{sets['name']} = ({languages.from_juel(sets['value'])})"
        ours = languages.from_juel(text)
    except Untranslatable:
        return None
    if result:
        return f"{result} = ({ours})"
    if expressions.names_read(ours):
        return None
    return "pass"
