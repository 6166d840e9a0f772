"""Who sees what: the same rule as SQL for lists and for one instance. What one may not see is told as not
found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Destroyed, NotFound
from orchestrator.store import disclosures
from orchestrator.store.absences import StandIn
from orchestrator.store.added_signers import is_asked_to_sign
from orchestrator.store.arrivals import bodies_of
from orchestrator.store.data_grants import is_granted
from orchestrator.store.instances import Copy, HistoryEntry, ProcessInstance
from orchestrator.store.once import keep, once
from orchestrator.store.people import Person
from orchestrator.store.task_candidates import asked_for
from orchestrator.store.territories import DESIGNS, OPERATES, Body, inside
from orchestrator.store.user_tasks import (
    Attachment,
    UserTask,
    UserTaskCandidate,
)

FROM_OUTSIDE = (
    "migrated",
    "administrator-released",
    "administrator-assigned",
    "redirected",
)
"""Kinds of entries by a designer or an administrator: who moves an instance or its tasks has not been let
into it by that."""
REMARKS = ("commented", "copy-sent")
"""Kinds of entries by whoever sees the instance: they do not prolong his seeing it."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person with his bodies."""

    person_id: int
    username: str
    display_name: str
    tenant_id: str
    bodies: tuple[Body, ...]
    standing_in: tuple[StandIn, ...] = ()
    """Those who are absent and whose tasks he does meanwhile."""
    all_bodies: tuple[Body, ...] = ()
    """Also those for which he is not acting just now."""
    succeeded: tuple[Body, ...] = ()
    """Dissolved bodies whose successors his bodies are: what they saw, he sees."""
    at: datetime | None = None
    """The instant as of which all this is; None where it was not asked."""

    @property
    def body_ids(self) -> list[str]:
        """His bodies and those that they succeeded."""
        mine = [body.id for body in self.bodies]
        return mine + [
            body.id for body in self.succeeded if body.successor_id in mine
        ]

    def acting_for(self, body_id: str) -> Viewer:
        """The same person, acting for one of his bodies alone; for all where it is none of his."""
        chosen = tuple(body for body in self.all_bodies if body.id == body_id)
        return replace(self, bodies=chosen or self.all_bodies)

    @property
    def addresses(self) -> list[str]:
        """As whom tasks are offered and copies are sent to him: his bodies, and `user:NAME`."""
        return [*self.body_ids, f"user:{self.username}"]

    @property
    def operates(self) -> bool:
        """Whether he looks after the platform of his whole jurisdiction."""
        return any(is_whole(path) for path in self.administered_paths)

    @property
    def administered_paths(self) -> list[str]:
        """Paths of the territories whose people and bodies he administers, each with all below it."""
        return [
            body.territory_path
            for body in self.bodies
            if body.platform == OPERATES
        ]

    @property
    def designs(self) -> bool:
        """Whether he designs the procedures of his jurisdiction."""
        return any(body.platform == DESIGNS for body in self.bodies)

    @property
    def oversees(self) -> bool:
        """Whether one of his bodies oversees instances: each page asks, of whoever serves many bodies too."""
        return any(body.oversees for body in self.bodies)

    @property
    def overseen_paths(self) -> list[str]:
        """Paths of the territories whose instances his bodies oversee."""
        return [body.territory_path for body in self.bodies if body.oversees]

    @property
    def places(self) -> list[str]:
        """Paths of his bodies' territories."""
        return [body.territory_path for body in self.bodies]


def is_whole(path: str) -> bool:
    """Whether it is the path of a jurisdiction's widest territory."""
    return path.count("/") == 1


def viewer(
    session: Session,
    person_id: int,
    now: datetime | None = None,
) -> Viewer | None:
    """The person with his present bodies; None when he does not exist or may not sign in any more.

    With an instant also those for whom he stands in then.
    """
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return None
    results, absent = bodies_of(session, person_id, now)
    bodies = tuple(body for body in results if body.dissolved_at is None)
    succeeded = tuple(
        body for body in results if body.dissolved_at is not None
    )
    return Viewer(
        person.id,
        person.username,
        person.display_name,
        person.tenant_id,
        bodies,
        absent,
        bodies,
        succeeded,
        now,
    )


def may_see(who: Viewer) -> sa.ColumnElement[bool]:
    """The condition on ProcessInstance: in a territory he oversees, or he or his bodies started it, were
    asked, told or acted in it.

    A restricted instance (限知悉) is not seen for overseeing the place alone.
    """
    return _may_see(*_known_by(who))


