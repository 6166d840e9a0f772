"""SpiffWorkflow's BpmnDmnParser with our specs, through OVERRIDE_PARSER_CLASSES, PROCESS_PARSER_CLASS and the
methods meant to be overridden.

What a diagram says is read once, by `engine.reading`; here it becomes task specs. What does not pass
`engine.checks` never comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.camunda.parser.task_spec import CAMUNDA_MODEL_NS
from SpiffWorkflow.dmn.parser.BpmnDmnParser import BpmnDmnParser

from orchestrator.engine import dmn_index, specs
from orchestrator.engine.decisions import (
    DecisionTable,
    decision_nodes,
    read_tables,
)
from orchestrator.engine.dmn_engine import DMNEngine
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.model import Process
from orchestrator.engine.parser import events, tasks
from orchestrator.engine.parser.decisions import DMNParser
from orchestrator.engine.parser.process import ProcessParser
from orchestrator.engine.reading import read_processes

_PARSERS: Mapping[str, tuple[type, type]] = {
    "startEvent": (events.StartEventParser, specs.StartEvent),
    "endEvent": (events.EndEventParser, specs.EndEvent),
    "intermediateCatchEvent": (
        events.IntermediateCatchEventParser,
        specs.IntermediateCatchEvent,
    ),
    "intermediateThrowEvent": (
        events.IntermediateThrowEventParser,
        specs.IntermediateThrowEvent,
    ),
    "boundaryEvent": (events.BoundaryEventParser, specs.BoundaryEvent),
    "receiveTask": (events.ReceiveTaskParser, specs.ReceiveTask),
    "sendTask": (events.SendTaskParser, specs.SendTask),
    "eventBasedGateway": (
        events.EventBasedGatewayParser,
        specs.EventBasedGateway,
    ),
    "task": (tasks.TaskParser, specs.PassingTask),
    "manualTask": (tasks.TaskParser, specs.PassingTask),
    "userTask": (tasks.TaskParser, specs.UserTask),
    "serviceTask": (tasks.TaskParser, specs.PassingTask),
    "scriptTask": (tasks.ScriptTaskParser, specs.ScriptTask),
    "businessRuleTask": (tasks.BusinessRuleTaskParser, specs.BusinessRuleTask),
    "subProcess": (tasks.SubWorkflowParser, specs.SubWorkflowTask),
    "transaction": (tasks.SubWorkflowParser, specs.SubWorkflowTask),
    "adHocSubProcess": (tasks.SubWorkflowParser, specs.SubWorkflowTask),
    "callActivity": (tasks.CallActivityParser, specs.CallActivity),
    "parallelGateway": (tasks.GatewayParser, specs.ParallelGateway),
    "exclusiveGateway": (
        tasks.ConditionalGatewayParser,
        specs.ExclusiveGateway,
    ),
    "inclusiveGateway": (
        tasks.ConditionalGatewayParser,
        specs.InclusiveGateway,
    ),
}


class GridflowParser(BpmnDmnParser):
    """Every file is added first; then `get_spec` and `get_subprocess_specs` give what a
    `workflow.ProcessInstance` is made of."""

    OVERRIDE_PARSER_CLASSES = {
        full_tag(name): parsers for name, parsers in _PARSERS.items()
    }
    PROCESS_PARSER_CLASS = ProcessParser

    def __init__(self, edition: Edition = CURRENT) -> None:
        self.edition = edition
        super().__init__(
            namespaces={**DEFAULT_NSMAP, "camunda": CAMUNDA_MODEL_NS},
        )
        self.processes: dict[str, Process] = {}
        self.tables: dict[str, DecisionTable] = {}
        """Decision id → the table as it was checked."""

    def add_bpmn_xml(
        self,
        bpmn: Any,
        filename: str | None = None,
        processes: Iterable[Process] | None = None,
    ) -> None:
        """A document's root element or tree, with its processes where they were read before."""
        if hasattr(bpmn, "getroot"):
            root = bpmn.getroot()
        else:
            root = bpmn
        if processes is None:
            processes = read_processes(root, filename or "")
        self.processes.update({process.id: process for process in processes})
        super().add_bpmn_xml(root, filename)

    def add_dmn_xml(self, node: Any, filename: str | None = None) -> None:
        """Every decision of the document; the library reads the first."""
        with dmn_index.reading(node):
            tables = read_tables(node, self.edition)
            for decision in decision_nodes(node):
                if decision.get("id") in tables:
                    self.dmn_parsers[decision.get("id")] = DMNParser(
                        self,
                        decision,
                        filename,
                    )
        self.tables.update(tables)

    def get_engine(self, decision_ref: str, node: Any) -> DMNEngine:
        """Raises KeyError for a table that no file has."""
        table = self.tables[decision_ref]
        wanted = self._engine_of(table)
        wanted.required = tuple(map(self._engine_of, table.before))
        return wanted

    def _engine_of(self, table: DecisionTable) -> DMNEngine:
        """What makes the one decision; the library makes each by itself."""
        parser = self.dmn_parsers[table.id]
        parser.parse()
        return DMNEngine(parser.decision.decisionTables[0], table)

    def _add_messages(self, bpmn: Any) -> None:
        """Names of messages, signals, errors and escalations stand in the elements; the library refuses one
        without an id that nobody refers to."""

    _add_signals = _add_errors = _add_escalations = _add_correlations = (
        _add_messages
    )

    def _add_data_stores(self, bpmn: Any) -> None:
        """A drawn data store tells the reader something; the library refuses one that has no code behind
        it."""
