"""Task parsers: the library makes the specs, and the diagram's words are put into them."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.parser import task_parsers
from SpiffWorkflow.bpmn.parser.TaskParser import (
    TaskParser as LibraryTaskParser,
)
from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.camunda.parser import task_spec as camunda

from orchestrator.engine import calls, expressions, specs
from orchestrator.engine.model import ACTIVITIES, Element, Flow


class DiagramTaskParser:
    """Mixed into every task parser, before the library's class."""

    STANDARD_LOOP_CLASS = specs.StandardLoopTask
    PARALLEL_MI_CLASS = specs.ParallelMultiInstanceTask
    SEQUENTIAL_MI_CLASS = specs.SequentialMultiInstanceTask
    EVENT_SUBPROCESS_CLASS = specs.SubWorkflowTask

    process_parser: Any
    spec: Any
    task: Any
    bpmn_id: str

    @property
    def element(self) -> Element:
        """What the diagram says of the element."""
        result: Element = self.process_parser.elements[self.bpmn_id]
        return result

    def create_task(self) -> Any:
        """With its element; what a handler does is a service task, whatever its tag."""
        if self.element.topic is not None:
            attributes = self.bpmn_attributes  # type: ignore[attr-defined]
            task = specs.ServiceTask(self.spec, self.bpmn_id, **attributes)
        else:
            task = super().create_task()  # type: ignore[misc]
        task.element, task.told_as = self.element, self.element.type
        return task

    def parse_node(self) -> Any:
        result = super().parse_node()  # type: ignore[misc]
        self.process_parser.parsers.append(self)
        return result

    def connect(self) -> None:
        """Connects the flows out of this node in the document's order.

        The library sorts them by height in the drawing, so that moving a shape changes a choice, and ignores
        conditions on a task's own flows.
        """
        element = self.element
        parser = self.process_parser
        flows = [
            flow for flow in parser.scope.flows if flow.source == element.id
        ]
        link = parser.link_target(element)
        if link is not None:
            flows = [Flow(f"{element.id}#link", element.id, element.id)]
            self._connect(self.task, flows[0], parser.spec.task_specs[link])
        elif isinstance(
            self.task,
            (specs.ExclusiveGateway, specs.InclusiveGateway),
        ):
            self._choose(self.task, flows)
        elif any(flow.condition for flow in flows) or self._may_choose(flows):
            choice = specs.InclusiveGateway(self.spec, f"{element.id}#choice")
            choice.element = element
            choice.told_as = "sequenceFlow"
            self._connect(
                self.task,
                Flow(f"{element.id}#out", element.id, choice.name),
                choice,
            )
            self._choose(choice, flows)
        else:
            for flow in flows:
                self._connect(self.task, flow, parser.entry(flow.target))
        if (
            not flows
            and not self.task.outputs
            and not element.for_compensation
        ):
            self.task.connect(self.spec.end)

    def _may_choose(self, flows: list[Flow]) -> bool:
        """Whether one of several flows is the default: it is not taken where another one is."""
        is_activity = self.element.type in ACTIVITIES
        return (
            is_activity
            and len(flows) > 1
            and any(flow.id == self.element.default_flow for flow in flows)
        )

    def _choose(self, gateway: Any, flows: list[Flow]) -> None:
        for flow in flows:
            target = self.process_parser.entry(flow.target)
            if flow.id == self.element.default_flow:
                self._connect(gateway, flow, target)
            else:
                gateway.flows = [*gateway.flows, (flow, target.name)]
                condition = None
                if flow.condition:
                    condition = expressions.unwrap(flow.condition)
                gateway.connect_if(
                    specs.FlowCondition(flow, condition),
                    target,
                )

    def _connect(self, source: Any, flow: Flow, target: Any) -> None:
        source.flows = [*source.flows, (flow, target.name)]
        source.connect(target)

    def handles_multiple_outgoing(self) -> bool:
        return True

    def parse_incoming_data_references(self) -> list[Any]:
        """Drawn data tells the reader something; the library refuses what it cannot resolve."""
        return []

    parse_outgoing_data_references = parse_incoming_data_references

    def parse_io_spec(self) -> None:
        """As above: the library lets a task see only the inputs drawn for it."""

    def _add_boundary_event(self, children: list[Any]) -> Any:
        """The library adds a join that searches the finished tree, and one end token a reminder."""
        split = specs.BoundaryEventSplit(
            self.spec,
            f"{self.bpmn_id}.BoundaryEventSplit",
            lane=self.task.lane,
        )
        split.connect(self.task)
        for event in children:
            split.connect(self.process_parser.parse_node(event))
        return split

    def _add_loop_task(self, loop_characteristics: Any) -> None:
        """The library connects a round's completion to the loop while it runs, so that a spec changes under
        other threads."""
        multi = self.element.multi
        if multi is not None and self.element.type in ACTIVITIES:
            original = self.spec.task_specs.pop(self.task.name)
            bounds = (
                multi.loop_maximum,
                multi.loop_condition,
                multi.test_before,
            )
            self._around(
                original,
                self.STANDARD_LOOP_CLASS(
                    self.spec,
                    original.name,
                    "",
                    *bounds,
                ),
            )

    def _add_multiinstance_task(self, loop_characteristics: Any) -> None:
        """As above; and the library knows no camunda:collection, no counts and no limit."""
        multi = self.element.multi
        if multi is not None and self.element.type in ACTIVITIES:
            original = self.spec.task_specs.pop(self.task.name)
            if multi.sequential:
                spec_class = self.SEQUENTIAL_MI_CLASS
            else:
                spec_class = self.PARALLEL_MI_CLASS
            output = None
            if multi.output_collection:
                output = TaskDataReference(multi.output_collection)
            data = {
                "data_input": specs.Collection(multi),
                "data_output": output,
            }
            self._around(
                original,
                spec_class(self.spec, original.name, "", **data),
            )

    def _around(self, body: Any, outer: Any) -> None:
        """`outer` takes the place of the activity, which becomes its body."""
        self.task = outer
        multi = self.element.multi
        self._copy_task_attrs(body)  # type: ignore[attr-defined]
        outer.multi = multi
        outer.input_item = None if multi is None else specs.Item(multi)
        outer.element, outer.told_as, body.told_as = (
            self.element,
            self.element.type,
            None,
        )
        opens_scope = isinstance(
            body,
            (specs.SubWorkflowTask, specs.CallActivity),
        )
        side_by_side = opens_scope and isinstance(
            outer,
            specs.ParallelMultiInstanceTask,
        )
        asked_for = multi is not None and multi.keeps_variables
        body.keeps_variables = side_by_side or asked_for
        body.completed_event.connect(outer.merge_child)


