"""复核: each time that somebody opened masked personal data is looked at by his administrator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store import report_openings
from orchestrator.store.accounts import AccountEvent
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
    """Id of the row of disclosure or of entry_disclosure, or the mark of one of account_event."""
    verdict: Mapped[str] = mapped_column(sa.String(12))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    reviewed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    reviewed_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(
        sa.String(200),
        default="",
        server_default="",
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
    """Of the instance or the report; the code of the grid where it was an entry of its register."""
    kind: str
    """`instance`, `entry` of a grid's register, or `report` of a resident."""
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
    openings: list[DataOpening] = []
    for source in _sources():
        query = source.query.where(*of_those(wanted))
        if wanted.names:
            query = query.where(
                sa.or_(is_named(wanted), source.number == wanted.names),
            )
        at = source.model.at
        if wanted.since:
            until = wanted.since + timedelta(days=1)
            query = query.where(at >= wanted.since, at < until)
        if unreviewed:
            query = query.where(LookReview.look_id.is_(None))
        if ids is not None:
            query = query.where(source.id.in_(ids))
        latest = query.order_by(at.desc(), source.model.id).limit(limit)
        openings += [DataOpening(*row) for row in session.execute(latest)]
    openings.sort(key=lambda opening: (opening.at, opening.id), reverse=True)
    return openings[:limit]


def doubted_of(
    session: Session,
    person_id: int,
    since: datetime,
) -> list[DataOpening]:
    """The person's own openings that were found doubtful since then, the newest first; at most 20."""
    openings: list[DataOpening] = []
    for source in _sources():
        doubted = source.query.where(
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
        sa.select(source.id).where(
            source.id == LookReview.look_id,
            source.model.person_id == person_id,
            source.holds,
        )
        for source in _sources()
    ]
    return sa.or_(*(query.exists() for query in made))


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows of one kind that tell of openings."""

    model: Any
    id: Any
    number: Any
    query: Any
    """Of all columns of a DataOpening."""
    holds: Any
    """Which rows of the model are openings."""


def _sources() -> Iterator[_Source]:
    for model, kind, about, number, join in (
        (
            Disclosure,
            "instance",
            ProcessInstance,
            ProcessInstance.business_key,
            ProcessInstance.id == Disclosure.instance_id,
        ),
        (
            EntryDisclosure,
            "entry",
            GridEntry,
            GridEntry.grid_code,
            GridEntry.id == EntryDisclosure.entry_id,
        ),
    ):
        told: Any = model
        query = _query(
            told,
            told.id,
            number,
            kind,
            told.reason,
            told.address,
        )
        query = query.join(about, join)
        yield _Source(told, told.id, number, query, sa.true())
    marked, said = report_openings.mark(), report_openings.said
    held = AccountEvent.kind == report_openings.KIND
    query = _query(
        AccountEvent,
        marked,
        said("number"),
        "report",
        said("reason"),
        said("address"),
    )
    yield _Source(
        AccountEvent,
        marked,
        said("number"),
        query.where(held),
        held,
    )


def _query(
    model: Any,
    opening_id: Any,
    number: Any,
    kind: str,
    reason: Any,
    address: Any,
) -> Any:
    return (
        sa.select(
            opening_id,
            model.at,
            Person.id,
            Person.username,
            Person.display_name,
            number,
            sa.literal(kind),
            reason,
            address,
            sa.func.coalesce(LookReview.verdict, ""),
            sa.func.coalesce(LookReview.note, ""),
            sa.func.coalesce(LookReview.answer, ""),
        )
        .select_from(model)
        .join(Person, Person.id == model.person_id)
        .outerjoin(LookReview, LookReview.look_id == opening_id)
    )


def lock(session: Session, ids: Sequence[str]) -> None:
    """Keeps others from reviewing the same until the transaction ends."""
    for source in _sources():
        session.execute(
            sa.select(source.model.id)
            .where(source.id.in_(ids), source.holds)
            .order_by(source.model.id)
            .with_for_update(),
        ).all()
