"""Scenarios follow a draft: steps that it adds are put into those that were written before there were such
steps."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import Any

import yaml
from sqlalchemy.orm import Session

from orchestrator.engine import ONE_INSTANCE, exhausted, request_work
from orchestrator.errors import TooMuchWork
from orchestrator.sentences import say
from orchestrator.services.designing.trials import TrialSetup
from orchestrator.services.designing.validation import (
    elements_before,
    scenarios_of,
)
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.interpreter import run
from orchestrator.services.simulation.memory_backend import MemoryBackend
from orchestrator.services.simulation.scenario_run import ScenarioRun
from orchestrator.store.drafts import Draft

MOST = 10
"""The most steps that are put into one scenario: a loop in the diagram would add steps for ever."""


def added_steps(
    session: Session,
    draft: Draft,
    setup: TrialSetup,
) -> dict[str, str]:
    """Id → name of the user tasks that the version it began from does not have."""
    before = elements_before(session, draft)
    after = setup.bundle.definition.elements
    return {
        key: element.name
        for key, element in after.items()
        if element.type == "userTask" and key not in before
    }


def follow(session: Session, draft: Draft) -> tuple[str, int]:
    """The procedure's scenarios with every added step done, where it is asked for, as some scenario of the
    file already does it.

    Returns the text and the number of steps put in; none where no scenario does the added step yet. Raises
    RuleViolated for a draft that cannot be played.
    """
    with request_work():
        return _followed(session, draft)


def _followed(session: Session, draft: Draft) -> tuple[str, int]:
    setup = TrialSetup(session, draft)
    added = added_steps(session, draft, setup)
    text = scenarios_of(session, draft)
    count = 0
    known = _done_already(text, draft.process_key, set(added.values()))
    number = 0
    tries = 0
    while True:
        scenarios = scenario_files.parse(
            text,
            say("情景"),
            draft.process_key,
        ).scenarios
        if number >= len(scenarios):
            return text, count
        if exhausted():
            raise TooMuchWork(
                [say("情景太多，一次补不完，请手工在情景里补上新步骤")],
            )
        row = None
        if tries < MOST:
            row = _missing(setup, scenarios[number], added, known)
        if row is None:
            number = number + 1
            tries = 0
            continue
        line, step = row
        text = _put(text, line, step)
        count = count + 1
        tries = tries + 1


def _done_already(text: str, process: str, names: set[str]) -> dict[str, Any]:
    """Name of an added step → what the first scenario that does it fills in."""
    result: dict[str, Any] = {}
    for scenario in scenario_files.parse(text, "情景", process).scenarios:
        for step in scenario.steps:
            if step.verb == "办理" and step.subject in names:
                result.setdefault(str(step.subject), step.details.get("填写"))
    return result


def _missing(
    setup: TrialSetup,
    scenario: scenario_files.Scenario,
    added: Mapping[str, str],
    known: Mapping[str, Any],
) -> tuple[int, dict[str, Any]] | None:
    """The line before which a step is missing, and that step. For example, the scenario fails in line 12
    because the added step 复核 is open: then 办理复核 goes before line 12. None where the scenario passes or
    fails for another reason."""
    play = ScenarioRun(
        MemoryBackend(setup.folder, setup.directory, {}),
        setup.directory,
        scenario,
    )
    with request_work(ONE_INSTANCE):
        failed = run(play)
    if failed is None or not play.instances:
        return None
    step = next(step for step in scenario.steps if step.line == failed[0])
    instance_id = (
        play.instances.get(step.instance_name)
        or list(play.instances.values())[-1]
    )
    for task in play.backend.offered(instance_id):
        name = added.get(task.element_id, "")
        if name in known and task.bodies:
            done = {"办理": name, "由": play.backend.body_name(task.bodies[0])}
            return failed[0], done | (
                {"填写": known[name]} if known[name] else {}
            ) | ({"事项": step.instance_name} if step.instance_name else {})
    return None


def _put(text: str, line: int, step: Mapping[str, Any]) -> str:
    lines = text.split("\n")
    there = lines[line - 1]
    margin = there[: len(there) - len(there.lstrip())]
    written = yaml.safe_dump(
        [dict(step)],
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=1000,
    )
    if written.startswith("- {"):
        block = yaml.safe_dump(
            [dict(step)],
            allow_unicode=True,
            sort_keys=False,
            width=1000,
        )
    else:
        block = written
    return "\n".join(
        [
            *lines[: line - 1],
            *indent(block.rstrip("\n"), margin).split("\n"),
            *lines[line - 1 :],
        ],
    )
