"""What runs as drawn and was probably not meant: an answer that decides nothing, a timer that forgot the
limit, a step in another's lane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import forms
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Element
from orchestrator.engine.model import ALL_VARIABLES, Process, Scope
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.reaching import reaching
from orchestrator.services.deployments.profile_checks.readings import (
    attributes,
    conditions,
    names_in,
)
from orchestrator.services.execution import due_dates

_MOST_ANSWERS = 4
"""A choice among more is a classification, not a decision."""


def answer_unread(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A note: what is decided at a task is read at no gateway behind it, though the same answer is read
    elsewhere: 不同意 goes on like 同意."""
    for process in deployed.processes.values():
        read = _read_after(deployed, process)
        for task in process.elements.values():
            for field in _decisions(deployed, task):
                if field.key in read and task.id not in read[field.key]:
                    message = say(
                        "{named}的“{label}”没有网关读取，选{answers}都往下走。"
                        "请在它后面加网关，按“{label}”分开，或者从表单里删去这一项",
                        named=named(task),
                        label=field.label or field.key,
                        answers=joined(
                            "、",
                            [
                                say("“{name}”", name=option.label)
                                for option in field.options
                            ],
                        ),
                    )
                    yield Finding(
                        "answer-unread",
                        task.id,
                        message,
                        "note",
                        process.resource,
                    )


def _decisions(
    deployed: CheckedDeployment,
    task: Element,
) -> list[forms.Field]:
    form = deployed.forms.get(task.form_key or "")
    if task.type != "userTask" or form is None or task.multi is not None:
        return []
    return [
        field
        for field in form.inputs()
        if 2 <= len(field.options) <= _MOST_ANSWERS
    ]


def _read_after(
    deployed: CheckedDeployment,
    process: Process,
) -> Mapping[str, set[str]]:
    """Variable that a flow's condition reads → the elements whose values some reading may meet."""
    variables = deployed.variables
    result = dict[str, set[str]]()
    flows = {
        flow.id: (scope, flow.source)
        for scope in process.scopes.values()
        for flow in scope.flows
    }
    places: dict[str, tuple[Scope, str]] = {
        **flows,
        **{
            id_: (scope, id_)
            for scope in process.scopes.values()
            for id_ in scope.elements
        },
    }
    readings = [
        *conditions(variables, process),
        *attributes(variables, process),
    ]
    decided = {
        name
        for value in readings
        if value.element_id in flows
        for name in names_in(value.text, value.script)
    }
    for value in readings:
        for name in decided.intersection(names_in(value.text, value.script)):
            scope, node = places[value.element_id]
            setters = reaching(variables, process, scope, node, name)
            result.setdefault(name, set()).update(
                setter.element_id for setter in setters
            )
    for call in (
        element
        for element in process.elements.values()
        if element.type == "callActivity"
    ):
        scope, node = places[call.id]
        for name in _handed_over(call, decided):
            setters = reaching(variables, process, scope, node, name)
            result.setdefault(name, set()).update(
                setter.element_id for setter in setters
            )
    return result


def _handed_over(call: Element, names: set[str]) -> set[str]:
    """Which of these variables the called process may read."""
    sources = {source for _target, source, _is_expression in call.call_inputs}
    everything = not call.call_inputs or ALL_VARIABLES in sources
    if everything:
        return names
    return names & sources


