"""What events and administrators do in a scenario: messages, signals, starts by an event, a step triggered, a
flow chosen, a deadline suspended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator import engine
from orchestrator.engine import Definition, EngineError
from orchestrator.engine.nameless import label
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.simulation import scenario_steps, vocabulary
from orchestrator.services.simulation.backend import Offered
from orchestrator.services.simulation.scenario_files import ScenarioStep
from orchestrator.services.simulation.scenario_run import Failed, ScenarioRun
from orchestrator.services.simulation.scenario_steps import (
    accepted,
    process_called,
)
from orchestrator.services.simulation.step_shapes import moment


def start(play: ScenarioRun, step: ScenarioStep) -> None:
    """Starts the procedure: a person with its form, or the event that the step names."""
    if "事件" in step.details:
        start_by_event(play, step)
    else:
        scenario_steps.start(play, step)


def start_by_event(play: ScenarioRun, step: ScenarioStep) -> None:
    """Starts the procedure at the start event that the step names, as its trigger does."""
    process = process_called(play, str(step.subject or play.scenario.process))
    definition = play.backend.definition(process)
    start = vocabulary.element(definition, str(step.details["事件"]))
    if start not in definition.triggered_starts:
        raise Failed(
            say("“{name}”不是由事件触发的开始", name=step.details["事件"])
        )
    values = _values(step)

    def act() -> None:
        _require_condition(play, definition, start, values)
        play.backend.begin(process, start.id, values)

    _naming_new(play, step, act)


def message(play: ScenarioRun, step: ScenarioStep) -> None:
    correlation = step.details.get("关联")
    if correlation is None:
        key = None
    else:
        key = str(correlation)

    def act() -> None:
        if not play.backend.message(str(step.subject), key, _values(step)):
            raise RuleViolated([_unheard(str(step.subject), key)])

    _naming_new(play, step, act)


def _unheard(name: str, key: str | None) -> str:
    if key is None:
        return say("没有事项在等待消息“{name}”，也没有流程由它开始", name=name)
    return say(
        "没有事项在等待消息“{name}”（关联“{key}”），也没有流程由它开始",
        name=name,
        key=key,
    )


def signal(play: ScenarioRun, step: ScenarioStep) -> None:
    """A signal that nobody hears is no fault."""
    _naming_new(play, step, lambda: _sent(play, step))


def _sent(play: ScenarioRun, step: ScenarioStep) -> None:
    play.backend.signal(str(step.subject), _values(step))


def trigger(play: ScenarioRun, step: ScenarioStep) -> None:
    instance_id = play.instance_of(step)
    element_id = play.element(instance_id, step.subject)
    reason = str(step.details.get("理由") or "")
    accepted(
        play,
        step,
        lambda: play.backend.trigger(
            instance_id,
            element_id,
            play.person(step),
            reason,
            _values(step),
        ),
    )


def choose_flow(play: ScenarioRun, step: ScenarioStep) -> None:
    instance_id = play.instance_of(step)
    ((name, wanted),) = dict(step.subject).items()
    element_id = play.element(instance_id, str(name))
    flow_id = _flow(
        play.backend.definition(play.backend.process_of(instance_id)),
        element_id,
        str(wanted),
    )
    reason = str(step.details.get("理由") or "")
    accepted(
        play,
        step,
        lambda: play.backend.choose_flow(
            instance_id,
            element_id,
            flow_id,
            play.person(step),
            reason,
        ),
    )
    play.backend.fire(play.backend.now)


def claim(play: ScenarioRun, step: ScenarioStep) -> None:
    """A person takes the task for himself."""
    task = _task(play, step)
    accepted(play, step, lambda: play.backend.claim(task, play.person(step)))


def suspend(play: ScenarioRun, step: ScenarioStep) -> None:
    review = moment(step.details.get("复查"))
    if review is None:
        raise Failed(say("没有写“复查”的日期"))
    task = _task(play, step)
    reason = str(step.details.get("理由") or "")
    review_at = play.instant(review)
    accepted(
        play,
        step,
        lambda: play.backend.suspend(
            task, play.person(step), reason, review_at
        ),
    )


def resume(play: ScenarioRun, step: ScenarioStep) -> None:
    task = _task(play, step)
    accepted(play, step, lambda: play.backend.resume(task, play.person(step)))


def _task(play: ScenarioRun, step: ScenarioStep) -> Offered:
    instance_id = play.instance_of(step)
    element_id = play.element(instance_id, step.subject)
    offers = [
        offer
        for offer in play.backend.offered(instance_id)
        if offer.element_id == element_id
    ]
    if not offers:
        raise Failed(say("此时没有“{name}”", name=step.subject))
    return offers[0]


def _values(step: ScenarioStep) -> dict[str, Any]:
    given: Mapping[str, Any] = step.details.get("数据") or {}
    return dict(given)


def _naming_new(
    play: ScenarioRun, step: ScenarioStep, act: Callable[[], None]
) -> None:
    """Does it; what it starts is called as the step says."""
    before = set(play.backend.instances())
    accepted(play, step, act)
    begun = [
        value for value in play.backend.instances() if value not in before
    ]
    called = step.details.get("称为")
    if called and not begun and not step.details.get("被拒"):
        raise Failed(say("没有开始可以称为“{called}”的事项", called=called))
    for number, value in enumerate(begun):
        if called and number == 0:
            name = str(called)
        else:
            name = f"第{len(play.instances) + 1}件"
        play.instances[name] = value


def _require_condition(
    play: ScenarioRun,
    definition: Definition,
    start: engine.Element,
    values: Mapping[str, Any],
) -> None:
    if all(event.kind != "conditional" for event in start.events):
        return
    try:
        holds = engine.start_condition_holds(
            definition,
            start.id,
            values,
            play.backend.now,
            engine.Environment(play.directory.folder.profile.timezone),
        )
    except EngineError as failure:
        raise RuleViolated([failure.message]) from failure
    if not holds:
        raise RuleViolated([say("“{name}”的条件不成立", name=label(start))])


def _flow(definition: Definition, element_id: str, wanted: str) -> str:
    """The flow out of the element that has this id or name or leads to the step of this id or name."""
    results = []
    for flow_id in definition.elements[element_id].outgoing:
        flow = definition.flows[flow_id]
        target = definition.elements[flow.target]
        if wanted in (flow_id, flow.name, target.id, target.name):
            results.append(flow_id)
    if len(results) != 1:
        if results:
            raise Failed(
                say(
                    "从这里出去的流转线不止一条叫“{wanted}”或通向它，请写编号",
                    wanted=wanted,
                )
            )
        raise Failed(
            say(
                "从这里出去的流转线没有一条叫“{wanted}”或通向它",
                wanted=wanted,
            )
        )
    return results[0]
