"""What runs as drawn and was probably not meant: an answer that decides nothing, a timer that forgot the
limit, a step in another's lane."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import forms
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Element, timers
from orchestrator.engine.model import ALL_VARIABLES, Process, Scope
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.reaching import reaching
from orchestrator.services.deployments.profile_checks.readings import (
    Reading,
    attributes,
    conditions,
    names_in,
)
from orchestrator.services.deployments.profile_checks.refusals import REFUSALS
from orchestrator.services.execution import due_dates

_MOST_ANSWERS = 4
"""A choice among more is a classification, not a decision."""
_MINUTES = {"minutes": 1, "hours": 60, "days": 1440}
"""Of units of time that pass on every day."""
_DECIDING = ("scriptTask", "businessRuleTask")
"""What may work out of an answer what a gateway reads."""


def answer_unread(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A note: what is decided at a task is read at no gateway behind it, though the same answer is read
    elsewhere, or though it is one of yes or no that nothing reads at all: 不同意 goes on like 同意."""
    for process in deployed.processes.values():
        read = _read_after(deployed, process)
        anywhere = _read_anywhere(deployed, process)
        for task in process.elements.values():
            for field in _decisions(deployed, task):
                lost = field.key not in anywhere and _may_refuse(field)
                if lost or task.id not in read.get(field.key, {task.id}):
                    message = say(
                        "{named}的“{label}”没有网关读取，选{answers}都往下走。"
                        "请在它后面加网关，按“{label}”分开，或者从表单里删去这一项",
                        named=named(task),
                        label=field.label or field.key,
                        answers=_answers(field),
                    )
                    yield Finding(
                        "answer-unread",
                        task.id,
                        message,
                        "note",
                        process.resource,
                    )


def _read_anywhere(deployed: CheckedDeployment, process: Process) -> set[str]:
    """What the process's expressions, texts and scripts read, and what it hands over."""
    variables = deployed.variables
    names = {
        name
        for value in (
            *conditions(variables, process),
            *attributes(variables, process),
        )
        for name in names_in(value.text, value.script)
    }
    for element in process.elements.values():
        if element.type == "callActivity":
            names |= _handed_over(element, set(variables.known[process.id]))
    return names


def _may_refuse(field: forms.Field) -> bool:
    """Whether one of the answers says no to another."""
    return not field.approves and any(
        option.label.startswith(REFUSALS) for option in field.options
    )


def _answers(field: forms.Field) -> str:
    labels = [option.label for option in field.options]
    return joined(
        "、",
        [
            say("“{name}”", name=label)
            for label in labels or [say("是"), say("否")]
        ],
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
        if field.type == "checkbox" or 2 <= len(field.options) <= _MOST_ANSWERS
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
    decided |= _worked_out_of(deployed, process, readings, decided)
    for value in readings:
        for name in decided.intersection(names_in(value.text, value.script)):
            scope, node = places[value.element_id]
            setters = reaching(
                variables,
                process,
                scope,
                node,
                name,
            )
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
            setters = reaching(
                variables,
                process,
                scope,
                node,
                name,
            )
            result.setdefault(name, set()).update(
                setter.element_id for setter in setters
            )
    return result


def _worked_out_of(
    deployed: CheckedDeployment,
    process: Process,
    readings: Iterable[Reading],
    decided: set[str],
) -> set[str]:
    """What scripts and tables read to set what a flow's condition reads, at one or several removes."""
    elements = process.elements
    deciding = [
        (
            deployed.variables.set_at(process, elements[value.element_id]),
            names_in(value.text, value.script),
        )
        for value in readings
        if value.element_id in elements
        and elements[value.element_id].type in _DECIDING
    ]
    found = set(decided)
    while True:
        more = {
            name
            for sets, reads in deciding
            if found.intersection(sets)
            for name in reads
        }
        if more <= found:
            return found
        found |= more


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
    words = timers.limit(text)
    length = due_dates.length_of(profile, text)
    if length is None and words is not None:
        length = words.amount, words.unit, ""
    if length is None:
        return _of_iso(text.strip())
    amount, unit, until = length
    if unit in _MINUTES and not until:
        return amount * _MINUTES[unit], "minutes", ""
    return length


def _of_iso(text: str) -> object:
    """Minutes, where the text says no months or years; else the text itself, or None where it is none."""
    if not text.startswith("P"):
        return None
    try:
        begin = datetime(2027, 1, 1, tzinfo=UTC)
        length = timers.add_duration(begin, text, "UTC") - begin
    except ValueError:
        return text
    if "Y" in text or "M" in text.partition("T")[0]:
        return text
    return length / timedelta(minutes=1), "minutes", ""


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
            namesake = _named_after_another(deployed, task, roles[task.id])
            if namesake and not any(roles[task.id] & own for own in beside):
                yield _in_lane_of(deployed, process, task, roles[task.id])
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


def _in_lane_of(
    deployed: CheckedDeployment,
    process: Process,
    task: Element,
    own: frozenset[str],
) -> Finding:
    message = say(
        "{task}画在泳道“{lane}”里，却由{own}办理。请移到它自己的泳道，或改办理机构",
        task=named(task),
        lane=task.lane,
        own=_names_of(deployed, own),
    )
    return Finding(
        "lane-of-another",
        task.id,
        message,
        "note",
        process.resource,
    )


def _named_after_another(
    deployed: CheckedDeployment, task: Element, own: frozenset[str]
) -> bool:
    """Whether the lane has the whole name of a role that is none of the task's."""
    return any(
        role.name == task.lane and key not in own
        for key, role in deployed.profile.roles.items()
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