class TaskParser(DiagramTaskParser, LibraryTaskParser):
    """Tasks, user tasks, service tasks."""


class GatewayParser(DiagramTaskParser, task_parsers.GatewayParser):
    """Parallel gateways."""


class ConditionalGatewayParser(
    DiagramTaskParser,
    task_parsers.ConditionalGatewayParser,
):
    """Exclusive and inclusive gateways."""


class CallActivityParser(DiagramTaskParser, task_parsers.CallActivityParser):
    """Calls of another process; where an expression says which, the call finds its process when it is
    reached."""

    def create_task(self) -> Any:
        """The library looks for a process of that name among the files."""
        if not calls.is_expression(self.element.called):
            return super().create_task()
        home = self.process_parser.process_id
        task = specs.CallActivity(
            self.spec,
            self.bpmn_id,
            subworkflow_spec=home,
            **self.bpmn_attributes,
        )
        task.element, task.told_as = self.element, self.element.type
        return task


class BusinessRuleTaskParser(
    DiagramTaskParser,
    camunda.BusinessRuleTaskParser,
):
    """Decision tables."""

    def create_task(self) -> Any:
        """The library writes its own class here, whatever stands in the table of parsers."""
        task = super().create_task()
        if self.element.topic is None:
            self.spec.task_specs.pop(task.name)
            task = specs.BusinessRuleTask(
                self.spec,
                self.bpmn_id,
                dmnEngine=task.dmnEngine,
                **self.bpmn_attributes,
            )
            task.element, task.told_as = self.element, self.element.type
        return task

    @staticmethod
    def get_decision_ref(node: Any) -> str:
        """Empty where a handler decides; the library fails on a task without one."""
        return str(
            node.get(f"{{{camunda.CAMUNDA_MODEL_NS}}}decisionRef") or "",
        )


class ScriptTaskParser(DiagramTaskParser, task_parsers.ScriptTaskParser):
    """Scripts."""

    def get_script(self) -> str:
        return self.element.script or "pass"


class SubWorkflowParser(DiagramTaskParser, task_parsers.SubWorkflowParser):
    """Embedded and event subprocesses."""

    def create_task(self) -> Any:
        """The library finds the subprocess by its id alone, and calls `triggeredByEvent='false'` an event
        subprocess."""
        parser = self.process_parser.parser
        node = self.node
        parser.create_parser(node, filename=self.filename, lane=self.lane)
        scope = next(reversed(parser.process_parsers.values()))
        scope.parent = self.process_parser
        task = specs.SubWorkflowTask(
            self.spec,
            self.bpmn_id,
            subworkflow_spec=scope.bpmn_id,
            **self.bpmn_attributes,
        )
        task.element, task.told_as = self.element, self.element.type
        return task