def kept_for(who: Viewer, build: Callable[[Any], Any]) -> Any:
    """What `build` makes of the condition `may_see`, made once for all pages of the person."""
    return _built(build, *_known_by(who))


@lru_cache(maxsize=300)
def _built(build: Callable[[Any], Any], *known_by: Any) -> Any:
    return build(_may_see(*known_by))


def _known_by(who: Viewer) -> tuple[Any, ...]:
    """All that the condition holds of a person."""
    return (
        who.person_id,
        who.tenant_id,
        tuple(who.addresses),
        tuple(who.overseen_paths),
        running_the_platform(who),
    )


def oversees(who: Viewer) -> sa.ColumnElement[bool]:
    """The condition that a ProcessInstance lies in a territory he oversees, and is not restricted."""
    return sa.and_(
        inside(ProcessInstance.territory_path, tuple(who.overseen_paths)),
        ~ProcessInstance.restricted,
    )


def running_the_platform(who: Viewer) -> tuple[str, ...]:
    """The ids of his bodies that run the platform."""
    return tuple(body.id for body in who.bodies if body.platform)


def acts_that_open(
    person_id: int, running: Sequence[str]
) -> list[sa.ColumnElement[bool]]:
    """The conditions that a HistoryEntry is one by which its actor sees the instance; `running`: those of his
    bodies that run the platform."""
    return [
        HistoryEntry.actor_id == person_id,
        HistoryEntry.kind.not_in((*FROM_OUTSIDE, *REMARKS)),
        *_no_repair(running),
    ]


@lru_cache(maxsize=1_000)
def _may_see(
    person_id: int,
    tenant_id: str,
    addresses: tuple[str, ...],
    overseen_paths: tuple[str, ...],
    running: tuple[str, ...],
) -> sa.ColumnElement[bool]:
    """The condition as it is for one person. `running`: those of his bodies that run the platform."""
    asked = sa.select(UserTaskCandidate.task_id).where(
        UserTaskCandidate.instance_id == ProcessInstance.id,
        UserTaskCandidate.candidate.in_(addresses),
    )
    acted = sa.select(HistoryEntry.seq).where(
        HistoryEntry.instance_id == ProcessInstance.id,
        *acts_that_open(person_id, running),
    )
    conditions: list[sa.ColumnElement[bool]] = [
        ProcessInstance.started_by == person_id,
        ProcessInstance.started_by_body.in_(addresses[:-1]),
        asked.exists(),
        acted.exists(),
        sa.select(Copy.body_id)
        .where(
            Copy.instance_id == ProcessInstance.id,
            Copy.body_id.in_(addresses),
        )
        .exists(),
    ]
    overseen = sa.and_(
        inside(ProcessInstance.territory_path, overseen_paths),
        ~ProcessInstance.restricted,
    )
    return sa.and_(
        ProcessInstance.tenant_id == tenant_id,
        sa.or_(overseen, *conditions),
    )


