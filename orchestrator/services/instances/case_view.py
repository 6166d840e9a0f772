"""One instance as a page shows it: what is open and until when, the story, the diagram's marks, the files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.access import Viewer, may_see, visible_instance
from orchestrator.services.instances import (
    applications,
    ballots,
    diagram_marks,
    history_parts,
    open_tasks,
    tallies,
)
from orchestrator.services.instances.applications import AnswerChange
from orchestrator.services.instances.ballots import Ballot
from orchestrator.services.instances.entry_remarks import Names
from orchestrator.services.instances.history_parts import (
    LATEST,
    HistoryPage,
    HistoryPart,
    WantedPart,
)
from orchestrator.services.instances.open_tasks import OpenTask
from orchestrator.services.instances.outcomes import alike, obstacles, outcomes
from orchestrator.services.instances.tallies import Tally
from orchestrator.services.instances.timeline import Moves, timeline_of
from orchestrator.services.instances.timeline_lines import (
    TimelineEntry,
    in_fewer_lines,
)
from orchestrator.services.records import purposes, sights
from orchestrator.services.records.sights import InstanceReader
from orchestrator.services.registers.alike_items import AlikeItem
from orchestrator.store.besides import Besides, besides
from orchestrator.store.incidents import Incident, incidents_of
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import GridCase
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import Attachment

MOST_RELATED = 100
"""Instances listed beside one."""


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
    case: GridCase | None = None
    """The row of the case that it is; None when it is none."""
    asked: Collection[str] = ()
    """Everybody who was ever asked in it; empty for a viewer who serves no office."""
    about: ProcessInstance | None = None
    """The instance that this one is about."""
    related: Sequence[ProcessInstance] = ()
    """Instances about this one, and cases merged into it, the earliest first."""
    came_to: Mapping[str, str] = field(default_factory=dict)
    """Id of a related instance → how it came out, as its diagram calls that end."""
    merged_into: ProcessInstance | None = None
    state: str = "active"
    """The instance's; `merged` or `void` for a case that ended so."""
    outcome: str = ""
    """The name of the end that it came to, as the diagram calls it; of a decision about a list also from when
    it holds."""
    ballots: Sequence[Ballot] = ()
    """What people have decided together."""
    halts: Sequence[Incident] = ()
    """Its open incidents, the oldest first."""
    tallies: Sequence[Tally] = ()
    """Done and not done, body by body, of the steps that are counted so."""
    obstacles: Sequence[str] = ()
    """Why what it applies for can't be carried out as things stand, and what stopped it."""
    alike: Sequence[AlikeItem] = ()
    """What is like the item that it asks to admit, on this and the neighbours' lists."""
    differences: Sequence[AnswerChange] = ()
    """What the applicant changed after it had been returned."""
    disclosed: bool = False
    """Whether the viewer has opened its personal data with a reason."""
    begun_comment: bool = False
    """Whether the viewer has typed a comment that saved itself; it may have been sent since."""

    @property
    def lines(self) -> Sequence[TimelineEntry]:
        """`steps` as a page shows them: what the clock says again and again is one line."""
        return in_fewer_lines(self.steps)

    @property
    def masked(self) -> bool:
        """Whether personal data are masked in the part that is shown."""
        return any(step.masked for step in self.steps)

    @property
    def hides(self) -> bool:
        """Whether something in the part that is shown is not shown to the viewer."""
        return any(
            text == forms.NOT_SHOWN
            for step in self.steps
            for _label, text in step.facts
        )


def besides_of(session: Session, who: Viewer, instance_id: str) -> Besides:
    """What stands beside the instance for the viewer, in the one statement that his page asks."""
    purpose = purposes.of_comment(instance_id)
    return besides(session, instance_id, who.person_id, purpose)


def look(
    session: Session,
    who: Viewer,
    instance_id: str,
    now: datetime | None = None,
    *,
    wanted: WantedPart = LATEST,
    tally_page: int = 1,
) -> CaseView:
    """The instance, when the viewer may see it, with one part of its history; with an instant also what
    depends on the day.

    `tally_page`: which page of the bodies that are counted. Raises NotFound.
    """
    instance = visible_instance(session, who, instance_id)
    bundle = bundles.bundle_of(session, instance.definition_id)
    part = wanted.of(instance.history_seq)
    page = history_parts.page_of(session, instance_id, part)
    whole = None
    if part.whole:
        whole = page.entries
    there = besides_of(session, who, instance_id)
    moves = Moves.of(session, bundle, instance_id, whole)
    visited = diagram_marks.visited(session, moves, instance_id, whole)
    files: Sequence[Attachment] = ()
    if there.attachments:
        files = attachments_of(session, instance_id)
    names = _names(session, instance, page, files)
    steps = timeline_of(session, moves, instance, page, names)
    # What holds no personal data costs no statement more.
    keeps_back = any(step.masked or step.graded for step in steps)
    if now and (keeps_back or _graded(session, instance, files)):
        sight = sights.sight(session, who, instance, now)
        names = replace(names, sight=sight)
        steps = timeline_of(session, moves, instance, page, names)
        files = sight.files(files)
    open_now = _open_now(session, who, bundle, instance, now)
    outline = diagram_marks.outline(
        bundle,
        open_now.current,
        visited,
        diagram_marks.unasked(session, bundle, instance.id, visited),
    )
    case = there.case
    state = instance.state
    if case and case.state in ("merged", "void"):
        state = case.state
    view = CaseView(
        instance=instance,
        process_name=bundle.definition.name,
        regulation=bundle.jurisdiction.regulation.title,
        steps=steps,
        part=part,
        open_tasks=open_now.tasks,
        current=open_now.current,
        visited=[key for key in visited if key not in open_now.current],
        extension_unit=_extension_unit(bundle),
        outline=outline,
        attachments=files,
        started_by=names.people.get(instance.started_by or 0, say("系统")),
        case=case,
        asked=open_now.asked,
        about=_instance(session, instance.about_id),
        related=_related(session, who, instance, there),
        merged_into=_instance(session, case.merged_into if case else None),
        state=state,
        ballots=ballots.of(session, bundle, instance_id),
        halts=_halts(session, instance_id, there),
        disclosed=names.sight.disclosed,
        begun_comment=there.begun,
    )
    if now is None:
        return view
    reader = InstanceReader(who, names.sight, now)
    tallied = tallies.of(
        session, bundle, instance_id, now, tally_page, names.sight
    )
    view = replace(view, tallies=tallied)
    return _with_the_day(session, bundle, view, whole, reader)


