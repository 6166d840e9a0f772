"""What of SpiffWorkflow 3.2.0 is overridden: the fault in words, how to give the library its own back, the
diagram that then goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.node_parser import NodeParser
from SpiffWorkflow.bpmn.parser.ProcessParser import (
    ProcessParser as LibraryProcessParser,
)
from SpiffWorkflow.bpmn.parser.TaskParser import (
    TaskParser as LibraryTaskParser,
)
from SpiffWorkflow.bpmn.specs import control as library_control
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.bpmn.specs.event_definitions import timer as library_timer
from SpiffWorkflow.bpmn.specs.event_definitions.conditional import (
    ConditionalEventDefinition as library_conditional,
)
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import (
    MultiInstanceTask,
)
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin

from orchestrator.engine.parser import GridflowParser
from orchestrator.engine.parser.process import ProcessParser
from orchestrator.engine.parser.tasks import (
    BusinessRuleTaskParser,
    DiagramTaskParser,
)
from orchestrator.engine.specs import (
    activities,
    catching,
    control,
    gateways,
    multi_instance,
    node,
    subprocesses,
    throwing,
)
from orchestrator.engine.specs.event_definitions import (
    codes,
    conditions,
    multiple,
    subscriptions,
)
from orchestrator.engine.specs.event_definitions.base import EventDefinition
from orchestrator.engine.specs.event_definitions.timers import Timer
from orchestrator.engine.token import Token
from orchestrator.engine.workflow import ProcessInstance, _Scope
from tests.engine import faults

GONE = object()
"""The class then inherits the library's."""


@dataclass(frozen=True)
class Override:
    fault: str
    """What the library does wrong or does not know."""
    back: Mapping[tuple[Any, str], Any]
    """(class, name) → the library's own, or GONE."""
    look: Callable[[], Any]
    """Plays a small diagram and says what it shows."""
    right: Any


def _library_trigger(self: Any, element: Any, graph_node: Any) -> None:
    inner = self.parser.process_parsers
    subprocess = self.parse_node(graph_node)
    self.spec.start.connect_or_add_trigger(
        subprocess, inner[f"{self.bpmn_id}/{element.id}"].get_spec()
    )


def _by_id_alone(self: Any) -> str:
    return str(self.node.get("id"))


