"""What the import of a diagram tells: one line for each thing another tool wrote into it, and what became of
it here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orchestrator.engine.model import OWNERS
from orchestrator.engine.xml import BPMN

VERDICTS = ("unsupported", "noted", "mapped", "ignored", "honoured")
"""In the order in which they are read: first what somebody has to do, last what needs nothing."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What became of one attribute, extension or text of one element."""

    element_id: str | None
    element_name: str
    attribute: str
    """As its tool calls it (`taskDefinition`, `candidateGroups`, `condition`), or the deployment rule that
    the element breaks."""
    verdict: str
    """`honoured` as it stands, `mapped` to what we have, `ignored` without harm, `unsupported` until a
    designer has seen to it, `noted` where the checks remark on it."""
    told: str
    """A Chinese sentence for the designer."""


@dataclass(frozen=True, slots=True)
class Conversion:
    dialect: str
    """As its users call it: Camunda 8, Flowable…"""
    exporter: str
    """Tool and version as the file names them; empty where it does not."""
    diagram: str
    """The diagram in our dialect, with its XML declaration."""
    lines: tuple[Fidelity, ...]
    """In the order of the elements in the file."""

    def count(self, verdict: str) -> int:
        return sum(line.verdict == verdict for line in self.lines)

    @property
    def by_urgency(self) -> list[Fidelity]:
        """What somebody has to do first."""
        return sorted(
            self.lines,
            key=lambda line: VERDICTS.index(line.verdict),
        )


@dataclass
class Report:
    """Collects the lines while the diagram is being rewritten."""

    _lines: list[tuple[Any, Fidelity]] = field(default_factory=list)

    def honoured(self, node: Any, attribute: str, sentence: str) -> None:
        self._say(node, attribute, "honoured", sentence)

    def mapped(self, node: Any, attribute: str, sentence: str) -> None:
        self._say(node, attribute, "mapped", sentence)

    def ignored(self, node: Any, attribute: str, sentence: str) -> None:
        self._say(node, attribute, "ignored", sentence)

    def unsupported(self, node: Any, attribute: str, sentence: str) -> None:
        self._say(node, attribute, "unsupported", sentence)

    def lines(self, root: Any) -> tuple[Fidelity, ...]:
        """All lines, in the order of their elements in the document."""
        place = {node: number for number, node in enumerate(root.iter())}
        return tuple(
            line
            for owner, line in sorted(
                self._lines,
                key=lambda pair: place.get(pair[0], -1),
            )
        )

    def _say(
        self,
        node: Any,
        attribute: str,
        verdict: str,
        sentence: str,
    ) -> None:
        owner = owner_of(node)
        if owner is not None:
            name = " ".join((owner.get("name") or "").split())
        else:
            name = ""
        self._lines.append(
            (
                owner,
                Fidelity(
                    owner.get("id") if owner is not None else None,
                    name,
                    attribute,
                    verdict,
                    sentence,
                ),
            ),
        )


def owner_of(node: Any) -> Any:
    """The element of the diagram that the XML node belongs to; None for the document as a whole."""
    while node is not None:
        if (
            isinstance(node.tag, str)
            and node.tag.startswith(f"{{{BPMN}}}")
            and node.tag.rpartition("}")[2] in OWNERS
        ):
            return node
        node = node.getparent()
    return None
