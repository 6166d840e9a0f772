"""Multi-instance activities and standard loops: how many instances, over what, and when they are enough."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.data_spec import TaskDataReference
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.errors import ExpressionFailed, TooManyInstances
from orchestrator.engine.model import MultiInstance
from orchestrator.engine.specs.compensation import COMPLETED, UNDOES, record
from orchestrator.engine.specs.node import DiagramNode
from orchestrator.engine.token import LOCAL, UNFINISHED, RunningScope, Token
from orchestrator.engine.values import Value, Variables
from orchestrator.sentences import say

MERGED = "merged"
REMAINING = "remaining"
COLLECTED = "collected"
INDEX = "key_or_index"
TOTAL = "asked"
"""In internal data; all but COLLECTED and TOTAL, how many instances there are, are the library's.

MERGED: ids of the instances that are done. REMAINING: [number, item] of those still to open. COLLECTED:
[number, result] of those done.
"""


def _answers(my_task: Token) -> list[Value]:
    return [
        value for _number, value in my_task.internal_data.get(COLLECTED, [])
    ]


class Collection(TaskDataReference):
    """The items, counted or listed by an expression; the library takes a variable's name alone, and knows no
    limit."""

    def __init__(self, multi: MultiInstance) -> None:
        super().__init__(multi.collection or multi.cardinality)
        self.multi = multi

    def exists(self, my_task: Token) -> bool:
        return True

    def get(self, my_task: Token) -> list[Value]:
        """Raises TooManyInstances, and ExpressionFailed for what is no number or list."""
        items = (
            self._counted(my_task)
            if self.multi.cardinality is not None
            else self._listed(my_task)
        )
        limit = my_task.workflow.top_workflow.context.environment.max_instances
        if len(items) > limit:
            raise TooManyInstances(
                my_task.task_spec.bpmn_id,
                len(items),
                limit,
            )
        my_task.internal_data[TOTAL] = len(items)
        return list(items)

    def _counted(self, my_task: Token) -> range:
        count = variables.evaluate(my_task, self.multi.cardinality or "")
        if (
            isinstance(count, str)
            and count.strip().isdecimal()
            and len(count) < 10
        ):
            count = int(count)  # what a text field was filled in with
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise ExpressionFailed(
                my_task.task_spec.bpmn_id,
                say("多实例的数量应为非负整数，现为“{count}”", count=count),
            )
        return range(count)

    def _listed(self, my_task: Token) -> Sequence[Value]:
        result = variables.evaluate(my_task, self.multi.collection or "")
        items = result
        # SpiffWorkflow goes over the values of a group; Camunda 7 and Flowable know lists alone.
        strict = my_task.workflow.spec.stops_at_missing
        if isinstance(result, dict) and not strict:
            items = list(result.values())
        if not isinstance(items, (list, tuple)):
            raise ExpressionFailed(
                my_task.task_spec.bpmn_id,
                say(
                    "多实例的集合“{collection}”应为列表，现为“{found}”",
                    collection=self.multi.collection,
                    found=result,
                ),
            )
        return items


class Item(TaskDataReference):
    """One instance's own view of its item. The library puts it among the shared variables, and refuses the
    second round of a loop for it."""

    def __init__(self, multi: MultiInstance) -> None:
        super().__init__(multi.item)
        self.multi = multi

    def exists(self, my_task: Token) -> bool:
        return False

    def set(self, my_task: Token, value: Value) -> None:
        if self.bpmn_id is None:
            seen = {}
        else:
            seen = {self.bpmn_id: value}
        variables.narrow(my_task, _with_result(self.multi, seen))


def _with_result(multi: MultiInstance, seen: Variables) -> Variables:
    """An instance whose result is collected has a result of its own."""
    if multi.output_item is None:
        return seen
    return {multi.output_item: None, **seen}


class _Instances(DiagramNode, ABC):
    """Mixed into all three, before the library's class."""

    multi: MultiInstance
    bpmn_id: str | None
    counts_instances = True

    @property
    def collected_item(self) -> str | None:
        """The variable of each instance whose value is collected."""
        return self.multi.output_item

    def create_child(
        self,
        my_task: Token,
        item: Value,
        key_or_index: int,
    ) -> None:
        """Opens instance number `key_or_index`."""
        body = my_task.workflow.spec.task_specs[self.task_spec]  # type: ignore[attr-defined]
        child = my_task._add_child(body, TaskState.WAITING)
        # The library's word for a child that no flow of the spec leads to, which must not be removed.
        child.triggered = True
        child.internal_data[INDEX] = key_or_index
        variables.narrow(child, {"loopCounter": key_or_index})
        self.input_item.set(child, item)  # type: ignore[attr-defined]
        child.task_spec._update(child)

    def merge_child(self, workflow: RunningScope, child: Token) -> None:
        """An instance is done: collect its result, open the next, or let the activity go on.

        The library merges the instance's data into its parent's, item included, and its completion condition
        sees no counts.
        """
        if UNDOES in child.internal_data:
            return  # the instance has been undone
        my_task = child.parent
        my_task.internal_data[MERGED].append(child.id)
        self._remember(my_task, child)
        self._collect(my_task, child)
        if self._is_enough(my_task, child):
            for other in my_task.children:
                if other.has_state(UNFINISHED):
                    other.cancel()
            my_task._ready()
        else:
            self.go_on(my_task)

    @abstractmethod
    def go_on(self, my_task: Token) -> None:
        """What follows when an instance is done and the activity is not: one after another or side by side
        says it."""

    def _collect(self, my_task: Token, child: Token) -> None:
        if self.multi.output_collection and self.multi.output_item:
            collected = my_task.internal_data.setdefault(COLLECTED, [])
            collected.append(
                [
                    child.internal_data[INDEX],
                    child.data.get(self.multi.output_item),
                ],
            )
            collected.sort(key=lambda entry: entry[0])
            my_task.data[self.multi.output_collection] = [
                value for _index, value in collected
            ]

    def _remember(self, my_task: Token, child: Token) -> None:
        """Each instance is undone by itself, with the variables that it had."""
        results = record(child, own_variables=True) or (
            [child.task_spec.element.id, child.internal_data[LOCAL]]
            if self.compensated_by and child.task_spec.element
            else None
        )
        if results is not None:
            my_task.internal_data.setdefault(COMPLETED, []).append(results)

    def _is_enough(self, my_task: Token, child: Token) -> bool:
        if self.element is not None and self.element.countersign is not None:
            return self.element.countersign.certain(
                _answers(my_task),
                self.counts(my_task)["nrOfInstances"],
            )
        if not self.multi.condition:
            return False
        return variables.holds(
            child,
            self.multi.condition,
            {**child.data, **self.counts(my_task)},
        )

    def counts(self, my_task: Token) -> dict[str, int]:
        """An older state does not keep how many there are."""
        kept = my_task.internal_data
        running = sum(
            other.has_state(UNFINISHED) for other in my_task.children
        )
        done = len(kept.get(MERGED, ()))
        waiting = len(kept.get(REMAINING, ()))
        total = kept.get(TOTAL, done + running + waiting)
        return {
            "nrOfInstances": total,
            "nrOfCompletedInstances": done,
            "nrOfActiveInstances": running,
        }

    def _on_complete_hook(self, my_task: Token) -> None:
        """What several people have decided together is told, and is a variable, before anything follows."""
        preset = None
        if self.element is not None:
            preset = self.element.countersign
        if (
            preset is not None
            and self.element is not None
            and not self.multi.is_loop
        ):
            given = _answers(my_task)
            total = self.counts(my_task)["nrOfInstances"]
            agreed, refused = preset.counts(given)
            passed = preset.passed(given, total)
            my_task.data[preset.result] = passed
            countersigned = c.Countersigned(
                self.element.id,
                preset.called,
                agreed,
                refused,
                len(given),
                total,
                passed,
            )
            my_task.workflow.top_workflow.context.tell(countersigned)
        super()._on_complete_hook(my_task)

    def init_data_output_with_input_data(
        self,
        my_task: Token,
        _input_data: Iterable[Value],
    ) -> None:
        """The library refuses the second round of a loop: its result is no longer empty."""
        my_task.data[self.multi.output_collection or ""] = []


