"""The library's DMNParser over one decision, with our cells."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.dmn.parser.DMNParser import DMNParser as LibraryDMNParser
from SpiffWorkflow.dmn.specs.model import DecisionTable as LibraryDecisionTable
from SpiffWorkflow.dmn.specs.model import InputEntry, OutputEntry

from orchestrator.engine import cells, dmn_names

_READ = ("input", "output", "rule")


class DMNParser(LibraryDMNParser):
    """The library reads the first decision of a file, wants an id at every cell and nothing it does not know,
    and reads results as Python."""

    def __init__(
        self,
        parser: Any,
        decision: Any,
        filename: str | None = None,
    ) -> None:
        node = dmn_names.as_table(decision)
        for number, value in enumerate(node.iter(etree.Element)):
            if not value.get("id"):
                value.set("id", f"unnamed_{number}")
        super().__init__(
            parser,
            node,
            {"dmn": etree.QName(node).namespace},
            filename=filename,
        )

    @property
    def bpmn_id(self) -> str:
        return str(self.node.get("id"))

    def get_name(self) -> str:
        return str(self.node.get("name") or self.bpmn_id)

    def parse(self) -> None:
        self.decision = self._parse_decision([self.node])

    def _parse_inputs_outputs(
        self,
        decisionTable: LibraryDecisionTable,
        decisionTableElement: Any,
    ) -> None:
        for child in list(decisionTableElement):
            if (
                not isinstance(child.tag, str)
                or etree.QName(child).localname not in _READ
            ):
                decisionTableElement.remove(child)
        super()._parse_inputs_outputs(decisionTable, decisionTableElement)

    def _parse_input(self, input_element: Any) -> Any:
        result = super()._parse_input(input_element)
        result.expression = cells.result(
            (result.expression or "").strip(),
            self.parser.edition,
        )
        return result

    def _parse_input_output_element(
        self,
        decision_table: LibraryDecisionTable,
        element: Any,
        cls: type,
        idx: int,
    ) -> Any:
        column = (
            decision_table.inputs
            if cls is InputEntry
            else decision_table.outputs
        )[idx]
        entry = cls(element.get("id"), column)
        written = element.findtext(
            "dmn:text",
            default="",
            namespaces=self.nsmap,
        ).strip()
        if cls is OutputEntry:
            entry.text = cells.result(written, self.parser.edition)
        else:
            entry.lhs.append(cells.unary_test(written, self.parser.edition))
        return entry
