"""What people and the clock do in a scenario."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from orchestrator.errors import GridflowError
from orchestrator.sentences import say
from orchestrator.services import deployments
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.database_backend import DatabaseBackend
from orchestrator.services.simulation.memory_backend import MemoryBackend
from orchestrator.services.simulation.scenario_files import ScenarioStep
from orchestrator.services.simulation.scenario_run import (
    Failed,
    ScenarioRun,
    reasons_of,
)
from orchestrator.services.simulation.step_shapes import moment, span

MINUTE = timedelta(minutes=1)


def start(play: ScenarioRun, step: ScenarioStep) -> None:
    """A person starts the procedure with its form."""
    about = None
    if step.details.get("关于"):
        about = play.instances.get(str(step.details.get("关于") or ""))
    if step.details.get("关于") and about is None:
        raise Failed(
            say(
                "此前没有称为“{details}”的事项",
                details=step.details["关于"],
            ),
        )
    process = process_called(play, str(step.subject or play.scenario.process))

    failing = {
        vocabulary.element(
            play.backend.definition(process), str(name)
        ).id: str(
            code,
        )
        for name, code in dict(step.details.get("出错") or {}).items()
    }

    def act() -> None:
        if isinstance(play.backend, MemoryBackend):
            play.backend.let_next_fail(failing)
        name = str(
            step.details.get("称为") or f"第{len(play.instances) + 1}件"
        )
        play.instances[name] = play.backend.start(
            process,
            play.person(step),
            play.filled(step),
            about,
        )

    accepted(play, step, act)


def process_called(play: ScenarioRun, name: str) -> str:
    keys = deployments.process_keys(play.directory.folder.resources)
    for reading in vocabulary.readings(name):
        for key in keys:
            if reading in (key, play.backend.definition(key).name):
                return key
    raise Failed(say("没有叫“{name}”的流程", name=name))


def complete(play: ScenarioRun, step: ScenarioStep) -> None:
    instance_id = play.instance_of(step)
    by = play.person(step)
    element_id = play.element(instance_id, step.subject)
    offered = [
        offer
        for offer in play.backend.offered(instance_id)
        if offer.element_id == element_id
    ]
    mine = [
        offer
        for offer in offered
        if play.backend.body_name(by.body.id)
        in map(play.backend.body_name, offer.bodies)
    ]
    if not mine:
        now_open = "、".join(
            play.called(instance_id, offer.element_id)
            for offer in play.backend.offered(instance_id)
        ) or say("没有待办")
        asked = "、".join(
            play.backend.body_name(body)
            for offer in offered
            for body in offer.bodies
        )
        raise Failed(
            say(
                "“{subject}”应由{asked}办理，不是{name}",
                subject=step.subject,
                asked=asked,
                name=by.body.name,
            )
            if offered
            else say(
                "此时没有“{subject}”，有的是：{now_open}",
                subject=step.subject,
                now_open=now_open,
            ),
        )
    accepted(
        play,
        step,
        lambda: play.backend.complete(mine[0], by, play.filled(step)),
    )


def urge(play: ScenarioRun, step: ScenarioStep) -> None:
    accepted(
        play,
        step,
        lambda: play.backend.urge(
            play.instance_of(step),
            play.person(step),
            str(step.subject or ""),
        ),
    )


def merge(play: ScenarioRun, step: ScenarioStep) -> None:
    into = play.instances.get(str(step.details.get("并入") or ""))
    if into is None:
        raise Failed(
            say(
                "此前没有称为“{details}”的事项",
                details=step.details.get("并入"),
            ),
        )
    accepted(
        play,
        step,
        lambda: play.backend.merge(
            play.instance_of(step),
            into,
            play.person(step),
            str(step.subject),
        ),
    )


def void(play: ScenarioRun, step: ScenarioStep) -> None:
    accepted(
        play,
        step,
        lambda: play.backend.void(
            play.instance_of(step),
            play.person(step),
            str(step.subject),
        ),
    )


def accepted(
    play: ScenarioRun,
    step: ScenarioStep,
    act: Callable[[], None],
) -> None:
    """Does it; where the scenario says that it is refused, it must be, for the reason given."""
    expected = step.details.get("被拒")
    kept = play.backend.remembered()
    before = dict(play.instances)
    try:
        act()
    except GridflowError as refused:
        if expected is None:
            raise
        if not any(
            reading in reasons_of(refused)
            for reading in vocabulary.readings(str(expected))
        ):
            raise Failed(
                say(
                    "拒绝的理由应含“{expected}”，实为“{reasons_of}”",
                    expected=expected,
                    reasons_of=reasons_of(refused),
                ),
            ) from refused
        return
    if expected is None:
        return
    if isinstance(play.backend, DatabaseBackend):
        raise Failed(
            say("应被拒绝（{expected}），却被接受了", expected=expected),
        )
    # What only a register refuses passes on paper: it is taken back there, and the office must refuse it.
    play.backend.restore(kept)
    play.instances = before


def expire(play: ScenarioRun, step: ScenarioStep) -> None:
    """A minute before its time the timer has not fired; a minute after it, it has."""
    instance_id = play.instance_of(step)
    element_id = play.element(instance_id, step.subject)
    clock = next(
        (
            clock
            for clock in play.backend.clocks(instance_id)
            if clock.element_id == element_id
        ),
        None,
    )
    if clock is None:
        raise Failed(
            say("此时没有“{subject}”这个时限在走", subject=step.subject),
        )
    play.backend.fire(clock.due_at - MINUTE)
    if clock.id not in [
        clock.id for clock in play.backend.clocks(instance_id)
    ]:
        raise Failed(
            say(
                "“{subject}”早于 {told_instant} 就触发了",
                subject=step.subject,
                told_instant=play.told_instant(clock.due_at),
            ),
        )
    play.backend.fire(clock.due_at + MINUTE)
    if clock.id in [clock.id for clock in play.backend.clocks(instance_id)]:
        raise Failed(
            say(
                "过了 {told_instant}，“{subject}”仍未触发",
                told_instant=play.told_instant(clock.due_at),
                subject=step.subject,
            ),
        )


def fails(play: ScenarioRun, step: ScenarioStep) -> None:
    """On paper nobody finds out that a register has changed: the scenario says which automatic step will
    report what error next."""
    instance_id = play.instance_of(step)
    if isinstance(play.backend, DatabaseBackend):
        return
    for name, code in dict(step.subject).items():
        play.backend.let_fail(
            instance_id, play.element(instance_id, str(name)), str(code)
        )


def let_pass(play: ScenarioRun, step: ScenarioStep) -> None:
    length = span(step.subject)
    assert length is not None, "the file was read"
    reach(play, play.backend.now + length)


def move(play: ScenarioRun, step: ScenarioStep) -> None:
    until = moment(step.subject)
    assert until is not None, "the file was read"
    reach(play, play.instant(until))


def reach(play: ScenarioRun, until: datetime) -> None:
    """Timers fire one after the other on the way, each when it is due."""
    if until < play.backend.now:
        raise Failed(
            say(
                "时间不能倒回到 {told_instant}，现在是 {now}",
                told_instant=play.told_instant(until),
                now=play.told_instant(play.backend.now),
            ),
        )
    while due := [
        clock for clock in play.backend.clocks() if clock.due_at <= until
    ]:
        play.backend.fire(max(due[0].due_at, play.backend.now))
    play.backend.fire(until)
