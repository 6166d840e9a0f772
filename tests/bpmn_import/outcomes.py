"""What becomes of each small diagram of other tools: it runs as it is, after something has been chosen here,
or is refused and told why. `python -m tests.bpmn_import.outcomes` writes it into docs/import.md."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import Conversion, convert

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "import.md"
WIDTH = 155
BEGIN = "## What becomes of each diagram\n"
TOOLS = {
    "camunda7": "Camunda 7",
    "camunda8": "Camunda 8",
    "flowable": "Flowable",
    "activiti": "Activiti",
    "operaton": "Operaton",
    "spiffworkflow": "SpiffWorkflow, SpiffArena",
    "jbpm": "jBPM, Kogito",
    "signavio": "Signavio",
    "trisotech": "Trisotech",
    "standard": "plain BPMN",
}
CHOSEN_HERE = {
    "service-task-without-topic": "topics",
    "decision-table": "tables",
    "called-process": "called processes",
    "ad-hoc-subprocess": "bodies",
    "candidate-groups": "bodies",
}
"""Rule that asks for something of the city's own → what it is."""


@dataclass(frozen=True)
class Outcome:
    name: str
    """Without its tool."""
    chosen: tuple[str, ...] = ()
    """What has to be chosen here before it is deployed."""
    refused: str = ""
    """The first sentence that says why it cannot be."""


def outcomes() -> dict[str, list[Outcome]]:
    """Tool → its diagrams, sorted."""
    by_tool: dict[str, list[Outcome]] = defaultdict(list)
    for folder in ("collection", "foreign"):
        for path in sorted((HERE / folder).glob("*.bpmn")):
            tool, _, name = path.stem.partition("_")
            conversion = convert(path.read_bytes())
            by_tool[tool].append(_outcome(name, conversion))
    return {
        tool: sorted(by_tool[tool], key=lambda outcome: outcome.name)
        for tool in TOOLS
    }


def _outcome(name: str, conversion: Conversion) -> Outcome:
    findings = [
        finding
        for finding in check({"p0.bpmn": conversion.diagram.encode()})
        if finding.severity == "error"
    ]
    reasons = [
        finding.message
        for finding in findings
        if finding.rule not in CHOSEN_HERE
    ]
    if reasons:
        return Outcome(name, refused=reasons[0])
    chosen = {CHOSEN_HERE[finding.rule] for finding in findings}
    for line in conversion.lines:
        if "不是本辖区的机构" in line.told:
            chosen.add("bodies")
        if line.attribute in CHOSEN_HERE and line.verdict == "unsupported":
            chosen.add(CHOSEN_HERE[line.attribute])
        if line.attribute.startswith("form"):
            chosen.add("forms")
    return Outcome(name, tuple(sorted(chosen)))


def written() -> str:
    """The section of the document."""
    everything = outcomes()
    ran = sum(
        not outcome.refused
        for of_tool in everything.values()
        for outcome in of_tool
    )
    total = sum(len(of_tool) for of_tool in everything.values())
    parts = [
        BEGIN,
        f"{total} small diagrams in the manner of ten tools, {ran} of which run. Written by "
        "`python -m tests.bpmn_import.outcomes`; a test compares it with what the import\n"
        "does. What runs is played in the tests by the step to its end.\n",
    ]
    parts.append(_figures(everything))
    for tool, of_tool in everything.items():
        parts.append(_section(TOOLS[tool], of_tool))
    return "\n".join(parts)


def _figures(everything: dict[str, list[Outcome]]) -> str:
    """How many of each tool's diagrams run, as they are and after a choice, and how many are refused."""
    lines = [
        "| tool | diagrams | run as they are | run after a choice here | refused |",
        "| --- | --- | --- | --- | --- |",
    ]
    for tool, of_tool in everything.items():
        refused = sum(bool(outcome.refused) for outcome in of_tool)
        after = sum(bool(outcome.chosen) for outcome in of_tool)
        as_is = len(of_tool) - refused - after
        numbers = (len(of_tool), as_is, after, refused)
        cells = " | ".join(map(str, numbers))
        lines.append(f"| {TOOLS[tool]} | {cells} |")
    return "\n".join([*lines, ""])


def _section(tool: str, of_tool: list[Outcome]) -> str:
    lines = [f"### {tool}", ""]
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    refused = [outcome for outcome in of_tool if outcome.refused]
    for outcome in of_tool:
        if not outcome.refused:
            groups[outcome.chosen].append(_words(outcome.name))
    for chosen, names in sorted(groups.items()):
        how = "Runs as it is"
        if chosen:
            how = f"Runs after {' and '.join(chosen)} have been chosen here"
        listed = f"- {how}: {', '.join(names)}."
        lines += textwrap.wrap(listed, WIDTH, subsequent_indent="  ")
    if refused:
        lines += ["", "| refused | why |", "| --- | --- |"]
    for outcome in refused:
        sentence = " ".join(outcome.refused.split()).replace("|", "\\|")
        lines.append(f"| {_words(outcome.name)} | {sentence} |")
    return "\n".join([*lines, ""])


def _words(name: str) -> str:
    return name.replace("_", " ")


def main() -> None:
    before = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[0]
    DOCUMENT.write_text(before.rstrip() + "\n\n" + written(), encoding="utf-8")


if __name__ == "__main__":
    main()