def _no_repair(running: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Who runs the platform has not been let into an instance by mending it: what he did there, he did as
    nobody or as such."""
    if running:
        return [HistoryEntry.actor_body_id.not_in(running)]
    return []


def visible_instance(
    session: Session, who: Viewer, instance_id: str
) -> ProcessInstance:
    """The instance, when the viewer may see it. Raises NotFound otherwise, and Destroyed for one of which
    nothing is left to read."""
    instance = without_grant(session, who, instance_id)
    if instance is None:
        if not _is_granted(session, who, instance_id):
            raise NotFound(instance_id)
        instance = session.get_one(ProcessInstance, instance_id)
    if instance.destroyed_at is not None:
        raise Destroyed(instance.business_key)
    return instance


def without_grant(
    session: Session, who: Viewer, instance_id: str
) -> ProcessInstance | None:
    """The instance, where the viewer sees it for what he or his bodies are to it; None where at most a grant
    for a term lets him read it."""
    return once(
        session,
        ("without grant", who, instance_id),
        lambda: _without_grant(session, who, instance_id),
    )


def _is_granted(session: Session, who: Viewer, instance_id: str) -> bool:
    at = who.at
    return at is not None and once(
        session,
        ("granted", who, instance_id),
        lambda: is_granted(session, who.addresses, instance_id, at),
    )


def _without_grant(
    session: Session, who: Viewer, instance_id: str
) -> ProcessInstance | None:
    instance: ProcessInstance | None = session.scalar(
        kept_for(who, _seen_instance), {"instance": instance_id}
    )
    if instance is not None:
        return instance
    if is_asked_to_sign(session, who.addresses, instance_id, who.standing_in):
        return session.get_one(ProcessInstance, instance_id)
    if stood_in_for(session, who, [instance_id]):
        return session.get_one(ProcessInstance, instance_id)
    about = session.scalar(
        sa.select(ProcessInstance.about_id).where(
            ProcessInstance.id == instance_id,
        ),
    )
    if about is None:
        return None
    # Who sees an instance sees what is about it: its supervision, its extensions. A grant holds for the
    # instance that it names.
    subject = without_grant(session, who, about)
    if subject is None:
        return None
    if subject.destroyed_at is not None:
        raise Destroyed(subject.business_key)
    return session.get_one(ProcessInstance, instance_id)


def _seen_instance(seen: Any) -> Any:
    return sa.select(ProcessInstance).where(
        ProcessInstance.id == sa.bindparam("instance"), seen
    )


def _seen_task(seen: Any) -> Any:
    return (
        sa.select(UserTask, ProcessInstance, disclosures.NEWEST_OF_READER)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.id == sa.bindparam("task"), seen)
    )


def visible_task(session: Session, who: Viewer, task_id: str) -> UserTask:
    """The task, when the viewer may see its instance. Raises NotFound otherwise."""

    def ask() -> UserTask:
        values = {"task": task_id, "reader": who.person_id}
        result = session.execute(kept_for(who, _seen_task), values).first()
        if result is not None:
            task: UserTask = result[0]
            keep(session, ("without grant", who, task.instance_id), result[1])
            newest = disclosures.newest_key(task.instance_id, who.person_id)
            keep(session, newest, result[2])
            visible_instance(session, who, task.instance_id)
            return task
        row = session.get(UserTask, task_id)
        if row is None:
            raise NotFound(task_id)
        visible_instance(session, who, row.instance_id)
        return row

    return once(session, ("task", who, task_id), ask)


def stood_in_for(
    session: Session,
    who: Viewer,
    instance_ids: Collection[str],
) -> set[str]:
    """Those of the instances where somebody for whom he stands in has an open task; the rest of that person's
    instances stays closed to him."""
    if not who.standing_in or not instance_ids:
        return set()
    tasks = session.scalars(
        sa.select(UserTask).where(
            UserTask.instance_id.in_(instance_ids),
            UserTask.tenant_id == who.tenant_id,
            UserTask.state == "open",
        ),
    ).all()
    return {
        task.instance_id
        for task in tasks
        if absent_owner(session, who, task) is not None
    }


def absent_owner(
    session: Session, who: Viewer, task: UserTask
) -> StandIn | None:
    """The absent person whose open task the viewer does as his deputy; None for one that is the viewer's
    own, or nobody's for whom he stands in."""
    if (
        task.state != "open"
        or not who.standing_in
        or _is_own(session, who, task)
    ):
        return None
    standing = [
        stand_in
        for stand_in in who.standing_in
        if stand_in.covers(task.process_key)
    ]
    if task.assignee_id is not None:
        return next(
            (
                stand_in
                for stand_in in standing
                if stand_in.person_id == task.assignee_id
            ),
            None,
        )
    asked = asked_for(session, task)
    return next(
        (
            stand_in
            for stand_in in standing
            if not asked.isdisjoint(stand_in.candidates)
        ),
        None,
    )


def may_work_on(session: Session, who: Viewer, task: UserTask) -> bool:
    """Whether the open task is held by the viewer, or by nobody and offered to him or one of his bodies; or
    is so for somebody for whom he stands in, unless he applied himself."""
    if _is_own(session, who, task):
        return True
    return absent_owner(
        session, who, task
    ) is not None and not applied_himself(session, who, task)


def applied_himself(session: Session, who: Viewer, task: UserTask) -> bool:
    """Whether the viewer began the task's instance: as a deputy he does not decide on it."""
    instance = session.get(ProcessInstance, task.instance_id)
    return instance is not None and instance.started_by == who.person_id


def _is_own(session: Session, who: Viewer, task: UserTask) -> bool:
    if task.state != "open" or task.assignee_id is not None:
        return task.state == "open" and task.assignee_id == who.person_id
    return not asked_for(session, task).isdisjoint(who.addresses)


def visible_attachment(
    session: Session, who: Viewer, attachment_id: str
) -> Attachment:
    """The attachment of a visible instance, or one's own upload. Raises NotFound otherwise."""
    attachment = session.get(Attachment, attachment_id)
    if attachment is None:
        raise NotFound(attachment_id)
    if attachment.instance_id is None:
        if attachment.uploaded_by != who.person_id:
            raise NotFound(attachment_id)
    else:
        visible_instance(session, who, attachment.instance_id)
    return attachment
