"""What leaves an activity of Camunda 8: where something is mapped out of it, that and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator.bpmn_import import placing
from orchestrator.bpmn_import.report import Report
from orchestrator.bpmn_import.zeebe_tasks import zeebe_name
from orchestrator.engine.xml import camunda
from orchestrator.sentences import say

Result = tuple[Any, str]
"""(activity, the variable that its script or table sets)."""


def maps_back(activity: Any) -> bool:
    """Whether the call says what comes back: as Camunda 8 writes it, or as it was rewritten already."""
    return _holds(activity, zeebe_name("output"), camunda("out"))


def inner(root: Any) -> list[Result]:
    """The results that stay inside: of scripts and tables that map something out."""
    scripts = root.iter(zeebe_name("script"))
    tables = root.iter(zeebe_name("calledDecision"))
    results = []
    for node in (*scripts, *tables):
        name = node.get("resultVariable")
        extensions = node.getparent()
        if name and _holds(extensions, zeebe_name("output")):
            activity = extensions.getparent()
            results.append((activity, name))
    return results


def calls(root: Any) -> list[Any]:
    """The call activities of Camunda 8."""
    called = root.iter(zeebe_name("calledElement"))
    return [node.getparent().getparent() for node in called]


def _holds(element: Any, *names: str) -> bool:
    """Whether an element of one of the names stands in it."""
    return any(True for _each in element.iter(*names))


def keep_inside(results: list[Result], report: Report) -> None:
    """Makes each of them an input as well, which is seen inside the activity alone. One whose name is none is
    reported."""
    for activity, name in results:
        extensions = placing.extensions(activity)
        names = {
            each.get("name")
            for each in extensions.iter(camunda("inputParameter"))
        }
        if name in names:
            continue
        if not name.isidentifier():
            report.unsupported(
                activity,
                "resultVariable",
                say(
                    "结果变量“{name}”不是变量名，请改用字母开头的名称，再重新导入",
                    name=name,
                ),
            )
            continue
        given = placing.hold(
            activity,
            "inputOutput",
            "inputParameter",
            name,
        )
        given.text = f"${{variable('{name}')}}"


def keep_inputs_inside(calls: Iterable[Any]) -> None:
    """Rewrites what is mapped into a call that gives all its variables back: each becomes an input parameter
    of the call activity, and the call gets the parameter under its name. What comes back under that name
    changes the parameter, which ends with the activity, and not the caller's variable."""
    for call in calls:
        extensions = placing.extensions(call)
        if not _everything(extensions, "out"):
            continue
        for each in extensions.findall(camunda("in")):
            source = each.get("sourceExpression") or ""
            if source and not source.startswith("="):
                _become_parameter(each, source, call)


def _become_parameter(
    given: Any,
    source: str,
    call: Any,
) -> None:
    name = given.get("target")
    del given.attrib["sourceExpression"]
    given.set("source", name)
    parameter = placing.hold(
        call,
        "inputOutput",
        "inputParameter",
        name,
    )
    parameter.text = f"${{{source}}}"


def _everything(
    extensions: Any,
    kind: str,
) -> bool:
    mappings = extensions.findall(camunda(kind))
    return any(each.get("variables") == "all" for each in mappings)
