"""Small diagrams for tests, in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from orchestrator.engine import CURRENT, Edition, advance, load_definition
from orchestrator.engine import commands as c

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="tests">'
)


def user(*ids: str) -> str:
    """User tasks with these ids."""
    return "".join(
        f'<userTask id="{each}" name="{each}" camunda:candidateGroups="office@county"/>'
        for each in ids
    )


def flow(*ids: str, when: str | None = None, id: str | None = None) -> str:
    """Sequence flows from each id to the next."""
    inner = (
        f"<conditionExpression>{when}</conditionExpression>" if when else ""
    )
    return "".join(
        f'<sequenceFlow id="{id or f"{a}_{b}"}" sourceRef="{a}" targetRef="{b}">{inner}</sequenceFlow>'
        for a, b in pairwise(ids)
    )


def gateway(kind: str, *ids: str, default: str | None = None) -> str:
    attribute = f' default="{default}"' if default else ""
    return "".join(f'<{kind}Gateway id="{each}"{attribute}/>' for each in ids)


def boundary(id: str, host: str, event: str, interrupting: bool = True) -> str:
    return (
        f'<boundaryEvent id="{id}" attachedToRef="{host}" '
        f'cancelActivity="{str(interrupting).lower()}">{event}</boundaryEvent>'
    )


def timer(text: str, kind: str = "timeDuration") -> str:
    return (
        f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"
    )


START, END = '<startEvent id="start"/>', '<endEvent id="end"/>'


def document(
    body: str, extra: str = "", attributes: str = "", key: str = "p"
) -> bytes:
    """A whole BPMN document with one executable process."""
    return (
        f'{HEAD}<process id="{key}" isExecutable="true" {attributes}>{body}</process>{extra}</definitions>'
    ).encode()


class Play:
    """A process instance driven through the pure engine."""

    def __init__(
        self,
        body: str,
        extra: str = "",
        variables: dict | None = None,
        resources: dict | None = None,
        environment=None,
        edition: Edition = CURRENT,
    ) -> None:
        given = {"p.bpmn": document(body, extra), **(resources or {})}
        self.definition = load_definition(given, "p", edition)
        self.environment = environment or c.Environment()
        self.now = NOW
        self.effects: list = []
        self.all: list = []
        self.do(c.StartProcessInstance(variables or {}))

    def do(self, command) -> Play:
        state = self.outcome.state if hasattr(self, "outcome") else None
        self.outcome = advance(
            self.definition, state, command, self.now, self.environment
        )
        self.effects = list(self.outcome.effects)
        self.all += self.effects
        return self

    def _open(self, opened: type, key: str, closed: tuple) -> dict:
        found: dict = {}
        for effect in self.all:
            if isinstance(effect, opened):
                found[getattr(effect, key)] = effect
            elif (
                isinstance(effect, closed)
                and getattr(effect, key, None) in found
            ):
                del found[getattr(effect, key)]
        return found

    @property
    def tasks(self) -> dict:
        return self._open(c.UserTaskOpened, "task_id", (c.UserTaskClosed,))

    @property
    def open(self) -> list[str]:
        """Element ids of the open user tasks, sorted."""
        return sorted(task.element_id for task in self.tasks.values())

    @property
    def timers(self) -> list:
        fired = getattr(self, "_fired", set())
        return [
            t
            for t in self._open(
                c.TimerSet, "timer_id", (c.TimerCancelled,)
            ).values()
            if t.timer_id not in fired
        ]

    def complete(self, element_id: str, **variables) -> Play:
        task = next(
            task
            for task in self.tasks.values()
            if task.element_id == element_id
        )
        return self.do(c.CompleteUserTask(task.task_id, variables))

    def fire(self, element_id: str) -> Play:
        found = next(t for t in self.timers if t.element_id == element_id)
        self._fired = {*getattr(self, "_fired", set()), found.timer_id}
        return self.do(c.FireTimer(found.timer_id))

    def answer(self, **variables) -> Play:
        wanted = [e for e in self.all if isinstance(e, c.ExternalTaskWanted)][
            -1
        ]
        return self.do(c.CompleteExternalTask(wanted.task_id, variables))

    @property
    def ended(self) -> bool:
        return self.outcome.ended

    @property
    def passed(self) -> list[str]:
        """Elements that tokens left, in order."""
        return [
            e.element_id
            for e in self.all
            if isinstance(e, c.ActivityCompleted)
        ]
