"""The engine alone, without a database: ms a command on the case diagram, flat with history or not, wide and
long diagrams.

`python -m tests.bench.engine` prints a table; every figure is the processor time of load, run and dump
together.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestrator.engine import advance, load_definition
from orchestrator.engine import commands as c
from tests.engine.diagrams import END, START, document, flow, gateway, user

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
ENVIRONMENT = c.Environment(
    deadline=lambda _name, start: start + timedelta(days=3)
)
BPMN = Path(__file__).parents[2] / "bpmn"
FIRST = {
    "disposal": "report",
    "priority": "normal",
    "verdict": "",
    "handled_by": "department",
    "handling_level": "township",
    "lead_again": False,
}
NAMES = {"case_title": "路灯", "initiator_body": "grid@grid"}
ANSWERS = {
    "triage_township": {
        "decision": "assign",
        "lead_department": "甲",
        "assisting_departments": ["乙", "丙"],
    },
    "sign_case": {"decision": "sign"},
    "verify_on_site": {"verdict": "rework"},
}
STAGES = {
    "fresh": (0, 5),
    "after 10 rounds": (10, 15),
    "after 100 rounds": (100, 110),
    "after 1,000 rounds": (1_000, 1_010),
}
MANY = (
    '<userTask id="a" name="a" camunda:candidateGroups="x"><multiInstanceLoopCharacteristics '
    'camunda:collection="items" '
    'camunda:elementVariable="item"/></userTask>'
)


def measure() -> Iterator[tuple[str, float, str]]:
    """Every figure, in the order of the table."""
    resources = {
        path.name: path.read_bytes()
        for part in ("shared", "zhenjiang")
        for path in (BPMN / part).glob("*.bpmn")
    }
    begin = time.thread_time()
    definition = load_definition(resources, "case_handling")
    yield (
        "definition",
        1e3 * (time.thread_time() - begin),
        "ms to read the case process with its neighbours, once a version",
    )
    _play(definition, 20)
    times, sizes = _play(definition, 1_011)
    for stage, spent in times.items():
        yield (
            stage,
            statistics.fmean(spent),
            f"ms a command, mean of {len(spent)}; median {statistics.median(spent):.3f}",
        )
    yield (
        "round 1,000 to round 1",
        statistics.fmean(times["after 1,000 rounds"])
        / statistics.fmean(times["fresh"]),
        "goal ≤ 1.2",
    )
    yield (
        "bytes of round 1,000 to 1",
        sizes["after 1,000 rounds"] / sizes["fresh"],
        f"of {sizes['fresh']} B",
    )
    yield "one of 200 instances", _wide(200), "ms to complete it, median"
    yield "120 diamonds in a row", _long(120), "ms to start"


def _play(
    definition: Any, rounds: int
) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Plays a case through `rounds` of rework → stage: times of its commands in ms, and the size of its
    state."""
    opened: dict[str, str] = {}
    asked: list[str] = []
    times: dict[str, list[float]] = {stage: [] for stage in STAGES}
    sizes: dict[str, int] = {}
    state, command, done = None, c.StartProcessInstance({**FIRST, **NAMES}), -1
    while done < rounds:
        begin = time.thread_time_ns()
        outcome = advance(definition, state, command, NOW, ENVIRONMENT)
        spent = (time.thread_time_ns() - begin) / 1e6
        state = outcome.state
        for stage, (first, last) in STAGES.items():
            if first <= done < last:
                times[stage].append(spent)
                sizes.setdefault(stage, len(state))
        for effect in outcome.effects:
            if isinstance(effect, c.UserTaskOpened):
                opened[effect.task_id] = effect.element_id
            elif isinstance(effect, c.UserTaskClosed):
                opened.pop(effect.task_id, None)
            elif isinstance(effect, c.ExternalTaskWanted):
                asked.append(effect.task_id)
        if asked:
            command = c.CompleteExternalTask(asked.pop(), {})
        else:
            task, element = next(iter(opened.items()))
            done += element == "verify_on_site"
            command = c.CompleteUserTask(task, ANSWERS.get(element, {}))
    return times, sizes


def _wide(number: int) -> float:
    definition = load_definition(
        {"p.bpmn": document(START + END + MANY + flow("start", "a", "end"))},
        "p",
    )
    outcome = advance(
        definition,
        None,
        c.StartProcessInstance({"items": list(range(number))}),
        NOW,
    )
    spent = []
    for task in [
        effect.task_id
        for effect in outcome.effects
        if isinstance(effect, c.UserTaskOpened)
    ]:
        begin = time.thread_time()
        outcome = advance(
            definition, outcome.state, c.CompleteUserTask(task), NOW
        )
        spent.append(1e3 * (time.thread_time() - begin))
    return statistics.median(spent)


def _long(number: int) -> float:
    body, last = START + END, "start"
    for each in range(number):
        body += gateway("parallel", f"g{each}", f"j{each}") + user(
            f"a{each}", f"b{each}"
        )
        body += flow(last, f"g{each}", f"a{each}", f"j{each}") + flow(
            f"g{each}", f"b{each}", f"j{each}"
        )
        last = f"j{each}"
    definition = load_definition(
        {"p.bpmn": document(body + flow(last, "end"))}, "p"
    )
    begin = time.thread_time()
    advance(definition, None, c.StartProcessInstance(), NOW)
    return 1e3 * (time.thread_time() - begin)


if __name__ == "__main__":
    for name, value, words in measure():
        print(f"{name:<28}{value:>12,.3f}  {words}", flush=True)
