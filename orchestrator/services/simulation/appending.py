"""One more scenario at the end of a file's list, written as the list is; whatever else the file says stays
where it is."""

from __future__ import annotations

from textwrap import indent

import yaml

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.scenario_files import ScenarioFile
from orchestrator.services.simulation.yaml_loader import ScenarioLoader
from orchestrator.store.writing import heavy

HEAD = "情景"


@heavy
def append(text: str, item: str, process: str) -> str:
    """The file's text with the scenario, a list of one item in YAML, after its last one.

    Raises RuleViolated with every wrong line, and for a list in brackets, which has no lines to add to.
    """
    if text and not text.endswith("\n"):
        text = f"{text}\n"
    root = _composed(text, process)
    listed = _under_head(root)
    earlier = None
    if root is None or (
        isinstance(root, yaml.MappingNode)
        and listed is None
        and not _bracketed(root)
    ):
        added = _put(text, len(text), f"{HEAD}:\n{indent(item, '  ')}")
    elif listed is not None and _empty(listed) and not _bracketed(root):
        # `情景: []`, and `情景:` with nothing below: the brackets go, a remark behind them stays.
        start = listed.start_mark.index
        end = listed.end_mark.index
        text = text[:start].rstrip(" ") + text[end:]
        added = _put(
            text,
            text.index("\n", start - 1),
            indent(item, "  "),
            apart="\n",
        )
    else:
        earlier = scenario_files.parse(text, HEAD, process)
        if listed is None or _bracketed(root) or _bracketed(listed):
            raise RuleViolated(
                [
                    say(
                        "情景文件把情景写在方括号里，加不进新的一条，请先在情景页改成每条一行，"
                        "以“- 名称:”开头",
                    ),
                ],
            )
        column = listed.start_mark.column
        added = _put(
            text,
            _end(text, listed.end_mark.index, column),
            indent(item, " " * column),
        )
    _require_all(earlier, added, item, process)
    return added


def _bracketed(node: yaml.Node) -> bool:
    return bool(getattr(node, "flow_style", False))


def _composed(text: str, process: str) -> yaml.Node | None:
    """The file's nodes with their places; None for an empty file. Raises RuleViolated with the wrong line."""
    try:
        node: yaml.Node | None = yaml.compose(text, ScenarioLoader)
    except (yaml.YAMLError, RecursionError):
        scenario_files.parse(text, HEAD, process)
        raise
    return node


def _under_head(root: yaml.Node | None) -> yaml.Node | None:
    if isinstance(root, yaml.MappingNode):
        pairs = root.value
    else:
        pairs = []
    return next((value for key, value in pairs if key.value == HEAD), None)


def _empty(listed: yaml.Node) -> bool:
    return listed.value in ([], "", "~", "null") and not isinstance(
        listed,
        yaml.MappingNode,
    )


def _put(text: str, at: int, block: str, apart: str = "\n\n") -> str:
    before = text[:at].rstrip("\n")
    after = text[at:].strip("\n")
    return f"{before}{apart if before else ''}{block.rstrip()}\n" + (
        f"\n{after}\n" if after.strip() else ""
    )


def _end(text: str, index: int, column: int) -> int:
    """Where the list's last line ends: blank lines, and remarks no further in than its items, belong to what
    follows."""
    lines = text[:index].split("\n")[:-1]
    while not lines[-1].strip() or _remark(lines[-1], column):
        lines.pop()
    return len("\n".join(lines))


def _remark(line: str, column: int) -> bool:
    return (
        line.lstrip().startswith("#")
        and len(line) - len(line.lstrip()) <= column
    )


def _require_all(
    earlier: ScenarioFile | None,
    added: str,
    item: str,
    process: str,
) -> None:
    """Nothing that the file had may be lost or read differently. Raises RuleViolated."""
    there = scenario_files.parse(added, HEAD, process)
    new = scenario_files.parse(f"{HEAD}:\n{item}", HEAD, process).scenarios
    wanted = [*(earlier.scenarios if earlier else ()), *new]
    same = [_said(scenario) for scenario in there.scenarios] == [
        _said(scenario) for scenario in wanted
    ]
    if not same or (earlier and earlier.waived != there.waived):
        raise RuleViolated(
            [
                say(
                    "情景文件的写法特殊，加进新的一条会改动原有内容，"
                    "请先在情景页把情景整理成每条一行，以“- 名称:”开头",
                ),
            ],
        )


def _said(scenario: scenario_files.Scenario) -> object:
    return (
        scenario.name,
        scenario.start,
        [(step.verb, step.subject, step.details) for step in scenario.steps],
    )
