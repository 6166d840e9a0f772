"""What a scenario says must be so; what is not so raises Failed with what is so instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator.sentences import say
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.database_backend import DatabaseBackend
from orchestrator.services.simulation.scenario_files import ScenarioStep
from orchestrator.services.simulation.scenario_run import (
    Failed,
    ScenarioRun,
    listed,
)
from orchestrator.services.simulation.step_shapes import moment


def open_tasks(play: ScenarioRun, step: ScenarioStep) -> None:
    """Exactly these tasks are open; with `{任务: 机构}`, exactly for these bodies."""
    instance_id = play.instance_of(step)
    offered = play.backend.offered(instance_id)
    if isinstance(step.subject, Mapping):
        wanted = step.subject
    else:
        wanted = dict.fromkeys(listed(step.subject))
    expected = {play.element(instance_id, str(name)) for name in wanted}
    there = {offer.element_id for offer in offered}
    if expected != there:
        raise Failed(
            say(
                "待办应为 {listed}，实为 {actual}",
                listed="、".join(map(str, wanted)) or say("无"),
                actual="、".join(
                    play.called(instance_id, value) for value in sorted(there)
                )
                or say("无"),
            )
        )
    for name, bodies in wanted.items():
        if bodies is None:
            continue
        element_id = play.element(instance_id, str(name))
        asked = {
            play.backend.body_name(body)
            for offer in offered
            if offer.element_id == element_id
            for body in offer.bodies
        }
        if asked != set(listed(bodies)):
            for other in sorted({*listed(bodies)} - asked):
                play.directory.require_body(other)
            raise Failed(
                say(
                    "“{name}”应由{listed}办理，实为{actual}",
                    name=name,
                    listed="、".join(listed(bodies)),
                    actual="、".join(sorted(asked)),
                )
            )


def due(play: ScenarioRun, step: ScenarioStep) -> None:
    instance_id = play.instance_of(step)
    for name, given in step.subject.items():
        element_id = play.element(instance_id, str(name))
        dates = [
            offer.due_at
            for offer in play.backend.offered(instance_id)
            if offer.element_id == element_id
        ]
        wanted = moment(given)
        assert wanted is not None, "the file was read"
        # A limit until 24:00 ends with the last instant of 23:59, and is told and written so.
        shown = [day.replace(second=0, microsecond=0) for day in dates if day]
        if play.instant(wanted) not in (*dates, *shown):
            sentence = "、".join(
                play.told_instant(day) for day in dates
            ) or say("没有这项待办")
            raise Failed(
                say(
                    "“{name}”应于 {wanted:%Y-%m-%d %H:%M} 到期，实为 {told}",
                    name=name,
                    wanted=wanted,
                    told=sentence,
                )
            )


def ended(play: ScenarioRun, step: ScenarioStep) -> None:
    instance_id = play.instance_of(step)
    ended = play.backend.ended_as(instance_id)
    if ended is None:
        still = "、".join(
            play.called(instance_id, offer.element_id)
            for offer in play.backend.offered(instance_id)
        )
        raise Failed(
            say(
                "应已办结（{subject}），却仍有待办：{still}",
                subject=step.subject,
                still=still or say("无"),
            )
        )
    if ended != play.element(instance_id, step.subject):
        raise Failed(
            say(
                "应以“{subject}”办结，实为“{called}”",
                subject=step.subject,
                called=play.called(instance_id, ended),
            )
        )


def data(play: ScenarioRun, step: ScenarioStep) -> None:
    there = play.backend.variables(play.instance_of(step))
    for name, value in dict(step.subject).items():
        if there.get(name) != value:
            raise Failed(
                say(
                    "数据“{name}”应为 {value}，实为 {there}",
                    name=name,
                    value=value,
                    there=there.get(name),
                )
            )


def recorded(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    lines = office.record(play.instance_of(step))
    for text in listed(step.subject):
        if not any(
            reading in line
            for reading in vocabulary.readings(text)
            for line in lines
        ):
            raise Failed(say("记载中没有“{text}”", text=text))


def not_recorded(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    lines = office.record(play.instance_of(step))
    for text in listed(step.subject):
        value = next(
            (
                line
                for line in lines
                if any(
                    reading in line for reading in vocabulary.readings(text)
                )
            ),
            None,
        )
        if value is not None:
            raise Failed(
                say(
                    "记载中不应有“{text}”，却有：{found}",
                    text=text,
                    found=value,
                )
            )


def filed(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    there = [
        office.body_name(value)
        for value in office.filed_with(play.instance_of(step))
    ]
    if sorted(there) != sorted(listed(step.subject)):
        raise Failed(
            say(
                "应报 {listed} 备案，实报 {actual}",
                listed="、".join(listed(step.subject)) or say("无"),
                actual="、".join(there) or say("无"),
            )
        )


def on_list(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    for place, names in dict(step.subject).items():
        missing = set(listed(names)) - office.items_on(
            play.directory.place(str(place)).code
        )
        if missing:
            raise Failed(
                say(
                    "{place}的清单上没有 {listed}",
                    place=place,
                    listed="、".join(sorted(missing)),
                )
            )


def not_on_list(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    for place, names in dict(step.subject).items():
        there = set(listed(names)) & office.items_in_force(
            play.directory.place(str(place)).code
        )
        if there:
            raise Failed(
                say(
                    "{place}的清单上仍有 {listed}",
                    place=place,
                    listed="、".join(sorted(there)),
                )
            )


def grids(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    missing = set(listed(step.subject)) - office.grids()
    if missing:
        raise Failed(
            say("没有网格 {listed}", listed="、".join(sorted(missing)))
        )


def no_grids(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    there = set(listed(step.subject)) & office.grids()
    if there:
        raise Failed(say("仍有网格 {listed}", listed="、".join(sorted(there))))


def noticed(
    play: ScenarioRun, step: ScenarioStep, office: DatabaseBackend
) -> None:
    """`{公示标题中的文字: 应写有的文字}`."""
    for title, texts in dict(step.subject).items():
        bodies = [
            body for known, body in office.notices() if str(title) in known
        ]
        if not bodies:
            raise Failed(say("没有标题含“{title}”的公示", title=title))
        for text in listed(texts):
            if not any(text in body for body in bodies):
                raise Failed(
                    say(
                        "“{title}”的公示没有写“{text}”", title=title, text=text
                    )
                )


def on_database(
    look: Callable[[ScenarioRun, ScenarioStep, DatabaseBackend], None],
) -> Callable[[ScenarioRun, ScenarioStep], None]:
    """What is written in the registers can only be looked up where there are any."""

    def verb(play: ScenarioRun, step: ScenarioStep) -> None:
        if isinstance(play.backend, DatabaseBackend):
            look(play, step, play.backend)

    return verb