def timer_beside_limit(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A note: a task has a limit and timers at its border, and none of them goes off when the limit is
    over."""
    for process in deployed.processes.values():
        for task in process.elements.values():
            profile = deployed.profile
            limit = _wait(profile, task.due or "")
            timers = [
                element
                for element in process.elements.values()
                if element.attached_to == task.id
            ]
            waits = {
                timer.id: _wait(profile, _duration(timer)) for timer in timers
            }
            known = [wait for wait in waits.values() if wait is not None]
            if (
                limit is None
                or not known
                or limit in known
                or len(known) < len(timers)
            ):
                continue
            timer = next(
                (
                    timer
                    for timer in timers
                    if not _reminds(timer, waits[timer.id], limit)
                ),
                None,
            )
            if timer is None:
                continue
            message = say(
                "{task}的办理时限是{limit}，{timer}却定在{wait}。改过时限的，请一并改定时器",
                task=named(task),
                limit=due_dates.label_of(profile, task.due or ""),
                timer=named(timer),
                wait=due_dates.label_of(profile, _duration(timer)),
            )
            yield Finding(
                "timer-beside-limit",
                timer.id,
                message,
                "note",
                process.resource,
            )


def _wait(profile: Jurisdiction, text: str) -> object:
    """What two texts of the same length of time have in common; None for a text that is no such length."""
    iso = None
    if text.strip().startswith("P"):
        iso = text.strip()
    return due_dates.length_of(profile, text) or iso


def _reminds(timer: Element, wait: object, limit: object) -> bool:
    """Whether the timer goes off before the limit and takes nothing away."""
    if (
        timer.interrupting
        or not isinstance(wait, tuple)
        or not isinstance(limit, tuple)
    ):
        return False
    return bool(wait[1] == limit[1] and wait[0] < limit[0])


def _duration(timer: Element) -> str:
    kind, text = (timer.event.timer if timer.event else None) or ("", "")
    if kind == "timeDuration":
        return text
    return ""


def lane_of_another(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A note: all other tasks of a lane are one role's, and this one is another's.

    Bodies that an expression gives, and the level of a role, say nothing about a lane.
    """
    for process in deployed.processes.values():
        tasks = [
            element
            for element in process.elements.values()
            if element.type == "userTask" and element.lane
        ]
        roles = {task.id: _roles(task) for task in tasks}
        for task in (task for task in tasks if roles[task.id]):
            others = [
                element
                for element in tasks
                if element.lane == task.lane
                and element.id != task.id
                and roles[element.id]
            ]
            beside = {roles[element.id] for element in others}
            # Of two steps nobody could say which is the stranger, unless the lane has the name of one, or one
            # has a lane itself.
            at_home = _lane_is_named_after(deployed, task, roles[task.id])
            stranger = (
                len(others) > 1
                or _has_lane(task, tasks, roles)
                or any(
                    _lane_is_named_after(deployed, element, roles[element.id])
                    for element in others
                )
            )
            if at_home:
                continue
            if len(beside) == 1 and roles[task.id] not in beside and stranger:
                message = say(
                    "{task}画在泳道“{lane}”里，这条泳道的其他步骤由{others}办理，这一步由{own}办理。"
                    "请移到它自己的泳道，或改办理机构",
                    task=named(task),
                    lane=task.lane,
                    others=_names_of(deployed, next(iter(beside))),
                    own=_names_of(deployed, roles[task.id]),
                )
                yield Finding(
                    "lane-of-another",
                    task.id,
                    message,
                    "note",
                    process.resource,
                )


def _lane_is_named_after(
    deployed: CheckedDeployment,
    task: Element,
    roles: frozenset[str],
) -> bool:
    """Whether the lane of the task has the name of who does it."""
    known = deployed.profile.roles
    names = [known[role].name for role in roles if role in known]
    return any(name in (task.lane or "") for name in names)


def _has_lane(
    task: Element,
    tasks: list[Element],
    roles: Mapping[str, frozenset[str]],
) -> bool:
    """Whether another lane has a step of the same role."""
    return any(
        roles[element.id] == roles[task.id] and element.lane != task.lane
        for element in tasks
    )


def _roles(task: Element) -> frozenset[str]:
    groups = [
        value.strip() for value in (task.candidate_groups or "").split(",")
    ]
    if any("${" in group for group in groups):
        return frozenset()
    return frozenset(group.partition("@")[0] for group in groups if group)


def _names_of(deployed: CheckedDeployment, roles: frozenset[str]) -> str:
    known = deployed.profile.roles
    return joined(
        "、",
        [
            say("“{name}”", name=known[role].name if role in known else role)
            for role in sorted(roles)
        ],
    )
