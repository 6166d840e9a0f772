"""The library's own API and `advance` play the same path, for every diagram of every city."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engine import Definition, load_definition
from orchestrator.engine import commands as c
from orchestrator.engine.errors import JoinStuck
from tests.engine import program
from tests.engine.diagrams import NOW
from tests.engine.test_walks import BPMN, OURS, _process_id
from tests.engine.walks import GIVEN_BY_HANDLERS, Walker, domain

ENVIRONMENT = c.Environment(
    deadline=lambda _name, start: start + timedelta(days=1)
)
SHARED = sorted((BPMN / "shared").glob("*.bpmn"))
ZHENJIANG = sorted((BPMN / "zhenjiang").glob("*.bpmn"))


class Answers:
    """Values for the forms, the same for both: the n-th answer at an element depends on the seed, the element
    and n alone."""

    def __init__(self, resources: dict[str, bytes], seed: int) -> None:
        self.choices, self.seed = domain(resources), seed
        self.given: dict[str, int] = {}

    def __call__(self, element_id: str) -> dict[str, Any]:
        count = self.given[element_id] = self.given.get(element_id, 0) + 1
        rng = random.Random(f"{self.seed} {element_id} {count}")
        answers = {
            name: rng.choice(options) for name, options in self.choices.items()
        }
        return answers | {
            name: options[0] for name, options in GIVEN_BY_HANDLERS.items()
        }


class ByCommands(Walker):
    """The same play through `advance`: timers fire when they are due, handlers answer at once."""

    def __init__(
        self, resources: dict[str, bytes], key: str, variables: dict[str, Any]
    ) -> None:
        self.definition = load_definition(resources, key)
        self.start_id = _event_start(self.definition)
        self.environment = ENVIRONMENT
        self.now, self.effects, self.all = NOW, [], []
        self.do(c.StartProcessInstance(variables, self.start_id))

    def play(
        self, answer: Answers, pause: timedelta, steps: int = 200
    ) -> list[str]:
        path: list[str] = []
        while not self.ended and len(path) < steps:
            while not self.ended and self.external:
                self.move(
                    "answer", next(iter(self.external.values())).element_id, {}
                )
            if not self.ended and self.tasks:
                path.append(self.open[0])
                self.complete(path[-1], **answer(path[-1]))
            self.now += pause
            for timer in [
                each for each in self.timers if each.due_at <= self.now
            ]:
                if not self.ended and timer in self.timers:
                    self.fire(timer.element_id)
        return path


def _event_start(definition: Definition) -> str | None:
    """The start event of a process that no person starts; None where somebody does."""
    if definition.plain_start is not None:
        return None
    return definition.triggered_starts[0].id


@pytest.mark.parametrize(
    "path", OURS, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
@pytest.mark.parametrize(
    "pause",
    [timedelta(minutes=10), timedelta(hours=30)],
    ids=["in time", "late"],
)
def test_the_librarys_api_plays_what_advance_plays(
    path: Path, pause: timedelta
) -> None:
    files = (
        [*SHARED, *sorted(path.parent.glob("*.bpmn"))]
        if path.parent.name != "shared"
        else SHARED
    )
    resources = {each.name: each.read_bytes() for each in files}
    key = _process_id(path.read_bytes())
    # Late and in time are other paths already: two seeds of each take the time of four.
    for seed in range(2):
        first = Answers(resources, seed)("")
        try:
            right = ByCommands(resources, key, first)
            wanted = right.play(Answers(resources, seed), pause, steps=40)
        except JoinStuck:
            continue
        workflow = program.start(
            files, key, first, NOW, ENVIRONMENT, right.start_id
        )
        assert (
            program.play(workflow, Answers(resources, seed), pause, steps=40)
            == wanted
        )
        assert (workflow.completed, workflow.data) == (
            right.ended,
            right.outcome.variables,
        )


def test_zhenjiangs_item_admission_is_played_from_start_to_end() -> None:
    forms = {
        "review_application": [
            {"decision": "supplement"},
            {"decision": "pass", "approver": "party_committee"},
        ],
        "supplement_application": [{"submission": "again"}],
        "approve_by_party_committee": [{"decision": "approve"}],
    }
    first = {
        "submission": "",
        "decision": "",
        "approver": "",
        "item_name": "垃圾分类",
        "initiator_body": "department@county",
    }
    workflow = program.start(
        [*SHARED, *ZHENJIANG], "item_admission", first, NOW, ENVIRONMENT
    )
    assert [event.name for event in workflow.waiting_events()] != []
    path = program.play(
        workflow,
        lambda element: forms[element].pop(0) if forms.get(element) else {},
        timedelta(hours=7),
    )
    assert path == [
        "review_application",
        "supplement_application",
        "review_application",
        "approve_by_party_committee",
        "organize_implementation",
    ]
    assert (workflow.is_completed(), workflow.context.last_end) == (
        True,
        "admitted",
    )