class ParallelMultiInstanceTask(
    _Instances,
    defaults.ParallelMultiInstanceTask,
):
    """All instances at once."""

    def go_on(self, my_task: Token) -> None:
        if self.children_complete(my_task):
            my_task._ready()


class SequentialMultiInstanceTask(
    _Instances,
    defaults.SequentialMultiInstanceTask,
):
    """One instance after another. The library reads the collection anew before each, and passes over an item
    that is None."""

    def counts(self, my_task: Token) -> dict[str, int]:
        """One is active from the first to the last, as Camunda 7 counts, also while one has just ended."""
        return {**super().counts(my_task), "nrOfActiveInstances": 1}

    def init_remaining_items(self, my_task: Token) -> list[list[Any]]:
        return [
            [number, item]
            for number, item in enumerate(self.data_input.get(my_task))
        ]

    def add_next_child(self, my_task: Token) -> None:
        (number, item), *my_task.internal_data[REMAINING] = (
            my_task.internal_data[REMAINING]
        )
        self.create_child(my_task, item, number)

    def go_on(self, my_task: Token) -> None:
        if self.children_complete(my_task):
            my_task._ready()
        else:
            self.add_next_child(my_task)


class StandardLoopTask(_Instances, defaults.StandardLoopTask):
    """Again and again while its condition holds. The library merges the round's data and makes rounds without
    a number."""

    def create_child(
        self,
        my_task: Token,
        item: Value = None,
        key_or_index: int | None = None,
    ) -> None:
        super().create_child(my_task, item, len(my_task.internal_data[MERGED]))

    def go_on(self, my_task: Token) -> None:
        if self.loop_complete(my_task):
            my_task._ready()
        else:
            self.create_child(my_task)
