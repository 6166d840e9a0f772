"""A process played by SpiffWorkflow's documented API alone, our parser, script engine and workflow class
handed in.

`docs/spiffworkflow.md` shows `start` and `play`; the names in them that are not ours are the library's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.util.task import TaskState

from orchestrator.engine.commands import Environment
from orchestrator.engine.context import CommandContext
from orchestrator.engine.parser import GridflowParser
from orchestrator.engine.script_engine import SCRIPT_ENGINE
from orchestrator.engine.specs import ServiceTask
from orchestrator.engine.variables import give_outputs
from orchestrator.engine.workflow import ProcessInstance

Answer = Callable[[str], Mapping[str, Any]]
"""Element id of a user task → what its form brings."""


def start(
    files: Sequence[Path],
    key: str,
    variables: Mapping[str, Any],
    now: datetime,
    environment: Environment,
    start_id: str | None = None,
) -> ProcessInstance:
    """A process instance that has run to its first user tasks; `start_id`: the start event whose message has
    come, where no person starts the process."""
    workflow = ProcessInstance(
        *specs(tuple(files), key),
        script_engine=SCRIPT_ENGINE,
        context=CommandContext(now, environment, own_clock=True),
    )
    workflow.start_id = start_id
    workflow.task_tree.set_data(**variables)
    workflow.do_engine_steps()
    return workflow


@lru_cache(maxsize=64)
def specs(
    files: tuple[Path, ...], key: str
) -> tuple[BpmnProcessSpec, dict[str, BpmnProcessSpec]]:
    """The process's specification and those that it calls; instances share them."""
    parser = _parser(files)
    return parser.get_spec(key), parser.get_subprocess_specs(key)


@lru_cache(maxsize=8)
def _parser(files: tuple[Path, ...]) -> GridflowParser:
    """Has read the files; what it has made of one process it keeps for the others that call it."""
    parser = GridflowParser()
    parser.add_bpmn_files(files)
    return parser


def play(
    workflow: ProcessInstance,
    answer: Answer,
    pause: timedelta,
    steps: int = 200,
) -> list[str]:
    """Completes user tasks one after another, `pause` apart, until the instance ends → their element ids in
    order."""
    path: list[str] = []
    while not workflow.is_completed() and len(path) < steps:
        while asked := workflow.get_tasks(
            state=TaskState.STARTED, spec_class=ServiceTask
        ):
            give_outputs(asked[0])
            asked[0].complete()
            workflow.do_engine_steps()
        for task in sorted(
            workflow.get_tasks(state=TaskState.READY, manual=True),
            key=lambda task: task.task_spec.name,
        )[:1]:
            path.append(task.task_spec.bpmn_id)
            task.set_data(**answer(task.task_spec.bpmn_id))
            task.run()
        workflow.do_engine_steps()
        workflow.context.now += pause
        workflow.refresh_timers()
        workflow.do_engine_steps()
    return path
