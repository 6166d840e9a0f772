"""复核: each time that somebody opened masked personal data is looked at by his administrator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.disclosures import Disclosure
from orchestrator.store.grid_entries import EntryDisclosure, GridEntry
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.looks import LookFilter, is_named, of_those
from orchestrator.store.people import Person

GROUNDED = "grounded"
QUESTIONED = "questioned"
TOLD_FOR = timedelta(days=30)
"""So long whoever opened the data reads that it was found doubtful."""


class LookReview(Base):
    """What an administrator found of one opening of personal data; never changed but by the one
    answer of that person; note and answer go with the dossier."""

    __tablename__ = "look_review"
    __table_args__ = (one_of("verdict", GROUNDED, QUESTIONED),)

    look_id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    """Id of the row of disclosure or of entry_disclosure."""
    verdict: Mapped[str] = mapped_column(sa.String(12))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    reviewed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    reviewed_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(
        sa.String(200), default="", server_default=""
    )
    """What the person says to the doubt; empty while he has said nothing."""
    answered_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class DataOpening:
    """That somebody opened personal data, and what his administrator found of it."""

    id: str
    at: datetime
    person_id: int
    username: str
    name: str
    number: str
    """Of the instance; the code of the grid where it was an entry of its register."""
    of_entry: bool
    """Whether it was an entry of a grid's register."""
    reason: str
    address: str
    verdict: str
    """Empty while nobody has reviewed it."""
    note: str
    answer: str
    """What the person said to the doubt; empty where he has said nothing."""


def page_of_openings(
    session: Session,
    wanted: LookFilter,
    limit: int,
    unreviewed: bool = False,
    ids: Sequence[str] | None = None,
) -> list[DataOpening]:
    """Those by people who serve there, the newest first. `unreviewed`: only those that nobody has reviewed.
    `ids`: only these."""
    instances = _query(
        Disclosure,
        ProcessInstance.business_key,
        sa.false(),
    ).join(ProcessInstance, ProcessInstance.id == Disclosure.instance_id)
    entries = _query(EntryDisclosure, GridEntry.grid_code, sa.true()).join(
        GridEntry,
        GridEntry.id == EntryDisclosure.entry_id,
    )
    openings: list[DataOpening] = []
    kinds: Sequence[tuple[Any, Any, Any]] = (
        (Disclosure, ProcessInstance.business_key, instances),
        (EntryDisclosure, GridEntry.grid_code, entries),
    )
    for model, number, query in kinds:
        query = query.where(*of_those(wanted))
        if wanted.names:
            query = query.where(
                sa.or_(is_named(wanted), number == wanted.names),
            )
        if wanted.since:
            until = wanted.since + timedelta(days=1)
            query = query.where(model.at >= wanted.since, model.at < until)
        if unreviewed:
            query = query.where(LookReview.look_id.is_(None))
        if ids is not None:
            query = query.where(model.id.in_(ids))
        latest = query.order_by(model.at.desc(), model.id).limit(limit)
        openings += [DataOpening(*row) for row in session.execute(latest)]
    openings.sort(key=lambda opening: (opening.at, opening.id), reverse=True)
    return openings[:limit]


def doubted_of(
    session: Session, person_id: int, since: datetime
) -> list[DataOpening]:
    """The person's own openings that were found doubtful since then, the newest first; at most 20."""
    openings: list[DataOpening] = []
    instances = _query(
        Disclosure, ProcessInstance.business_key, sa.false()
    ).join(ProcessInstance, ProcessInstance.id == Disclosure.instance_id)
    entries = _query(EntryDisclosure, GridEntry.grid_code, sa.true()).join(
        GridEntry, GridEntry.id == EntryDisclosure.entry_id
    )
    for query in (instances, entries):
        doubted = query.where(
            Person.id == person_id,
            LookReview.verdict == QUESTIONED,
            # With a dossier the words about it are destroyed.
            LookReview.note != "",
            LookReview.reviewed_at >= since,
        ).limit(20)
        openings += [DataOpening(*row) for row in session.execute(doubted)]
    openings.sort(key=lambda opening: (opening.at, opening.id), reverse=True)
    return openings[:20]


def is_opening_of(person_id: int) -> sa.ColumnElement[bool]:
    """The condition that the reviewed opening was made by the person."""
    made = [
        sa.select(model.id).where(
            model.id == LookReview.look_id,
            model.person_id == person_id,
        )
        for model in (Disclosure, EntryDisclosure)
    ]
    return sa.or_(*(query.exists() for query in made))


def _query(
    model: type[Disclosure] | type[EntryDisclosure],
    number: Any,
    of_entry: sa.ColumnElement[bool],
) -> Any:
    return (
        sa.select(
            model.id,
            model.at,
            Person.id,
            Person.username,
            Person.display_name,
            number,
            of_entry,
            model.reason,
            model.address,
            sa.func.coalesce(LookReview.verdict, ""),
            sa.func.coalesce(LookReview.note, ""),
            sa.func.coalesce(LookReview.answer, ""),
        )
        .select_from(model)
        .join(Person, Person.id == model.person_id)
        .outerjoin(LookReview, LookReview.look_id == model.id)
    )


def lock(session: Session, ids: Sequence[str]) -> None:
    """Keeps others from reviewing the same until the transaction ends."""
    for model in (Disclosure, EntryDisclosure):
        session.execute(
            sa.select(model.id)
            .where(model.id.in_(ids))
            .order_by(model.id)
            .with_for_update()
        ).all()
