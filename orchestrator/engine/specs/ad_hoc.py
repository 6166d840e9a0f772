"""Ad-hoc subprocesses: what is done inside is chosen while it runs (BPMN 2.0.2, 10.3.5).

Whoever is offered the step chooses, as often as needed, which of the activities without an incoming flow
begin. It ends when its condition is true after an activity, or, without a condition, when nothing more is
chosen and all that was begun is done.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import variables
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.model import ACTIVITIES, AdHoc
from orchestrator.engine.specs.activities import UserTask
from orchestrator.engine.specs.control import EndJoin, ProcessSpec
from orchestrator.engine.token import UNFINISHED, RunningScope, Token
from orchestrator.sentences import say

CHOICE = "#choice"
"""Name of the spec at which the next activities are chosen."""
NOTHING_MORE = "done"
"""Chosen instead of an activity: nothing more is to be done."""


class AdHocSpec(ProcessSpec):
    """The inside of an ad-hoc subprocess. The library starts whatever no flow leads to, all at once."""

    def __init__(self, ad_hoc: AdHoc, **named: Any) -> None:
        super().__init__(**named)
        self.ad_hoc = ad_hoc
        self.task_specs.pop(self.end.name)
        self.end = AdHocEnd(self, "#end")

    def activity_completed(self, my_task: Token) -> None:
        """Where the condition is true now, nothing more is begun."""
        element = my_task.task_spec.element
        spec = my_task.task_spec
        if (
            not self.ad_hoc.condition
            or element is None
            or element.type not in ACTIVITIES
            or spec.told_as is None
        ):
            return
        if not _satisfied(my_task, self.ad_hoc):
            return
        stop_choosing(my_task.workflow)
        if self.ad_hoc.cancels:
            for child in my_task.children:
                if child.has_state(UNFINISHED):
                    child.cancel()
            my_task._add_child(self.end, TaskState.FUTURE)


class AdHocChoice(UserTask):
    """The task of whoever decides what is done next."""

    enabled: dict[str, str]
    """Id of each activity that may be chosen → name of the spec at which it begins."""

    def _run_hook(self, my_task: Token) -> bool:
        ad_hoc = _of(my_task.workflow)
        chosen = self._chosen(my_task, ad_hoc)
        self._closed(my_task, c.UserTaskClosing.COMPLETED)
        specs = my_task.workflow.spec.task_specs
        for value in chosen:
            my_task._add_child(specs[self.enabled[value]], TaskState.FUTURE)
        if not chosen:
            my_task._add_child(specs["#end"], TaskState.FUTURE)
        elif not ad_hoc.sequential:
            my_task._add_child(self, TaskState.FUTURE)
        return True

    def _chosen(self, my_task: Token, ad_hoc: AdHoc) -> list[str]:
        """Raises ExpressionFailed for what cannot be chosen."""
        given = my_task.data.pop(f"{self.element.id}_next", None)
        if isinstance(given, list):
            listed = given
        else:
            listed = [given]
        chosen = list(
            dict.fromkeys(
                str(value)
                for value in listed
                if value not in (None, "", NOTHING_MORE)
            ),
        )
        unknown = [value for value in chosen if value not in self.enabled]
        if unknown:
            sentence = say(
                "“{listed}”不是可以办的活动，请从“{choices}”中选择",
                listed="、".join(unknown),
                choices="、".join(self.enabled),
            )
            raise ExpressionFailed(self.element.id, sentence)
        if len(chosen) > 1 and ad_hoc.sequential:
            raise ExpressionFailed(
                self.element.id,
                say("这里一次只办一项，请只选一项"),
            )
        if not chosen and ad_hoc.condition:
            raise ExpressionFailed(
                self.element.id,
                say("还没有达到办结的条件，请至少选一项"),
            )
        return chosen


class AdHocEnd(EndJoin):
    """A branch inside is done: the subprocess ends, or the next is chosen."""

    def _update_hook(self, my_task: Token) -> bool:
        workflow = my_task.workflow
        ad_hoc = _of(workflow)
        satisfied = _satisfied(my_task, ad_hoc)
        if satisfied and ad_hoc.cancels:
            return True
        if satisfied:
            stop_choosing(workflow)
        busy = any(
            self._goes_on(other)
            for other in workflow.tasks.values()
            if other is not my_task
        )
        nothing_more = (
            my_task.parent is not None
            and my_task.parent.task_spec.name == CHOICE
        )
        if busy or satisfied or nothing_more or not ad_hoc.sequential:
            return super()._update_hook(my_task)
        my_task._set_state(TaskState.CANCELLED)
        again = workflow.task_tree._add_child(
            workflow.spec.task_specs[CHOICE],
            TaskState.FUTURE,
        )
        again.task_spec._update(again)
        return False


def stop_choosing(workflow: RunningScope) -> None:
    """Nothing more is chosen."""
    for task in list(workflow.tasks.values()):
        if task.task_spec.name == CHOICE and task.has_state(UNFINISHED):
            task.cancel()


def _satisfied(my_task: Token, ad_hoc: AdHoc) -> bool:
    return bool(
        ad_hoc.condition
        and variables.holds(my_task, ad_hoc.condition, my_task.workflow.data),
    )


def _of(workflow: RunningScope) -> AdHoc:
    result = workflow.spec
    assert isinstance(result, AdHocSpec)
    return result.ad_hoc
