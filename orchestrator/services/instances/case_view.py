"""One matter as a page shows it: what is open and until when, the story, the diagram's marks, the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer, may_see, visible_instance
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.persistence import deadline_rows
from orchestrator.services.instances import ballots
from orchestrator.services.instances.ballots import Ballot
from orchestrator.services.instances.timeline import Moves, TimelineEntry, timeline_of
from orchestrator.services.registers import list_changes
from orchestrator.services.registers.registered_lists import RegisteredLists
from orchestrator.services.user_tasks import deadline_approvers
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import GridCase, ItemListVersion
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import Attachment, UserTask, UserTaskCandidate

PART_SIZE = 200
"""History entries on one page, and in one part of a printed dossier."""
MOST_RELATED = 100
"""Matters listed beside one."""


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """A part of a history: the entries `first` to `last` of `total`, counted from 1."""

    first: int
    last: int
    total: int

    @property
    def number(self) -> int:
        """Which part it is when the history is cut into parts of PART_SIZE, counted from 1."""
        return (max(self.first, 1) - 1) // PART_SIZE + 1

    @property
    def count(self) -> int:
        """How many such parts the history has."""
        return max(1, -(-self.total // PART_SIZE))


def latest(total: int, before: int | None = None) -> HistoryPart:
    """The last PART_SIZE entries, or those before entry number `before`."""
    last = total if before is None else max(1, min(before - 1, total))
    return HistoryPart(max(1, last - PART_SIZE + 1), last, total)


def numbered(total: int, number: int) -> HistoryPart:
    """Part `number` of the history. A number outside gives the nearest part."""
    count = max(1, -(-total // PART_SIZE))
    within = max(1, min(number, count))
    return HistoryPart((within - 1) * PART_SIZE + 1, min(within * PART_SIZE, total), total)


@dataclass(frozen=True)
class OpenTask:
    id: str
    name: str
    element_id: str
    bodies: Sequence[str]
    assignee: str | None
    due_at: datetime | None
    lines: Sequence[str]
    citation: str
    provisional: bool
    deadline_id: str | None = None
    suspended: bool = False
    review_at: datetime | None = None
    """When a suspended task comes up again."""
    may_move: bool = False
    """Whether the viewer serves a body that may extend or suspend it."""


@dataclass(frozen=True)
class CaseView:
    instance: ProcessInstance
    process_name: str
    regulation: str
    steps: Sequence[TimelineEntry]
    """The lines of the part that is shown."""
    part: HistoryPart
    """Which part of the history `steps` tells."""
    open_tasks: Sequence[OpenTask]
    current: Sequence[str]
    """Element ids where tokens stand."""
    visited: Sequence[str]
    extension_unit: str | None
    """What an extension is counted in, as the profile says; None when it knows none."""
    outline: Sequence[tuple[str, str, str]]
    """(state, name, lane) of each user task of the diagram; state is `done`, `current` or `ahead`."""
    attachments: Sequence[Attachment]
    started_by: str
    body_names: Mapping[str, str] = field(default_factory=dict)
    about: ProcessInstance | None = None
    """The matter that this one is about."""
    related: Sequence[ProcessInstance] = ()
    """Matters about this one, and cases merged into it, the earliest first."""
    merged_into: ProcessInstance | None = None
    state: str = "active"
    """The instance's; `merged` or `void` for a case that ended so."""
    outcome: str = ""
    """The name of the end that it came to, as the diagram calls it; of a decision about a list also from when
    it holds."""
    ballots: Sequence[Ballot] = ()
    """What people have decided together."""
    obstacles: Sequence[str] = ()
    """Why what it applies for can't be carried out as things stand, and what stopped it."""


