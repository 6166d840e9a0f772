"""Gateways: choosing, splitting, joining."""

from __future__ import annotations

from abc import abstractmethod

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import variables
from orchestrator.engine.errors import NoFlowTaken
from orchestrator.engine.model import Flow
from orchestrator.engine.specs.node import FLOW, RACE, DiagramNode
from orchestrator.engine.token import RunningScope, Token

TRUE = "true"
"""In a gateway's token while it chooses: the flows whose condition was true."""


class FlowCondition(_BpmnCondition):
    """A sequence flow's condition; a flow without one is always taken. The library forgets which of two flows
    to one element was true."""

    def __init__(self, flow: Flow, condition: str | None) -> None:
        super().__init__(condition)
        self.flow_id = flow.id

    def _matches(self, task: Token) -> bool:
        condition = self.args[0]
        matches = condition is None or variables.truth(
            task,
            condition,
            super()._matches(task),
        )
        if matches:
            task.internal_data.setdefault(TRUE, []).append(self.flow_id)
        return matches


class _Choice(DiagramNode):
    """Mixed into the gateways that choose, before the library's class."""

    def flows_taken(self, my_task: Token) -> list[tuple[Flow, str]]:
        default = None
        if self.element is not None:
            default = self.element.default_flow
        chosen = my_task.internal_data.pop(TRUE, [default])
        return sorted(self.flows, key=lambda pair: pair[0].id not in chosen)

    def chosen_flow(self, my_task: Token) -> tuple[str, str] | None:
        """Flow and spec that an administrator has chosen for this passing; asked once."""
        choices = my_task.workflow.top_workflow.choices
        element = self.element
        chosen = None
        if element is not None:
            chosen = choices.pop(element.id, None)
        return next(
            (
                (flow.id, target)
                for flow, target in self.flows
                if flow.id == chosen
            ),
            None,
        )

    def no_way_out(self) -> NoFlowTaken:
        element = self.element
        if element is not None:
            return NoFlowTaken(element.id, element.name)
        return NoFlowTaken(self.name, "")

    def goes(self, my_task: Token, way: tuple[str, str]) -> None:
        """Sends the token on the chosen flow."""
        my_task.internal_data[TRUE] = [way[0]]
        my_task._sync_children(
            [next(output for output in self.outputs if output.name == way[1])],
            TaskState.FUTURE,
        )


class ExclusiveGateway(_Choice, defaults.ExclusiveGateway):
    """Takes the first flow whose condition is true, else the default; the library chooses, and has no
    sentence for the designer."""

    def _run_hook(self, my_task: Token) -> bool:
        way = self.chosen_flow(my_task)
        try:
            super()._run_hook(my_task)
        except WorkflowException as failure:
            if type(failure) is not WorkflowException:
                raise
            if way is None:
                raise self.no_way_out() from None
            self.goes(my_task, way)
        return True


class Join(DiagramNode):
    """Keeps arriving tokens; a firing consumes one token of each flow that has one, and the first goes on for
    all.

    The library looks for finished inputs in the tree and cancels the tokens that wait: inside a loop it joins
    too early.
    """

    incoming: tuple[str, ...] = ()
    """Ids of the flows that lead here."""

    def waiting_by_flow(self, workflow: RunningScope) -> dict[str, Token]:
        """The oldest waiting token of each incoming flow."""
        tokens: dict[str, Token] = {}
        for task in workflow.tasks.values():
            if task.task_spec.name == self.name and task.has_state(
                TaskState.WAITING,
            ):
                tokens.setdefault(task.internal_data.get(FLOW, ""), task)
        return tokens

    def _update_hook(self, my_task: Token) -> bool:
        if len(self.incoming) < 2:
            return True
        my_task._set_state(TaskState.WAITING)
        self.arrived(my_task)
        return False

    @abstractmethod
    def arrived(self, my_task: Token) -> None:
        """Called once a token waits here."""

    def fire(self, tokens: dict[str, Token]) -> None:
        """Consumes the tokens."""
        first, *others = tokens.values()
        for token in others:
            token.cancel()
        first._ready()


class ParallelGateway(Join, defaults.ParallelGateway):
    """Fires when every incoming flow has a token."""

    def arrived(self, my_task: Token) -> None:
        tokens = self.waiting_by_flow(my_task.workflow)
        if len(tokens) == len(self.incoming):
            self.fire(tokens)

    def _run_hook(self, my_task: Token) -> bool:
        TaskSpec._run_hook(self, my_task)
        return True


class InclusiveGateway(Join, _Choice, defaults.InclusiveGateway):
    """Fires when no other token can still reach an empty incoming flow (BPMN 2.0.2, table 13.3). Asked once
    the instance is quiet."""

    def arrived(self, my_task: Token) -> None:
        """Whether others can still come is known when all have moved."""

    def may_fire(
        self,
        workflow: RunningScope,
        tokens: dict[str, Token],
    ) -> bool:
        """Whether nothing else can still arrive, as far as the tokens in the scope show."""
        empty = set(self.incoming) - tokens.keys()
        for task in workflow.tasks.values():
            if task.is_live() and task.task_spec is not self:
                reach = workflow.spec.reachable_flows(
                    task.task_spec.name,
                    self.name,
                )
                if reach & empty and not reach & tokens.keys():
                    return False
        return True

    def _run_hook(self, my_task: Token) -> bool:
        matches, defaults_ = self._get_matching_outputs(my_task)
        way = self.chosen_flow(my_task)
        if not matches and not defaults_:
            if way is None:
                raise self.no_way_out()
            self.goes(my_task, way)
            return True
        my_task._sync_children(matches or defaults_, TaskState.FUTURE)
        return True


class EventBasedGateway(DiagramNode, defaults.EventBasedGateway):
    """Puts a waiting token on each following event; the first to fire takes the others away.

    The library moves the events into the gateway, where two timers share one due time and nobody can tell
    what it waits for.
    """

    def connect(self, taskspec: DiagramNode) -> None:
        TaskSpec.connect(self, taskspec)

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def _on_ready_hook(self, my_task: Token) -> None:
        """Nothing is caught here."""

    def _run_hook(self, my_task: Token) -> bool:
        return True

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        for child in my_task.children:
            child.internal_data[RACE] = my_task.id
