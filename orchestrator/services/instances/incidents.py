"""Incidents: retried when the cause is gone, sent on by a flow or back to a step that an administrator
chooses, or resolved with a remark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine import EngineError, UnknownTask
from orchestrator.engine import commands as c
from orchestrator.engine.nameless import label
from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import (
    CLOCK,
    Actor,
    LockedInstance,
)
from orchestrator.services.execution.persistence import task_bodies
from orchestrator.services.instances import stranded_tasks
from orchestrator.store import archives
from orchestrator.store.incidents import NOT_ENDED, Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


def retry(incident_id: str, by: int, now: datetime) -> None:
    """Tries again what failed: the handler, the timer, the event, or the look-up of a body. A new failure
    leaves a new incident.

    Raises NotFound when there is no such open incident, InstanceChanged when the instance is past it,
    RuleViolated when there is nothing to retry or the cause still stands.
    """
    with transaction() as session:
        incident, instance = _locked(session, incident_id, by, now)
        instance.remember(
            "incident-retried", incident.element_id, incident=incident.kind
        )
        _settle(incident, by, now)
        session.flush()
        _try_again(instance, incident, now)


NO_FLOW = "no-flow-taken"
"""Kind of the incident that ends when somebody says which flow to take."""


def choose_flow(
    incident_id: str, flow_id: str, remark: str, by: int, now: datetime
) -> bool:
    """Sends the instance on by one of the flows among which no condition was true, this once, with the reason
    on the record.

    True when what had failed was done again at once; False when a person has to submit his task again. Raises
    as `retry`, and RuleViolated for a flow that does not leave the element.
    """
    with transaction() as session:
        incident, instance = _locked(session, incident_id, by, now)
        ways = dict(flows_to_choose(instance.bundle, incident))
        if flow_id not in ways:
            raise RuleViolated([say("请从列出的出线中选择一条")])
        instance.remember(
            "flow-chosen",
            incident.element_id,
            flow=flow_id,
            to=ways[flow_id],
            reason=remark,
        )
        _settle(incident, by, now)
        session.flush()
        persistence.carry_out(
            instance, c.ChooseFlow(incident.element_id or "", flow_id)
        )
        if incident.details.get("command") == "complete-user-task":
            return False
        _try_again(instance, incident, now)
        return True


def flows_to_choose(
    bundle: Bundle, incident: Incident
) -> list[tuple[str, str]]:
    """(flow, what a person calls it) of each flow that may be chosen to end this incident; empty where none
    is to be chosen."""
    definition = bundle.definition
    element = None
    if incident.kind == NO_FLOW:
        element = definition.elements.get(incident.element_id or "")
    flows = []
    for flow_id in element.outgoing if element is not None else ():
        flow = definition.flows[flow_id]
        target = definition.elements[flow.target]
        flows.append(
            (
                flow_id,
                " → ".join(filter(None, (flow.name, label(target)))),
            )
        )
    return flows


def choices(
    session: Session, incidents: Sequence[Incident]
) -> dict[str, list[tuple[str, str]]]:
    """Incident → `flows_to_choose`, of those that have any."""
    stuck = {
        incident.id: incident
        for incident in incidents
        if incident.kind == NO_FLOW
    }
    if not stuck:
        return {}
    wanted = {incident.instance_id for incident in stuck.values()}
    definitions = dict(
        session.execute(
            sa.select(ProcessInstance.id, ProcessInstance.definition_id).where(
                ProcessInstance.id.in_(wanted)
            )
        ).all()
    )
    return {
        key: flows_to_choose(
            bundles.bundle_of(session, definitions[incident.instance_id]),
            incident,
        )
        for key, incident in stuck.items()
    }


def _try_again(
    instance: LockedInstance, incident: Incident, now: datetime
) -> None:
    try:
        _retry(instance, incident, now)
    except UnknownTask as gone:
        raise InstanceChanged(
            say("该步骤已不在等待，不能重试，请标记为已解决")
        ) from gone
    except EngineError as failure:
        raise RuleViolated(
            [say("重试仍未成功：{message}", message=failure.message)]
        ) from failure


@dataclass(frozen=True, slots=True)
class WayBack:
    """A step to which an instance that stands at an automatic step may be sent back."""

    element_id: str
    name: str
    decides: bool
    """Whether an answer of its form approves."""


def ways_back(session: Session, incident: Incident) -> Sequence[WayBack]:
    """The steps already done to which the instance of the incident may be sent back, the last that decides
    first."""
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS).where(
            ProcessInstance.id == incident.instance_id
        )
    ).one()
    bundle = bundles.bundle_of(session, row.definition_id)
    return _ways_back(
        session,
        locked_instance.from_row(
            session, bundle, row, CLOCK, incident.created_at
        ),
        incident,
    )


def send_back(
    incident_id: str, element_id: str, reason: str, by: int, now: datetime
) -> None:
    """Gives up the automatic step that failed: the instance is a task again at that step, for the bodies that
    its diagram names.

    Raises NotFound, InstanceChanged when the instance stands there no more, RuleViolated for a step that is
    none of `ways_back`.
    """
    with transaction() as session:
        incident, instance = _locked(session, incident_id, by, now)
        ways = _ways_back(session, instance, incident)
        if element_id not in [way.element_id for way in ways]:
            known = joined("、", (f"“{way.name}”" for way in ways))
            raise RuleViolated(
                [
                    say("只能退回到 {known}", known=known)
                    if known
                    else say("这件事项没有可以退回的步骤，请排除原因后重试")
                ]
            )
        instance.remember(
            "sent-back", element_id, incident=incident.kind, reason=reason
        )
        _settle(incident, by, now)
        session.flush()
        try:
            persistence.carry_out(
                instance,
                c.PutBack(
                    c.EngineTaskId(incident.details["task"]), element_id
                ),
            )
        except EngineError as failure:
            raise RuleViolated(
                [say("不能退回到这一步：{message}", message=failure.message)]
            ) from failure


def _ways_back(
    session: Session, instance: LockedInstance, incident: Incident
) -> list[WayBack]:
    if "topic" not in incident.details:
        return []
    definition = instance.bundle.definition
    try:
        possible = engine.ways_back(
            definition, instance.engine_state or b"", incident.details["task"]
        )
    except UnknownTask as gone:
        raise InstanceChanged(
            say("该步骤已不在等待，请标记为已解决")
        ) from gone
    done = session.scalars(
        sa.select(UserTask.element_id)
        .where(
            UserTask.instance_id == instance.id, UserTask.state == "completed"
        )
        .order_by(UserTask.closed_at.desc(), UserTask.id.desc())
    )
    way_backs = [
        _way(instance, value)
        for value in dict.fromkeys(done)
        if value in possible
    ]
    return sorted(way_backs, key=lambda way_back: not way_back.decides)


def _way(instance: LockedInstance, element_id: str) -> WayBack:
    element = instance.bundle.definition.elements[element_id]
    form = instance.bundle.forms.get(element.form_key or "")
    return WayBack(
        element_id,
        element.name,
        any(field.approves for field in form.inputs()) if form else False,
    )


def resolve(incident_id: str, remark: str, by: int, now: datetime) -> None:
    """Closes the incident without a retry, with the reason on the record.

    Raises NotFound, RuleViolated while the instance still stands at the automatic step: nobody would have it
    then.
    """
    with transaction() as session:
        incident, instance = _locked(session, incident_id, by, now)
        _refuse_standing(session, instance, incident)
        instance.remember(
            "incident-resolved",
            incident.element_id,
            incident=incident.kind,
            remark=remark,
        )
        _settle(incident, by, now)
        persistence.write_entries(instance)


def _locked(
    session: Session, incident_id: str, by: int, now: datetime
) -> tuple[Incident, LockedInstance]:
    """The open incident and its instance; the instance is locked first, as everywhere."""
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS)
        .join(Incident, Incident.instance_id == ProcessInstance.id)
        .where(Incident.id == incident_id)
        .with_for_update(of=ProcessInstance)
    ).first()
    incident = session.get(Incident, incident_id, with_for_update=True)
    if row is None or incident is None or incident.state != "open":
        raise NotFound(incident_id)
    person = session.get_one(Person, by)
    actor = Actor(by, person.username, person.display_name)
    return incident, locked_instance.from_row(
        session, bundles.bundle_of(session, row.definition_id), row, actor, now
    )


def _refuse_standing(
    session: Session, instance: LockedInstance, incident: Incident
) -> None:
    active = (
        session.scalar(
            sa.select(ProcessInstance.state).where(
                ProcessInstance.id == instance.id
            )
        )
        == "active"
    )
    if "topic" not in incident.details or not active:
        return
    try:
        element_id, _given = engine.external_task(
            instance.bundle.definition,
            instance.engine_state or b"",
            incident.details["task"],
            instance.now,
            instance.environment,
        )
    except UnknownTask:
        return
    name = instance.bundle.definition.elements[element_id].name
    raise RuleViolated(
        [
            say(
                "这件事项仍停在“{name}”，标记为已解决后就没有人办理它。请重试，或者退回重新办理",
                name=name,
            )
        ]
    )


def _settle(incident: Incident, by: int, now: datetime) -> None:
    incident.state = "resolved"
    incident.resolved_at = now
    incident.resolved_by = by


def _retry(
    instance: LockedInstance, incident: Incident, now: datetime
) -> None:
    details = incident.details
    if "topic" in details:
        _serve_again(instance, c.EngineTaskId(details["task"]))
    elif incident.kind in stranded_tasks.KINDS:
        if stranded_tasks.stands(instance.session, incident):
            raise RuleViolated(
                [say("仍然没有人员可以办理，请先安排人员，或改派给其他机构")]
            )
        persistence.write_entries(instance)
    elif incident.kind == "body-missing":
        _offer_again(instance, details)
    elif incident.kind == archives.FAILED and "package" in details:
        if not archives.wait_again(instance.session, details["package"]):
            raise InstanceChanged(
                say("这个归档包已在重新制作，请将此异常标记为已解决")
            )
        persistence.write_entries(instance)
    elif incident.kind == NOT_ENDED:
        # The clock's next round ends it, or leaves a new incident.
        persistence.write_entries(instance)
    elif details.get("command") == "fire-timer":
        _plan_again(instance, details["timer"], now)
    elif details.get("command") == "deliver-event":
        name = details["name"]
        variables = details["variables"]
        subscription = details.get("subscription")
        command = (
            c.DeliverMessage(name, subscription, variables)
            if subscription
            else c.DeliverSignal(name, variables)
        )
        persistence.carry_out(instance, command)
    elif details.get("command") == "complete-user-task":
        raise RuleViolated(
            [
                say(
                    "请先修正流程图或数据，再请办理人重新提交；处理后将此异常标记为已解决"
                )
            ]
        )
    else:
        raise RuleViolated([say("这类异常不能重试，请处理原因后标记为已解决")])


def _serve_again(instance: LockedInstance, task_id: c.EngineTaskId) -> None:
    try:
        persistence.retry_external_task(instance, task_id)
    except RuleViolated as refused:
        raise RuleViolated(
            [refused.reasons[0], say("请排除原因后重试，或者退回重新办理")]
        ) from refused


def _offer_again(instance: LockedInstance, details: dict[str, Any]) -> None:
    session = instance.session
    task_id = f"{instance.id}.{details['task']}"
    results = persistence.resolve_group(instance, details["group"])
    if not results:
        raise RuleViolated([say("办理机构仍未设置，请先补上机构再重试")])
    task = session.get_one(UserTask, task_id, with_for_update=True)
    if task.state != "open":
        raise InstanceChanged(
            say("这项任务已经办结，不需要重试，请标记为已解决")
        )
    known = set(
        session.scalars(
            sa.select(UserTaskCandidate.candidate).where(
                UserTaskCandidate.task_id == task_id
            )
        )
    )
    session.add_all(
        UserTaskCandidate(
            task_id=task_id,
            candidate=value,
            instance_id=instance.id,
            offered=task.assignee_id is None,
            due_sort=task.due_sort,
        )
        for value in results
        if value not in known
    )
    task_bodies.recalculate(instance, task_id)
    persistence.write_entries(instance)


def _plan_again(
    instance: LockedInstance, timer_id: str, now: datetime
) -> None:
    """The timer fires with the next sweep; its row remembers that it was tried before."""
    instance.session.execute(
        sa.update(TimerJob)
        .where(TimerJob.id == timer_id, TimerJob.state == "fired")
        .values(state="planned", due_at=now)
    )
    persistence.write_entries(instance)