def look(
    session: Session,
    who: Viewer,
    instance_id: str,
    now: datetime | None = None,
    *,
    before: int | None = None,
    part_number: int | None = None,
) -> CaseView:
    """The matter, when the viewer may see it, with one part of its history; with an instant also what depends
    on the day.

    `before`: the part that ends before this entry. `part_number`: the part with this number. Without both:
    the latest part. Raises NotFound.
    """
    instance = visible_instance(session, who, instance_id)
    bundle = bundles.bundle_of(session, instance.definition_id)
    total = instance.history_seq
    part = latest(total, before) if part_number is None else numbered(total, part_number)
    entries = _entries(session, instance_id, part)
    moves = Moves.of(session, bundle, instance_id)
    people = _people(session, entries, instance.started_by)
    bodies = _bodies(session, entries)
    open_tasks = _open_tasks(session, bundle, instance, who)
    current = [task.element_id for task in open_tasks]
    visited = _visited(session, moves, instance_id)
    return CaseView(
        instance=instance,
        process_name=bundle.definition.name,
        regulation=bundle.jurisdiction.regulation.title,
        steps=timeline_of(session, moves, instance, entries, people, bodies),
        part=part,
        open_tasks=open_tasks,
        current=current,
        visited=[each for each in visited if each not in current],
        extension_unit=bundle.jurisdiction.extension.unit if bundle.jurisdiction.extension else None,
        outline=_outline(bundle, current, visited),
        attachments=session.scalars(
            sa.select(Attachment)
            .where(Attachment.instance_id == instance_id)
            .order_by(Attachment.uploaded_at)
        ).all(),
        started_by=people.get(instance.started_by or 0, say("系统")),
        body_names=bodies,
        about=session.get(ProcessInstance, instance.about_id) if instance.about_id else None,
        related=_related(session, who, instance),
        merged_into=_merged_into(session, instance),
        state=_state(session, instance),
        outcome=outcomes(session, [instance], now).get(instance.id, "") if now else "",
        ballots=ballots.of(session, bundle, instance_id),
        obstacles=_obstacles(session, bundle, instance, now) if now else (),
    )


def _entries(session: Session, instance_id: str, part: HistoryPart) -> Sequence[HistoryEntry]:
    query = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == instance_id, HistoryEntry.seq.between(part.first, part.last)
    )
    return session.scalars(query.order_by(HistoryEntry.seq)).all()


def outcomes(session: Session, instances: Sequence[ProcessInstance], now: datetime) -> dict[str, str]:
    """Instance id → how it came out: the name of its end in the diagram, and from when its decision about a
    list holds."""
    by_id = {each.id: each for each in instances}
    found: dict[str, list[str]] = {}
    ends = sa.select(HistoryEntry.instance_id, HistoryEntry.element_id).where(
        HistoryEntry.instance_id.in_([each.id for each in instances if each.state == "completed"]),
        HistoryEntry.kind == "ended",
    )
    for instance_id, element_id in session.execute(ends):
        bundle = bundles.bundle_of(session, by_id[instance_id].definition_id)
        element = bundle.definition.elements.get(element_id or "")
        found[instance_id] = [element.name] if element and element.name else []
    decided = sa.select(ItemListVersion).where(ItemListVersion.instance_id.in_(by_id))
    for version in session.scalars(decided):
        zone = bundles.bundle_of(session, by_id[str(version.instance_id)].definition_id).jurisdiction.timezone
        planned = version.effective_on > now.astimezone(ZoneInfo(zone)).date()
        told = say("尚未生效") if planned else say("已生效")
        found.setdefault(str(version.instance_id), []).append(
            say("{effective_on} 起生效（{told}）", effective_on=version.effective_on, told=told)
        )
    return {instance_id: joined("，", words) for instance_id, words in found.items() if words}


def _obstacles(session: Session, bundle: Bundle, instance: ProcessInstance, now: datetime) -> list[str]:
    if instance.state != "active":
        return []
    stopped = session.scalars(
        sa.select(Incident.message).where(Incident.instance_id == instance.id, Incident.state == "open")
    ).all()
    if instance.variables.get("item_list_number"):
        return list(stopped)
    change = list_changes.Change(bundle, instance.variables, instance.territory_path, now, instance.id)
    return list(
        dict.fromkeys(
            [*stopped, *list_changes.warnings(RegisteredLists(session, instance.tenant_id), change)]
        )
    )


def _state(session: Session, instance: ProcessInstance) -> str:
    case = session.scalar(sa.select(GridCase.state).where(GridCase.instance_id == instance.id))
    return case if case in ("merged", "void") else instance.state


def _related(session: Session, who: Viewer, instance: ProcessInstance) -> list[ProcessInstance]:
    """Matters about this one, and the cases merged into it that the viewer may see, the earliest first.

    Two queries: joined by OR, neither database uses an index for either half.
    """
    found = set(
        session.scalars(
            sa.select(ProcessInstance)
            .where(ProcessInstance.about_id == instance.id)
            .order_by(ProcessInstance.started_at)
            .limit(MOST_RELATED)
        )
    )
    merged = session.scalars(
        sa.select(GridCase.instance_id).where(GridCase.merged_into == instance.id).limit(MOST_RELATED)
    ).all()
    if merged:
        found |= set(
            session.scalars(sa.select(ProcessInstance).where(ProcessInstance.id.in_(merged), may_see(who)))
        )
    return sorted(found, key=lambda row: (row.started_at, row.id))


def _merged_into(session: Session, instance: ProcessInstance) -> ProcessInstance | None:
    into = session.scalar(sa.select(GridCase.merged_into).where(GridCase.instance_id == instance.id))
    return session.get(ProcessInstance, into) if into else None


