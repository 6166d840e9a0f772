"""Carrying out a command and turning its effects into rows: the only place where effects become rows.

Everything is written with Core statements in the caller's transaction. Handlers of service tasks run inside it too, each in a savepoint, so that
“approved” and “on the list” cannot come apart; one that fails leaves an incident and never the caller's click.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.domain import deadlines
from orchestrator.domain.territory import candidate_codes, missing_body_sentence, parse_body_ref
from orchestrator.engine import commands as c
from orchestrator.engine import timers as engine_timers
from orchestrator.errors import InstanceChanged
from orchestrator.handlers import TOPICS
from orchestrator.handlers.context import BpmnError, HandlerContext, HandlerRefused, InstanceRef
from orchestrator.services.ids import new_id
from orchestrator.services.running import INSTANCE_COLUMNS, Running, from_row
from orchestrator.store.base import table
from orchestrator.store.incidents import Incident, OutboxMessage
from orchestrator.store.instances import EventSubscription, HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class _Batch:
    """Rows gathered over the whole command, so that each table is written once."""

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled_timers: list[str] = field(default_factory=list)
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed_subscriptions: list[str] = field(default_factory=list)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    path: list[list[Any]] = field(default_factory=list)
    ended: c.ProcessInstanceEnded | None = None


def carry_out(running: Running, command: c.Command) -> list[str]:
    """Advances the instance by the command, runs the handlers it wants, and writes everything; returns the ids of the user tasks opened.

    Raises EngineError (nothing written) and InstanceChanged when the instance moved on meanwhile.
    """
    batch = _Batch()
    _go_on(running, batch, [command])
    return list(batch.tasks)


def _go_on(running: Running, batch: _Batch, pending: list[c.Command]) -> None:
    while pending:
        outcome = engine.advance(
            running.bundle.definition, running.engine_state, pending.pop(0), running.now, running.environment
        )
        running.engine_state = outcome.state
        running.variables = outcome.variables
        if outcome.title:
            running.title = outcome.title[:200]
        for effect in outcome.effects:
            answer = _take(running, batch, effect)
            if answer is not None:
                pending.append(answer)
    _write(running, batch)


def note_failure(running: Running, element_id: str | None, kind: str, message: str, details: Mapping[str, Any]) -> None:
    """Writes an incident for a command that the engine refused, with a history entry; the instance stays where it was."""
    batch = _Batch()
    _incident(running, batch, element_id, kind, message, details)
    _write(running, batch)


def retry_external_task(running: Running, task_id: c.EngineTaskId) -> None:
    """Runs the handler of a waiting service task again and goes on from there; a new failure leaves a new incident."""
    element_id, variables = engine.external_task(running.bundle.definition, running.engine_state or b"", task_id)
    element = running.bundle.definition.elements[element_id]
    batch = _Batch()
    answer = _run_handler(
        running, batch, c.ExternalTaskWanted(task_id, element_id, element.name, element.topic or "", variables)
    )
    _go_on(running, batch, [answer] if answer is not None else [])


def resolve_group(running: Running, group: str) -> list[str]:
    """Ids of the bodies a candidate group means for this instance; empty when there is none."""
    effect = c.UserTaskOpened(c.EngineTaskId(""), "", "", candidate_groups=(group,))
    before = (running.history_seq, running.history_hash, len(running.entries))
    found = _resolve(running, _Batch(), effect)
    running.history_seq, running.history_hash, count = before
    del running.entries[count:]
    return found


def write_entries(running: Running) -> None:
    """Writes gathered history entries and raises the revision, for use cases that do not advance the engine."""
    _write(running, _Batch())


# ------------------------------------------------------------------------------------------------------- effects


def _take(running: Running, batch: _Batch, effect: c.Effect) -> c.Command | None:
    match effect:
        case c.UserTaskOpened():
            _open_task(running, batch, effect)
        case c.UserTaskClosed(task_id, element_id, how):
            row_id = f"{running.id}.{task_id}"
            if batch.tasks.pop(row_id, None) is not None:
                batch.candidates = [row for row in batch.candidates if row["task_id"] != row_id]
            else:
                batch.closed[row_id] = str(how)
            if how == c.UserTaskClosing.CANCELLED:
                running.remember("user-task-cancelled", element_id, task=task_id)
        case c.TimerSet():
            _set_timer(running, batch, effect)
        case c.TimerCancelled(timer_id, _element_id):
            row_id = f"{running.id}.{timer_id}"
            if batch.timers.pop(row_id, None) is None:
                batch.cancelled_timers.append(row_id)
        case c.ExternalTaskWanted():
            return _run_handler(running, batch, effect)
        case c.ExternalTaskCancelled(_task_id, element_id):
            running.remember("external-task-cancelled", element_id)
        case c.SubscriptionOpened(subscription_id, element_id, kind, name, correlation):
            batch.subscriptions[f"{running.id}.{subscription_id}"] = {
                "id": f"{running.id}.{subscription_id}",
                "tenant_id": running.tenant_id,
                "instance_id": running.id,
                "element_id": element_id,
                "kind": kind,
                "name": name,
                "correlation": correlation,
            }
        case c.SubscriptionClosed(subscription_id, _element_id):
            row_id = f"{running.id}.{subscription_id}"
            if batch.subscriptions.pop(row_id, None) is None:
                batch.closed_subscriptions.append(row_id)
        case c.MessageThrown(element_id, name, correlation, variables):
            running.remember("message-thrown", element_id, name=name, correlation=correlation)
            _post(running, batch, "message", {"name": name, "correlation": correlation, "variables": dict(variables)})
        case c.SignalThrown(element_id, name, variables):
            running.remember("signal-thrown", element_id, name=name)
            _post(running, batch, "signal", {"name": name, "variables": dict(variables)})
        case c.EscalationThrown(element_id, code):
            running.remember("escalation-thrown", element_id, code=code)
        case c.ActivityCompleted(element_id, _name, _element_type, flow_ids):
            batch.path.append([element_id, list(flow_ids)])
        case c.ProcessInstanceEnded():
            batch.ended = effect
    return None


def _open_task(running: Running, batch: _Batch, effect: c.UserTaskOpened) -> None:
    row_id = f"{running.id}.{effect.task_id}"
    due_at, provisional = _due(running, batch, effect, row_id)
    candidates = _resolve(running, batch, effect)
    assignee = _person_id(running, effect.assignee) if effect.assignee else None
    sort = due_at or FAR_FUTURE
    batch.tasks[row_id] = {
        "id": row_id,
        "tenant_id": running.tenant_id,
        "instance_id": running.id,
        "definition_id": running.definition_id,
        "process_key": running.process_key,
        "element_id": effect.element_id,
        "name": effect.name[:120],
        "form_key": effect.form_key,
        "state": "open",
        "revision": 1,
        "assignee_id": assignee,
        "owner_id": None,
        "delegation": None,
        "priority": effect.priority,
        "due_at": due_at,
        "due_sort": sort,
        "due_provisional": provisional,
        "follow_up_at": _instant(running, effect.follow_up),
        "variables": dict(effect.variables),
        "business_key": running.business_key,
        "title": running.title,
        "territory_path": running.territory_path,
        "opened_at": running.now,
        "closed_at": None,
        "closed_by": None,
    }
    batch.candidates += [
        {"task_id": row_id, "candidate": candidate, "instance_id": running.id, "offered": assignee is None, "due_sort": sort}
        for candidate in candidates
    ]
    running.remember(
        "user-task-opened",
        effect.element_id,
        task=effect.task_id,
        candidates=candidates,
        assignee=effect.assignee,
        due=due_at.isoformat() if due_at else None,
    )


def _due(running: Running, batch: _Batch, effect: c.UserTaskOpened, row_id: str) -> tuple[datetime | None, bool]:
    if effect.due is None:
        return None, False
    name = effect.due.removeprefix("deadline:")
    if name == effect.due:
        return _instant(running, effect.due), False
    try:
        ledger = running.ledger(name, running.now)
    except KeyError:
        _incident(
            running,
            batch,
            effect.element_id,
            "deadline-missing",
            f"辖区配置中没有名为「{name}」的时限，「{effect.name}」暂无截止时间",
            {"deadline": name},
        )
        return None, False
    due_at, provisional = ledger.due_at(running.calendar), ledger.provisional(running.calendar)
    batch.deadlines.append(
        {
            "id": row_id,
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "task_id": row_id,
            "name": name,
            "start_at": running.now,
            "limit_amount": ledger.amount,
            "limit_unit": ledger.unit,
            "citation": ledger.citation,
            "calendar_version": running.calendar.version,
            "entries": deadlines.to_json(ledger.entries),
            "due_at": due_at,
            "provisional": provisional,
        }
    )
    return due_at, provisional


def _instant(running: Running, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return engine_timers.schedule("timeDuration", text, running.now, running.environment).due_at
    except (ValueError, KeyError):
        return None


def _resolve(running: Running, batch: _Batch, effect: c.UserTaskOpened) -> list[str]:
    """Ids of the bodies (and `user:NAME`) that may take the task; a missing body is an incident that names it."""
    found = [f"user:{name}" for name in effect.candidate_users]
    for text in effect.candidate_groups:
        try:
            reference = parse_body_ref(text)
        except ValueError as invalid:
            _incident(
                running,
                batch,
                effect.element_id,
                "body-missing",
                f"「{effect.name}」{invalid}",
                {"group": text, "task": effect.task_id},
            )
            continue
        codes = candidate_codes(reference, running.territory_path)
        rows = running.session.execute(
            sa.select(Body.id, Body.territory_code).where(
                Body.tenant_id == (reference.tenant or running.tenant_id),
                Body.territory_code.in_(codes),
                sa.or_(Body.role == reference.role, Body.family == reference.role),
            )
        ).all()
        chosen = next((code for code in codes if any(row.territory_code == code for row in rows)), None)
        found += [row.id for row in rows if row.territory_code == chosen]
        if chosen is None:
            role = running.bundle.jurisdiction.roles.get(reference.role)
            sentence = missing_body_sentence(reference, running.territory_path, {}, role.name if role else reference.role)
            _incident(
                running,
                batch,
                effect.element_id,
                "body-missing",
                f"「{effect.name}」无人可办：{sentence}",
                {"group": text, "task": effect.task_id},
            )
    return list(dict.fromkeys(found))


def _person_id(running: Running, username: str) -> int | None:
    return running.session.scalar(sa.select(Person.id).where(Person.username == username))


def _set_timer(running: Running, batch: _Batch, effect: c.TimerSet) -> None:
    row_id = f"{running.id}.{effect.timer_id}"
    batch.timers[row_id] = {
        "id": row_id,
        "tenant_id": running.tenant_id,
        "instance_id": running.id,
        "element_id": effect.element_id,
        "due_at": effect.due_at,
        "state": "planned",
        "deadline_id": f"{running.id}.{effect.attached_to}" if effect.deadline and effect.attached_to else None,
        "planned_at": running.now,
        "fired_at": None,
        "lag_ms": None,
        "fired_count": 0,
    }


def _run_handler(running: Running, batch: _Batch, effect: c.ExternalTaskWanted) -> c.Command | None:
    details = {"task": effect.task_id, "topic": effect.topic}
    handler = TOPICS.get(effect.topic)
    if handler is None:
        _incident(
            running,
            batch,
            effect.element_id,
            "handler-missing",
            f"「{effect.name}」的主题「{effect.topic}」没有处理程序",
            details,
        )
        return None
    context = HandlerContext(
        session=running.session,
        instance=InstanceRef(
            running.id,
            running.tenant_id,
            running.territory_code,
            running.territory_path,
            running.business_key,
            running.title,
            running.process_key,
            running.started_by,
        ),
        element_id=effect.element_id,
        variables=effect.variables,
        actor_id=running.actor.person_id,
        actor_name=running.actor.name,
        actor_body_id=running.actor.body_id,
        now=running.now,
        jurisdiction=running.bundle.jurisdiction,
        remember=lambda kind, **data: running.remember(kind, effect.element_id, **data),
        rehome=lambda instance_id, move: _rehome(running, instance_id, move),
    )
    kept = (running.history_seq, running.history_hash, len(running.entries))
    savepoint = running.session.begin_nested()
    try:
        answer = dict(handler(context) or {})
        running.session.flush()
        savepoint.commit()
    except BpmnError as error:
        savepoint.rollback()
        return c.ThrowBpmnError(effect.task_id, error.code, error.message)
    except Exception as failure:
        savepoint.rollback()
        running.history_seq, running.history_hash, count = kept
        del running.entries[count:]
        known = isinstance(failure, HandlerRefused)
        message = (
            str(failure) if known else f"「{effect.name}」执行失败（{type(failure).__name__}：{failure}），排除原因后请重试"
        )
        if not known:
            details["trace"] = traceback.format_exc(limit=-4)
        _incident(running, batch, effect.element_id, "handler-failed", message, details)
        return None
    running.remember("external-task-completed", effect.element_id, topic=effect.topic, result=answer)
    return c.CompleteExternalTask(effect.task_id, answer)


def _rehome(running: Running, instance_id: str, move: str) -> None:
    """Open tasks of another instance that wait for bodies of the old grid wait for the same bodies of the new one."""
    old, _arrow, new = move.partition(">")
    session = running.session
    rows = session.execute(
        sa.select(UserTaskCandidate.task_id, UserTaskCandidate.candidate)
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(UserTask.instance_id == instance_id, UserTask.state == "open", UserTaskCandidate.candidate.endswith(f":{old}"))
    ).all()
    for task_id, candidate in rows:
        tenant, role, _code = candidate.split(":")
        session.execute(
            sa.update(UserTaskCandidate)
            .where(UserTaskCandidate.task_id == task_id, UserTaskCandidate.candidate == candidate)
            .values(candidate=f"{tenant}:{role}:{new}", offered=True)
        )
        session.execute(
            sa.update(UserTask).where(UserTask.id == task_id).values(assignee_id=None, revision=UserTask.revision + 1)
        )
    row = session.execute(sa.select(*INSTANCE_COLUMNS).where(ProcessInstance.id == instance_id)).one()
    other = from_row(session, running.bundle, row, running.actor, running.now)
    other.remember("re-homed", None, before=old, after=new, because=running.business_key)
    write_entries(other)


def _incident(
    running: Running, batch: _Batch, element_id: str | None, kind: str, message: str, details: Mapping[str, Any]
) -> None:
    batch.incidents.append(
        {
            "id": new_id(running.now),
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "element_id": element_id,
            "kind": kind,
            "message": message,
            "details": dict(details),
            "state": "open",
            "attempts": 1,
            "created_at": running.now,
            "resolved_at": None,
            "resolved_by": None,
        }
    )
    running.remember("incident", element_id, incident=kind, message=message)


def _post(running: Running, batch: _Batch, kind: str, payload: dict[str, Any]) -> None:
    batch.outbox.append(
        {
            "id": new_id(running.now),
            "tenant_id": running.tenant_id,
            "instance_id": running.id,
            "kind": kind,
            "payload": payload,
            "created_at": running.now,
            "available_at": running.now,
            "sent_at": None,
            "attempts": 0,
            "last_error": None,
        }
    )


# ---------------------------------------------------------------------------------------------------------- rows

_INSTANCE, _TASK, _CANDIDATE = table(ProcessInstance), table(UserTask), table(UserTaskCandidate)
_TIMER, _SUBSCRIPTION = table(TimerJob), table(EventSubscription)


def _write(running: Running, batch: _Batch) -> None:
    run = running.session.connection().execute
    if batch.path:
        running.remember("moved", path=batch.path)
    values: dict[str, Any] = {
        "revision": running.revision + 1,
        "title": running.title,
        "engine_state": running.engine_state,
        "variables": running.variables,
        "territory_code": running.territory_code,
        "territory_path": running.territory_path,
    }
    if batch.ended is not None:
        how = batch.ended.how
        running.remember("ended", batch.ended.end_element_id, how=how, error=batch.ended.error_code)
        values |= {
            "state": "completed",
            "ended_at": running.now,
            "end_element_id": batch.ended.end_element_id,
            "engine_state": None,
        }
    values |= {"history_seq": running.history_seq, "history_hash": running.history_hash}
    changed = run(
        sa.update(_INSTANCE).where(_INSTANCE.c.id == running.id, _INSTANCE.c.revision == running.revision).values(values)
    )
    if changed.rowcount != 1:
        raise InstanceChanged("该事项刚刚有了新进展，请刷新后重试")
    running.revision += 1
    for how in set(batch.closed.values()):
        ids = [row_id for row_id, closed in batch.closed.items() if closed == how]
        _close_tasks(running, ids, how)
    _insert(run, _TASK, list(batch.tasks.values()))
    _insert(run, _CANDIDATE, batch.candidates)
    _insert(run, table(Deadline), batch.deadlines)
    _insert(run, _TIMER, list(batch.timers.values()))
    if batch.cancelled_timers:
        run(
            sa.update(_TIMER)
            .where(_TIMER.c.id.in_(batch.cancelled_timers), _TIMER.c.state == "planned")
            .values(state="cancelled")
        )
    _insert(run, _SUBSCRIPTION, list(batch.subscriptions.values()))
    if batch.closed_subscriptions:
        run(sa.delete(_SUBSCRIPTION).where(_SUBSCRIPTION.c.id.in_(batch.closed_subscriptions)))
    _insert(run, table(Incident), batch.incidents)
    _insert(run, table(OutboxMessage), batch.outbox)
    _insert(run, table(HistoryEntry), running.entries)
    running.entries = []


def _close_tasks(running: Running, ids: Sequence[str], how: str) -> None:
    run = running.session.connection().execute
    by = running.actor.person_id if how == "completed" else None
    run(
        sa.update(_TASK)
        .where(_TASK.c.id.in_(ids))
        .values(state=how, closed_at=running.now, closed_by=by, revision=_TASK.c.revision + 1)
    )
    run(sa.update(_CANDIDATE).where(_CANDIDATE.c.task_id.in_(ids), _CANDIDATE.c.offered).values(offered=False))


def _insert(run: Any, target: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        run(sa.insert(target), list(rows))


def later(now: datetime, attempts: int) -> datetime:
    """When a failed delivery is tried again: 10 s, 20 s, 40 s … at most an hour."""
    return now + min(timedelta(seconds=10 * 2**attempts), timedelta(hours=1))
