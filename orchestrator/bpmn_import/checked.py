"""The report of an import, with the checks' own word on what has to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.bpmn_import.report import Conversion, Fidelity
from orchestrator.engine import xml
from orchestrator.errors import Finding


def as_checked(
    conversion: Conversion,
    findings: Sequence[Finding],
    diagram: str,
) -> Conversion:
    """The conversion with exactly one `unsupported` line for each error that the checks find where it goes,
    and one `noted` line for each remark. `diagram` is the name that its own file has there.

    What the import itself could not carry over stands behind the first error of its element. Where the checks
    find nothing there, such as a form that is here already, it has been mapped.
    """
    names = _names(conversion.diagram)
    reasons = _reasons(conversion)
    lines = [
        line for line in conversion.lines if line.verdict != "unsupported"
    ]
    for finding in findings:
        place = None
        if finding.resource == diagram:
            place = finding.element_id
        outcome = [finding.message]
        is_error = finding.severity == "error"
        verdict = "unsupported" if is_error else "noted"
        if is_error and finding.resource == diagram:
            for fidelity in reasons.pop(place, ()):
                if fidelity.told != finding.message:
                    outcome.append(fidelity.told)
        lines.append(
            Fidelity(
                place,
                names.get(place or "", ""),
                finding.rule,
                verdict,
                "。".join(outcome),
            ),
        )
    lines += [
        replace(fidelity, verdict="mapped")
        for left in reasons.values()
        for fidelity in left
    ]
    return replace(conversion, lines=tuple(lines))


def _reasons(conversion: Conversion) -> dict[str | None, list[Fidelity]]:
    """Element id → what could not be carried over there."""
    reasons: dict[str | None, list[Fidelity]] = {}
    for line in conversion.lines:
        if line.verdict == "unsupported":
            reasons.setdefault(line.element_id, []).append(line)
    return reasons


def _names(diagram: str) -> dict[str, str]:
    root, _findings = xml.parse(diagram.encode())
    if root is None:
        nodes = []
    else:
        nodes = [
            node
            for node in root.iter()
            if isinstance(node.tag, str) and node.get("id")
        ]
    return {
        str(node.get("id")): " ".join((node.get("name") or "").split())
        for node in nodes
    }
