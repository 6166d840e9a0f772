"""One matter as a page shows it: form, facts, deadlines with their sums, the article, the story, the diagram's marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.territory import LEVEL_NAMES
from orchestrator.services import deadlines, deployments, form_options, running
from orchestrator.services.access import Viewer, visible_instance
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import Attachment, UserTask, UserTaskCandidate


@dataclass(frozen=True)
class Citation:
    text: str
    heading: str = ""
    summary: str = ""
    draft: bool = False
    """Whether the text cited is only a draft."""


@dataclass(frozen=True)
class Step:
    """A line of the story."""

    at: datetime
    kind: str
    title: str
    who: str
    body: str
    facts: Sequence[tuple[str, str]] = ()
    citations: Sequence[Citation] = ()
    remark: str = ""
    due: datetime | None = None
    """When a completed task was due."""
    late: bool = False


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


@dataclass(frozen=True)
class Matter:
    instance: ProcessInstance
    process_name: str
    regulation: str
    steps: Sequence[Step]
    open_tasks: Sequence[OpenTask]
    current: Sequence[str]
    """Element ids where tokens stand."""
    visited: Sequence[str]
    extension_unit: str | None
    """What an extension is counted in, as the profile says; None when it knows none."""
    may_move_deadlines: bool
    """Whether the viewer serves a body that oversees the place."""
    outline: Sequence[tuple[str, str, str]]
    """(state, name, lane) of each user task of the diagram; state is `done`, `current` or `ahead`."""
    attachments: Sequence[Attachment]
    started_by: str
    body_names: Mapping[str, str] = field(default_factory=dict)


def look(session: Session, who: Viewer, instance_id: str) -> Matter:
    """The matter, when the viewer may see it. Raises NotFound."""
    instance = visible_instance(session, who, instance_id)
    bundle = deployments.bundle(session, instance.definition_id)
    entries = session.scalars(
        sa.select(HistoryEntry).where(HistoryEntry.instance_id == instance_id).order_by(HistoryEntry.seq)
    ).all()
    people = _people(session, entries)
    bodies = _bodies(session, entries)
    open_tasks = _open_tasks(session, bundle, instance, bodies)
    current = [task.element_id for task in open_tasks]
    visited = _visited(bundle, entries)
    return Matter(
        instance=instance,
        process_name=bundle.definition.name,
        regulation=bundle.jurisdiction.regulation.title,
        steps=_story(session, bundle, instance, entries, people, bodies),
        open_tasks=open_tasks,
        current=current,
        visited=[each for each in visited if each not in current],
        extension_unit=bundle.jurisdiction.extension.unit if bundle.jurisdiction.extension else None,
        may_move_deadlines=any(instance.territory_path.startswith(path) for path in who.overseen_paths),
        outline=_outline(bundle, current, visited),
        attachments=session.scalars(
            sa.select(Attachment).where(Attachment.instance_id == instance_id).order_by(Attachment.uploaded_at)
        ).all(),
        started_by=people.get(instance.started_by or 0, "系统"),
        body_names=bodies,
    )


def citations(bundle: deployments.Bundle, element_id: str | None) -> list[Citation]:
    """The articles that demand this element, as an official reads them."""
    element = bundle.definition.elements.get(element_id or "")
    found = []
    for text in element.citations if element else ():
        article = bundle.jurisdiction.article(text) if text != "default" else None
        found.append(
            Citation(
                bundle.jurisdiction.cite(text),
                article.heading if article else "",
                article.summary if article else "",
                draft=text != "default" and bundle.jurisdiction.regulation.draft,
            )
        )
    return found


def _people(session: Session, entries: Sequence[HistoryEntry]) -> dict[int, str]:
    ids = {entry.actor_id for entry in entries if entry.actor_id is not None}
    return dict(session.execute(sa.select(Person.id, Person.display_name).where(Person.id.in_(ids))).all())


def _bodies(session: Session, entries: Sequence[HistoryEntry]) -> dict[str, str]:
    ids = {entry.actor_body_id for entry in entries if entry.actor_body_id}
    ids |= {candidate for entry in entries for opened in entry.data.get("opened", ()) for candidate in opened.get("to", ())}
    return dict(session.execute(sa.select(Body.id, Body.name).where(Body.id.in_(ids))).all())


def _open_tasks(
    session: Session, bundle: deployments.Bundle, instance: ProcessInstance, bodies: Mapping[str, str]
) -> list[OpenTask]:
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
    rows = {row.id: row for row in session.scalars(sa.select(Deadline).where(Deadline.instance_id == instance.id))}
    assignees = dict(
        session.execute(
            sa.select(Person.id, Person.display_name).where(
                Person.id.in_([task.assignee_id for task in tasks if task.assignee_id])
            )
        ).all()
    )
    calendar = running.calendar(session, bundle)
    found = []
    for task in tasks:
        row = rows.get(task.id)
        ledger = deadlines.ledger_of(row) if row else None
        found.append(
            OpenTask(
                task.id,
                task.name,
                task.element_id,
                [row.name or row.candidate for row in candidates if row.task_id == task.id],
                assignees.get(task.assignee_id or 0),
                task.due_at,
                ledger.lines(calendar) if ledger else (),
                bundle.jurisdiction.cite(ledger.citation) if ledger else "",
                task.due_provisional,
                row.id if row else None,
                ledger.suspended if ledger else False,
            )
        )
    return found


def _visited(bundle: deployments.Bundle, entries: Sequence[HistoryEntry]) -> list[str]:
    """Ids of the flows taken and of the elements left, in order."""
    found: dict[str, None] = {}
    for entry in entries:
        for each in entry.data.get("path", ()):
            flow = bundle.definition.flows.get(each)
            found |= {flow.source: None, each: None} if flow else {each: None}
    return list(found)


def _outline(bundle: deployments.Bundle, current: Sequence[str], visited: Sequence[str]) -> list[tuple[str, str, str]]:
    found = []
    for process in bundle.definition.processes.values():
        for element in process.elements.values():
            if element.type in ("userTask", "startEvent") and (
                element.name and (element.type == "userTask" or process.id == bundle.definition.key)
            ):
                state = "current" if element.id in current else "done" if element.id in visited else "ahead"
                found.append((state, element.name, element.lane or process.name))
    return found


_WORDS = {
    "claimed": "签收",
    "unclaimed": "退回待签收",
    "assigned": "转办",
    "delegated": "委派",
    "resolved": "委派办结",
    "cancelled": "撤回",
    "urged": "催办",
    "escalated": "上报上级",
    "assigned-down": "交办下级",
    "bulletin": "列入通报",
    "re-homed": "随网格调整转移",
    "incident": "运行异常",
    "incident-retried": "异常重试",
    "incident-resolved": "异常已处理",
    "user-task-cancelled": "步骤取消",
    "timer-fired": "时限到期",
    "deadline-extended": "批准延期",
    "deadline-suspended": "挂账",
    "deadline-resumed": "恢复办理",
    "deadline-recomputed": "节假日公布后重算时限",
    "ended": "办结",
}
_RESULTS = {"item-list.publish": "清单新版本生效", "item-list.remove": "清单新版本生效", "grids.apply-adjustment": "网格调整生效",
            "case.register": "立案", "case.archive": "归档", "case.rework": "登记返工", "notice.publish": "更新公示", "filing.record": "报送备案",
            "filing.acknowledge": "备案收悉"}  # fmt: skip


def _story(
    session: Session,
    bundle: deployments.Bundle,
    instance: ProcessInstance,
    entries: Sequence[HistoryEntry],
    people: Mapping[int, str],
    bodies: Mapping[str, str],
) -> list[Step]:
    options: dict[str, Any] = {}
    files = dict(
        session.execute(sa.select(Attachment.id, Attachment.filename).where(Attachment.instance_id == instance.id)).all()
    )
    due: dict[str, datetime] = {}
    found = []
    for entry in entries:
        due |= {task["task"]: datetime.fromisoformat(task["due"]) for task in entry.data.get("opened", ()) if "due" in task}
        step = _step(session, bundle, instance, entry, people, bodies, options, due, files)
        if step is not None:
            found.append(step)
    return found


def _step(
    session: Session,
    bundle: deployments.Bundle,
    instance: ProcessInstance,
    entry: HistoryEntry,
    people: Mapping[int, str],
    bodies: Mapping[str, str],
    options: dict[str, Any],
    due: Mapping[str, datetime],
    files: Mapping[str, str],
) -> Step | None:
    element = bundle.definition.elements.get(entry.element_id or "")
    name = element.name if element else ""
    who, body = people.get(entry.actor_id or 0, "系统"), bodies.get(entry.actor_body_id or "", "")
    cited = citations(bundle, entry.element_id)
    data = entry.data
    if entry.kind in ("started", "user-task-completed"):
        form = bundle.forms.get(data.get("form", ""))
        facts: list[tuple[str, str]] = []
        if form is not None:
            if form.id not in options:
                options[form.id] = form_options.for_form(
                    session, bundle, form, instance.territory_path, entry.actor_id or 0, entry.at
                )
            then = forms.with_recorded(options[form.id], data.get("chosen", {}))
            facts = forms.summarise(form, data.get("submitted", {}), then, files)
        title = "发起申请" if entry.kind == "started" else name
        if entry.kind == "started":
            start = next((e for e in bundle.definition.process.elements.values() if e.type == "startEvent"), None)
            title, cited = (start.name or title, citations(bundle, start.id)) if start else (title, [])
        until = due.get(data.get("task", ""))
        return Step(
            entry.at, entry.kind, title, who, body, facts, cited, due=until, late=until is not None and entry.at > until
        )
    if entry.kind == "external-task-completed":
        if data.get("topic") not in _RESULTS:
            return None
        return Step(
            entry.at, entry.kind, _RESULTS[data["topic"]], "系统", "", citations=cited, remark=_result(data.get("result", {}))
        )
    if entry.kind in _WORDS:
        remark = data.get("reason") or data.get("message") or data.get("remark") or data.get("to") or ""
        if entry.kind in ("escalated", "assigned-down"):
            verb = "报至" if entry.kind == "escalated" else "交至"
            remark = f"{verb}{LEVEL_NAMES.get(str(data.get('to')), data.get('to'))}网格化机构"
        if entry.kind == "re-homed":
            remark = f"{data['before']} → {data['after']}（{data['because']}）"
        if entry.kind.startswith("deadline-") and entry.kind != "deadline-suspended":
            until = datetime.fromisoformat(data["due"]).astimezone(ZoneInfo(bundle.jurisdiction.timezone))
            remark = "；".join(filter(None, [str(remark), f"截止时间改为 {until:%Y-%m-%d %H:%M}"]))
        title = _WORDS[entry.kind] + (f"：{name}" if name and entry.kind != "ended" else "")
        if entry.kind == "ended" and name:
            title = name
        return Step(
            entry.at,
            entry.kind,
            title,
            who if entry.actor_id else "系统",
            body,
            citations=cited if entry.kind in ("urged", "bulletin") else (),
            remark=str(remark),
        )
    return None


def _result(result: Mapping[str, Any]) -> str:
    if "item_list_number" in result:
        return f"第 {result['item_list_number']} 版"
    if "new_grids" in result:
        return f"新网格 {'、'.join(result['new_grids'])}；转移在办案件 {result.get('moved_cases', 0)} 件"
    return ""