def _people(session: Session, entries: Sequence[HistoryEntry], started_by: int | None) -> dict[int, str]:
    ids = {entry.actor_id for entry in entries} | {started_by}
    ids.discard(None)
    return dict(session.execute(sa.select(Person.id, Person.display_name).where(Person.id.in_(ids))).all())


def _bodies(session: Session, entries: Sequence[HistoryEntry]) -> dict[str, str]:
    ids = {entry.actor_body_id for entry in entries if entry.actor_body_id}
    ids |= {str(entry.data["to"]) for entry in entries if entry.kind == "copied"}
    ids |= {
        candidate
        for entry in entries
        for opened in entry.data.get("opened", ())
        for candidate in opened.get("to", ())
    }
    return dict(session.execute(sa.select(Body.id, Body.name).where(Body.id.in_(ids))).all())


def _open_tasks(session: Session, bundle: Bundle, instance: ProcessInstance, who: Viewer) -> list[OpenTask]:
    tasks = session.scalars(
        sa.select(UserTask)
        .where(UserTask.instance_id == instance.id, UserTask.state == "open")
        .order_by(UserTask.due_sort, UserTask.id)
    ).all()
    candidates = session.execute(
        sa.select(UserTaskCandidate.task_id, UserTaskCandidate.candidate, Body.name)
        .join(Body, Body.id == UserTaskCandidate.candidate, isouter=True)
        .where(UserTaskCandidate.task_id.in_([task.id for task in tasks]))
    ).all()
    rows = {
        row.id: row for row in session.scalars(sa.select(Deadline).where(Deadline.instance_id == instance.id))
    }
    assignees = dict(
        session.execute(
            sa.select(Person.id, Person.display_name).where(
                Person.id.in_([task.assignee_id for task in tasks if task.assignee_id])
            )
        ).all()
    )
    found = []
    for task in tasks:
        asked = [row for row in candidates if row.task_id == task.id]
        row = rows.get(task.id)
        ledger = deadline_rows.ledger_of(row) if row else None
        found.append(
            OpenTask(
                task.id,
                task.name,
                task.element_id,
                [each.name or each.candidate for each in asked],
                assignees.get(task.assignee_id or 0),
                task.due_at,
                ledger.lines(locked_instance.calendar(session, bundle, row.hours_of, row.calendar_version))
                if ledger and row
                else (),
                bundle.jurisdiction.cite(ledger.citation) if ledger else "",
                task.due_provisional,
                row.id if row else None,
                ledger.suspended if ledger else False,
                task.follow_up_at,
                row is not None and _may_move(session, bundle, instance, task.id, who),
            )
        )
    return found


def _may_move(session: Session, bundle: Bundle, instance: ProcessInstance, task_id: str, who: Viewer) -> bool:
    if not any(body.level in bundle.jurisdiction.levels.offices for body in who.bodies):
        return False
    return (
        deadline_approvers.approver(
            bundle.jurisdiction, deadline_approvers.asked(session, instance.id, task_id), who.bodies
        )
        is not None
    )


def _visited(session: Session, moves: Moves, instance_id: str) -> list[str]:
    """Ids of the flows taken and of the elements left, in the order of their first time.

    The database groups equal paths: a matter that went round a thousand times has few different ones.
    """
    path = HistoryEntry.data["path"].as_string()
    first = sa.func.min(HistoryEntry.seq)
    rows = session.execute(
        sa.select(first, path)
        .where(HistoryEntry.instance_id == instance_id, path.is_not(None))
        .group_by(path)
        .order_by(first)
    )
    found: dict[str, None] = {}
    for seq, text in rows:
        flows = moves.at(seq).definition.flows
        for element_id in _ids(json.loads(text)):
            flow = flows.get(element_id)
            if flow is not None:
                found[flow.source] = None
            found[element_id] = None
    return list(found)


def _ids(path: Sequence[Any]) -> Iterator[str]:
    """The ids of a path. The first versions wrote it as pairs: an element and the flows by which it was
    left."""
    for part in path:
        if isinstance(part, str):
            yield part
        else:
            yield from _ids(part)


def _outline(bundle: Bundle, current: Sequence[str], visited: Sequence[str]) -> list[tuple[str, str, str]]:
    found = []
    for process in bundle.definition.processes.values():
        for element in process.elements.values():
            if element.type in ("userTask", "startEvent") and (
                element.name and (element.type == "userTask" or process.id == bundle.definition.key)
            ):
                state = "current" if element.id in current else "done" if element.id in visited else "ahead"
                found.append((state, element.name, element.lane or process.name))
    return found
