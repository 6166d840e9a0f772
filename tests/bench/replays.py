"""Back-tests by the hundred: `python -m tests.bench.replays --seed 7 --examples 150`, of each kind as many.

Each is a random process, published in a small city and played by its people to an end; then its unchanged
draft is held against what happened. Every instance must go the same way again. What differs is printed with
the diagram, and so is how many were refused at publishing or came to no end.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from orchestrator.errors import DeploymentRefused, RuleViolated
from orchestrator.handlers import TOPICS
from orchestrator.services import deployments, designing
from orchestrator.services.clocks import timers
from orchestrator.services.designing import backtests
from orchestrator.services.installation import database
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.bench.walks import KINDS
from tests.engine.walks import domain
from tests.services.world import (
    CITY,
    TENANT,
    World,
    make_app,
    settings_for,
    settle_city,
)

MOST_STEPS = 40
HANDLED = {"errand.record": lambda _context: {"record_no": 1}}
ASKED = re.compile('candidateGroups="(?:o|office)@county"')
EVENTS = re.compile(
    r"<(?:boundaryEvent|intermediateCatchEvent|startEvent)\b[^>/]*>"
)
Resources = Mapping[str, bytes]


def form(values: Mapping[str, list[Any]]) -> bytes:
    """A form that asks for each of the variables."""
    kinds = {bool: "checkbox", int: "number", str: "textfield"}
    fields = [
        {"type": kinds[type(options[-1])], "key": name, "label": name}
        for name, options in values.items()
        if type(options[-1]) in kinds
    ]
    return json.dumps(
        {"id": "answers", "type": "default", "components": fields}
    ).encode()


def publish(world: World, resources: Resources) -> dict[str, list[Any]]:
    """Puts the process beside the city's; returns its variables with values worth trying. Raises
    RuleViolated."""
    values = domain(resources)
    files = {path.name: path.read_bytes() for path in sorted(CITY.iterdir())}
    for name, content in resources.items():
        text = ASKED.sub(
            'candidateGroups="grid-office@county"', content.decode()
        )
        text = text.replace('"a.b"', '"errand.record"').replace(
            "<userTask ", '<userTask camunda:formKey="answers" '
        )
        starts = 'camunda:candidateStarterGroups="department@county"'
        text = text.replace('<process id="p" ', f'<process id="p" {starts} ')
        text = EVENTS.sub(
            r"\g<0><documentation>依据：默认</documentation>", text
        )
        if name == "p.bpmn":
            asked = '<startEvent camunda:formKey="answers" '
            text = text.replace("<startEvent ", asked, 1)
        files[name] = text.encode()
    files["answers.form"] = form(values)
    deployments.deploy(files, TENANT, None, world.now)
    return values


def play(
    world: World, values: Mapping[str, list[Any]], rng: random.Random
) -> str:
    """An instance in which people and the clock have done what was to be done; its id."""

    def given() -> dict[str, Any]:
        return {name: rng.choice(options) for name, options in values.items()}

    world.later(minutes=1)
    # No two instances end at one moment: the last one is this one.
    instance = world.start("p", **given())
    for _step in range(MOST_STEPS):
        if world.instance(instance).state != "active":
            break
        world.later(minutes=7)
        tasks = world.tasks(instance)
        due = world.timers(instance, "planned")
        if tasks and (not due or rng.random() < 0.8):
            world.complete(rng.choice(tasks).id, "wang", **given())
        elif due:
            world.now = max(world.now, min(row.due_at for row in due))
            timers.fire_due(world.now)
        else:
            break
    return instance


def held_against(world: World) -> str:
    """What the unchanged draft makes of the last instance: same, different or unknown, with why."""
    by = world.person("wang")
    draft = designing.open_draft(TENANT, "p", by, world.now)
    with transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        (one,) = backtests.backtest(session, row, 1)
    designing.discard(draft, by, world.now)
    return "：".join((one.verdict, *one.told))


def replay(world: World, resources: Resources, rng: random.Random) -> str:
    """`refused`, `running`, or what the back-test says."""
    try:
        values = publish(world, resources)
        instance = play(world, values, rng)
    except (DeploymentRefused, RuleViolated):
        return "refused"
    if world.instance(instance).state != "completed":
        return "running"
    return held_against(world)


def run(world: World, kind: str, number: int, first: int) -> Counter[str]:
    """How many came out how. Prints each that did not go the same way."""
    outcomes: Counter[str] = Counter()

    @seed(first)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind], st.integers(0, 2**32))
    def go(resources: Resources, chance: int) -> None:
        outcome = replay(world, resources, random.Random(chance))
        outcomes[outcome.partition("：")[0]] += 1
        if outcome not in ("same", "refused", "running"):
            print(outcome, *(each.decode() for each in resources.values()))

    go()
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=150)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=[*KINDS])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/replays.db"
        app = make_app(settings_for(url, Path(folder)))
        with app.app_context(), patch.dict(TOPICS, HANDLED):
            database.upgrade()
            settle_city()
            world = World(app)
            for kind in options.only:
                outcomes = run(world, kind, options.examples, options.seed)
                print(kind, dict(outcomes), flush=True)


if __name__ == "__main__":
    main()
