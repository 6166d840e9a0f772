"""Everything that Gridflow changes inside SpiffWorkflow, in one place, for the one version it was proved with.

Task ids and task times come from a logical counter of the running instance, so that `advance` is a pure function; a state change tells the
instance's queue instead of building a log record.
"""

from __future__ import annotations

import importlib.metadata
import threading
from types import SimpleNamespace

import SpiffWorkflow.task
from SpiffWorkflow.util.task import TaskState

PROVED_WITH = "3.2.0"

if importlib.metadata.version("SpiffWorkflow") != PROVED_WITH:
    raise ImportError(
        f"orchestrator.engine is proved with SpiffWorkflow {PROVED_WITH}; run tests/engine against the new version and adapt patches.py"
    )

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class _Counter(threading.local):
    """The running instance's counter; every command of the engine runs in one thread from load to dump."""

    value = 0


counter = _Counter()


def _next_id() -> str:
    counter.value += 1
    number, text = counter.value, ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


def _set_state(task: SpiffWorkflow.task.Task, value: int) -> None:
    if value != task._state:
        task._state = value
        if value == TaskState.READY:
            task.workflow.top_workflow.ready.append(task)


SpiffWorkflow.task.uuid4 = _next_id
SpiffWorkflow.task.time = SimpleNamespace(time=lambda: counter.value)
SpiffWorkflow.task.Task._set_state = _set_state