@dataclass(frozen=True, slots=True)
class _OpenNow:
    """What waits for people."""

    tasks: Sequence[OpenTask]
    current: Sequence[str]
    """Element ids of the tasks."""
    asked: Collection[str]
    """Everybody who was ever asked; empty for a viewer who serves no office."""


def _open_now(
    session: Session,
    who: Viewer,
    bundle: bundles.Bundle,
    instance: ProcessInstance,
    now: datetime | None,
) -> _OpenNow:
    rows = open_tasks.rows_of(session, instance.id)
    asked: Collection[str] = set()
    if open_tasks.serves_an_office(bundle, who):
        asked = open_tasks.asked_in(session, instance.id)
    movable = open_tasks.movable(session, bundle, instance, rows, who, asked)
    return _OpenNow(
        open_tasks.shown(session, bundle, rows, movable, now),
        [row.task.element_id for row in rows],
        asked,
    )


def _with_the_day(
    session: Session,
    bundle: bundles.Bundle,
    view: CaseView,
    whole: Sequence[HistoryEntry] | None,
    reader: InstanceReader,
) -> CaseView:
    """The view with what depends on the day; `whole`: the whole history, where it is known."""
    now = reader.now
    instance = view.instance
    ended = outcomes(session, [instance, *view.related], now)
    return replace(
        view,
        came_to=ended,
        outcome=ended.get(instance.id, ""),
        obstacles=obstacles(session, bundle, instance, view.halts, now),
        alike=alike(session, bundle, instance, now),
        differences=applications.differences(
            session, bundle, instance.id, whole, reader
        ),
    )


def _extension_unit(bundle: bundles.Bundle) -> str | None:
    extension = bundle.jurisdiction.extension
    if extension is None:
        return None
    return extension.unit


def _instance(session: Session, instance_id: str | None) -> Any:
    """The instance of that id; None for none."""
    if not instance_id:
        return None
    return session.get(ProcessInstance, instance_id)


def _halts(
    session: Session, instance_id: str, there: Besides
) -> Sequence[Incident]:
    if there.incidents:
        return incidents_of(session, instance_id)
    return ()


def _names(
    session: Session,
    instance: ProcessInstance,
    page: history_parts.HistoryPage,
    attachments: Sequence[Attachment],
) -> Names:
    """What the people, bodies and files of that part are called."""
    return Names(
        people_of(session, page, instance.started_by),
        bodies_of(session, page),
        {attachment.id: attachment.filename for attachment in attachments},
    )


def _graded(
    session: Session,
    instance: ProcessInstance,
    attachments: Sequence[Attachment],
) -> bool:
    """Whether one of the files was given in a graded field."""
    if not attachments:
        return False
    graded = sights.graded_fields(session, instance)
    return any(file.field_key in graded for file in attachments)


def attachments_of(session: Session, instance_id: str) -> Sequence[Attachment]:
    """Its files, the earliest first."""
    query = sa.select(Attachment).where(Attachment.instance_id == instance_id)
    return session.scalars(query.order_by(Attachment.uploaded_at)).all()


def _related(
    session: Session,
    who: Viewer,
    instance: ProcessInstance,
    there: Besides,
) -> list[ProcessInstance]:
    """Instances about this one, and the cases merged into it that the viewer may see, the earliest first.

    Two queries: joined by OR, neither database uses an index for either half.
    """
    instances: set[ProcessInstance] = set()
    if there.related:
        about = sa.select(ProcessInstance).where(
            ProcessInstance.about_id == instance.id,
        )
        if access.without_grant(session, who, instance.id) is None:
            about = about.where(may_see(who))
        instances |= set(
            session.scalars(
                about.order_by(ProcessInstance.started_at).limit(MOST_RELATED),
            ),
        )
    if there.merged:
        merged = sa.select(GridCase.instance_id).where(
            GridCase.merged_into == instance.id,
        )
        instances |= set(
            session.scalars(
                sa.select(ProcessInstance).where(
                    ProcessInstance.id.in_(merged.limit(MOST_RELATED)),
                    may_see(who),
                ),
            ),
        )
    return sorted(instances, key=lambda row: (row.started_at, row.id))


def people_of(
    session: Session,
    page: HistoryPage,
    started_by: int | None,
) -> dict[int, str]:
    """Names of who acted in the part and of who started it."""
    if started_by is None or started_by in page.people:
        return page.people
    name = session.scalar(
        sa.select(Person.display_name).where(Person.id == started_by),
    )
    return {**page.people, started_by: name or ""}


def bodies_of(session: Session, page: HistoryPage) -> dict[str, str]:
    """Names of the bodies that the part names."""
    bodies = {
        str(entry.data["to"])
        for entry in page.entries
        if entry.kind == "copied"
    } - page.bodies.keys()
    if not bodies:
        return page.bodies
    names = session.execute(
        sa.select(Body.id, Body.name).where(Body.id.in_(bodies)),
    ).all()
    return {**page.bodies, **dict(names)}