OVERRIDES: dict[str, Override] = {
    "nothing is predicted": Override(
        "creates every task that may follow: 2^n of them behind n parallel splits in a row",
        {(node.DiagramNode, "_predict_hook"): GONE},
        lambda: len(faults.behind_a_choice(8).tasks) < 20,
        True,
    ),
    "finished tasks are let go": Override(
        "keeps every finished task; its searches end at a depth of 1,000 and find a running "
        "instance completed",
        {(_Scope, "_task_completed_notify"): GONE},
        lambda: [
            task.task_spec.name
            for task in faults.automatic(500).get_tasks(manual=True)
        ],
        ["a"],
    ),
    "a task that was taken away does not run": Override(
        "runs a snapshot of ready tasks, those included that an earlier one has cancelled",
        {
            (Token, "run"): GONE,
            (ProcessInstance, "go_branch_by_branch"): lambda self, will, did: (
                None
            ),
        },
        faults.late_script,
        False,
    ),
    "what was cancelled stays cancelled": Override(
        "completes a task that its own event has cancelled",
        {
            (Token, "complete"): GONE,
            (subprocesses._Scope, "_on_subworkflow_completed"): GONE,
        },
        faults.thrown_and_gone,
        ["mend"],
    ),
    "what ends an activity from inside has ended it": Override(
        "revives an activity that was taken away by what was completed last inside it",
        {(subprocesses._Scope, "_on_subworkflow_completed"): GONE},
        faults.cancelled_transaction,
        (["after"], ["start", "s_start", "a", "cancelled", "undo_a", "hit"]),
    ),
    "a handler needs no flow": Override(
        "refuses an element that no flow leads to, such as the handler of a compensation",
        {(node.DiagramNode, "test"): GONE},
        faults.cancelled_transaction,
        (["after"], ["start", "s_start", "a", "cancelled", "undo_a", "hit"]),
    ),
    "cancelling reaches what is inside": Override(
        "drops the children of a cancelled task without cancelling what waits inside them",
        {(Token, "cancel"): GONE},
        faults.interrupted_instances,
        (["after"], 0),
    ),
    "ids are counted": Override(
        "writes `Task(…)` for a child, with a random id",
        {(Token, "_add_child"): GONE},
        faults.same_twice,
        True,
    ),
    "variables are not copied": Override(
        "merges the parent's variables into the child's at each step, narrower ones included",
        {(Token, "_inherit_data"): GONE},
        faults.seen_after_inputs,
        [],
    ),
    "a parallel join counts tokens": Override(
        "looks for finished inputs in the tree and cancels the tokens that wait: in a loop it "
        "joins too early",
        {
            (gateways.Join, "_update_hook"): UnstructuredJoin._update_hook,
            (gateways.ParallelGateway, "_run_hook"): GONE,
        },
        faults.rounds,
        [["check"]] * 4,
    ),
    "an inclusive join asks what can still come": Override(
        "fires an inclusive join once a waiting task is updated, or never",
        {(ProcessInstance, "_fire_inclusive_join"): lambda self: False},
        faults.inclusive,
        ["after"],
    ),
    "a gateway without a way out is told by name": Override(
        "raises an exception that has no word for the designer",
        {
            (
                gateways.ExclusiveGateway,
                "_run_hook",
            ): defaults.ExclusiveGateway._run_hook
        },
        faults.no_way_out,
        "NoFlowTaken",
    ),
    "the flow that was taken is known": Override(
        "forgets which of two flows to one element was true",
        {(gateways.FlowCondition, "_matches"): _BpmnCondition._matches},
        faults.twice_to_one,
        [("two",)],
    ),
    "each event behind an event gateway has its own time": Override(
        "moves the events into the gateway, where two timers share one due time",
        {
            (
                gateways.EventBasedGateway,
                "connect",
            ): defaults.EventBasedGateway.connect
        },
        faults.raced,
        ["03T01", "02T02"],
    ),
    "what waits alone is heard": Override(
        "revives a token that another catcher of the same event has just taken away",
        {
            (catching.CatchingEvent, "catch"): GONE,
            (catching.CatchingEvent, "_update_hook"): faults.library_update,
        },
        faults.beside,
        ["handler_task"],
    ),
    "an event interrupts at once": Override(
        "lets what an event ends run on until the event's own turn comes",
        {(catching.CatchingEvent, "_on_ready_hook"): faults.heard_only},
        faults.signalled_boundary,
        ["saved"],
    ),
    "an event that does not interrupt is heard again": Override(
        "hears it once",
        {(catching.BoundaryEvent, "_on_ready_hook"): GONE},
        faults.reminded,
        ["read", "read", "work"],
    ),
    "an event subprocess waits for its event": Override(
        "runs a timer's event subprocess at once, others at the top level alone, and does not interrupt",
        {(ProcessParser, "_add_trigger"): _library_trigger},
        faults.waiting_handler,
        (["work"], ["handler_task"]),
    ),
    "the end does not wait for event subprocesses": Override(
        "waits for event subprocesses that nobody has triggered, and keeps every token that "
        "reached the end before the last",
        {(control.EndJoin, "_update_hook"): GONE},
        faults.unfired,
        (True, 0),
    ),
    "an activity is tied to its border": Override(
        "searches the finished tree for what is attached to what, and starts the activity before "
        "its events listen",
        {(control.BoundaryEventSplit, "_run_hook"): GONE},
        faults.thrown_at_once,
        ["mend"],
    ),
    "boundary events go with their activity": Override(
        "leaves that to a join in the finished tree",
        {(node.DiagramNode, "close_border"): lambda self, my_task: None},
        faults.completed_in_time,
        (True, 0),
    ),
    "looks at running subprocesses are counted": Override(
        "goes through all running subprocesses with every step, however many there are",
        {(ProcessInstance, "get_active_subprocesses"): GONE},
        faults.opened_again_and_again,
        "TooManySubprocesses",
    ),
    "elements may be called Start and End": Override(
        "adds specs called Start and End",
        {
            (control, "StartTask"): lambda spec, name: (
                library_control.BpmnStartTask(spec, "Start")
            )
        },
        faults.named_start,
        ["a"],
    ),
    "the token leaves before its event acts": Override(
        "throws first, so that what the event interrupts never leaves and nobody learns where it was",
        {(throwing.ThrowingEvent, "_run_hook"): GONE},
        faults.escalated,
        (["told"], ["start", "part_start", "up", "b"]),
    ),
    "errors climb from the thrower": Override(
        "ends by asking every event of the instance, the sibling's border included",
        {
            (codes._Coded, "throw"): GONE,
            (EventDefinition, "catches"): faults.by_equality,
        },
        faults.sibling_error,
        (["Bw"], False),
    ),
    "a message leaves the instance": Override(
        "gives a thrown message to this instance alone, with all its variables",
        {(subscriptions.MessageEventDefinition, "throw"): GONE},
        faults.thrown_message,
        [("hello", {})],
    ),
    "timers go by the handed-in now": Override(
        "asks the machine's clock and evaluates Python for a text",
        {
            (
                Timer,
                "has_fired",
            ): library_timer.TimeDateEventDefinition.has_fired
        },
        faults.due,
        "2027-01-01T00:00:00+00:00",
    ),
    "subprocesses share the variables": Override(
        "deep-copies all variables in and out, and knows no parameters",
        {(subprocesses._Scope, "update_data"): GONE},
        faults.outputs_of_a_subprocess,
        5,
    ),
    "a subprocess begins at its start": Override(
        "looks for a start called `Start`",
        {(subprocesses._Scope, "start_workflow"): GONE},
        faults.outputs_of_a_subprocess,
        5,
    ),
    "a called process may have variables of its own": Override(
        "knows no camunda:in and camunda:out",
        {
            (subprocesses.CallActivity, "enter"): GONE,
            (subprocesses.CallActivity, "return_from"): GONE,
        },
        faults.mapped_call,
        {"a": 1, "out": 3},
    ),
    "an item is seen by its instance alone": Override(
        "refuses the second round of a multi-instance in a loop, because the item is left among "
        "the variables",
        {
            (multi_instance.Item, "exists"): GONE,
            (multi_instance._Instances, "create_child"): faults.library_child,
        },
        lambda: sorted(
            faults.instances(2, rounds=2, item="mine").outcome.variables
        ),
        ["item", "items", "more", "result"],
    ),
    "an instance's data are not merged": Override(
        "merges an instance's data into its parent's, and its completion condition sees no counts",
        {
            (
                multi_instance._Instances,
                "merge_child",
            ): MultiInstanceTask.merge_child
        },
        lambda: faults.instances(1, more=faults.ONE_IS_ENOUGH).open,
        ["b"],
    ),
    "a result may be collected twice": Override(
        "refuses the second round of a loop because the result is no longer empty",
        {
            (
                multi_instance._Instances,
                "init_data_output_with_input_data",
            ): GONE
        },
        lambda: faults.instances(
            2, more=faults.RESULTS, rounds=2
        ).outcome.variables["results"],
        ["r0", "r1"],
    ),
    "an item may be None": Override(
        "passes over an item that is None, one after another, and waits for ever",
        {
            (
                multi_instance.SequentialMultiInstanceTask,
                "add_next_child",
            ): GONE,
            **faults.LIBRARY_REMAINING,
        },
        lambda: faults.instances(1, sequential=True, items=["x", None]).open,
        ["a"],
    ),
    "the collection is read once": Override(
        "reads the collection anew before each item",
        faults.LIBRARY_SEQUENCE,
        faults.collection_changed,
        ["a y"],
    ),
    "a plain task asks nobody": Override(
        "waits for somebody at a plain task",
        {(activities.PassingTask, "__init__"): GONE},
        faults.nobody_asked,
        ["a"],
    ),
    "a table's lists replace older ones": Override(
        "merges a table's result into older variables entry by entry",
        {(activities.BusinessRuleTask, "_run_hook"): GONE},
        faults.decided_twice,
        [1],
    ),
    "a business rule task is ours": Override(
        "makes its own class whatever stands in the table of parsers",
        {(BusinessRuleTaskParser, "create_task"): GONE},
        faults.decided_twice,
        [1],
    ),
    "a loop without a wait is stopped": Override(
        "goes on for ever",
        {(ProcessInstance, "_count_step"): faults.stop_late},
        faults.endless,
        "StepBudgetExceeded",
    ),
    "flows go by the document": Override(
        "sorts flows by height in the drawing: moving a shape changes a choice",
        {
            (ProcessParser, "get_outgoing_sequence_flows"): GONE,
            (DiagramTaskParser, "connect"): faults.connected_by_height,
        },
        faults.drawn_upside_down,
        ["a"],
    ),
    "a long process is read": Override(
        "follows the flows recursively, to some 490 tasks in a row",
        {(ProcessParser, "get_outgoing_sequence_flows"): GONE},
        lambda: faults.in_a_row(600),
        ["last"],
    ),
    "conditions on a task's own flows are honoured": Override(
        "ignores them",
        {(DiagramTaskParser, "_choose"): faults.without_conditions},
        faults.conditions_of_a_task,
        ["a"],
    ),
    "subprocesses of two processes may have one id": Override(
        "keys subprocesses by their id alone",
        {(ProcessParser, "bpmn_id"): property(_by_id_alone)},
        faults.called_with_the_same_names,
        ["own", "deep"],
    ),
    "a called process need not be startable": Override(
        "refuses a called process that is not executable by itself",
        {(ProcessParser, "create_spec"): LibraryProcessParser.create_spec},
        faults.called_alone,
        ["deep"],
    ),
    "drawn data are read by people": Override(
        "lets a task see only the data drawn for it, and refuses what it cannot resolve",
        {
            (
                DiagramTaskParser,
                "parse_incoming_data_references",
            ): NodeParser.parse_incoming_data_references,
            (DiagramTaskParser, "parse_io_spec"): NodeParser.parse_io_spec,
        },
        faults.drawn_data,
        ["a"],
    ),
    "drawn stores are read by people": Override(
        "refuses a data store that has no code behind it",
        {(GridflowParser, "_add_data_stores"): BpmnParser._add_data_stores},
        faults.drawn_store,
        ["a"],
    ),
    "an unused message needs no id": Override(
        "refuses a message, signal, error or escalation without an id, though nobody refers to it",
        {(GridflowParser, "_add_messages"): BpmnParser._add_messages},
        faults.unused_message,
        ["a"],
    ),
    "a multi-instance is limited": Override(
        "opens as many instances as are asked for, over a variable's name alone",
        {
            (
                DiagramTaskParser,
                "_add_multiinstance_task",
            ): LibraryTaskParser._add_multiinstance_task
        },
        faults.too_many,
        "TooManyInstances",
    ),
    "one start event begins": Override(
        "begins at every start event, and lets the first to arrive cancel the others",
        {(control.StartTask, "leave"): GONE},
        faults.started_by_a_person,
        ["a"],
    ),
    "the end closes what still waits": Override(
        "ends the process and leaves its event subprocesses waiting for what will not be heard",
        {(control.EndJoin, "_run_hook"): GONE},
        faults.closed_at_the_end,
        ["handler_start"],
    ),
    "a condition is heard when a variable changes": Override(
        "looks at every condition whenever a task is updated, by Python, and hears one that stays true again",
        {
            (
                conditions.ConditionalEventDefinition,
                "has_fired",
            ): library_conditional.has_fired
        },
        faults.condition_that_stays_true,
        ["a", "b2", "c"],
    ),
    "a call by expression finds its process": Override(
        "calls by a name that is known when the diagram is read",
        {
            (subprocesses.CallActivity, "runs"): lambda self, my_task: (
                self.element.called
            )
        },
        faults.called_by_expression,
        ["c"],
    ),
    "each of several timers has its own time": Override(
        "lets two timers of one event share one due time",
        {
            (multiple.MultipleEventDefinition, name): GONE
            for name in ("has_fired", "arm", "waits", "begin")
        },
        faults.two_timers,
        ["03T02", "04T01"],
    ),
    "branches go one after another": Override(
        "takes one step of each branch in turn",
        {
            (ProcessInstance, "go_branch_by_branch"): lambda self, will, did: (
                None
            )
        },
        faults.branches_in_order,
        ["start", "g", "p", "q", "end", "r"],
    ),
}
