"""Drafts of procedures: what a designer works on before it is published, every saved state, and who has it
open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.people import Person

REGULATION = "jurisdiction.toml"
"""What a draft of the regulation has in place of a process key: the file that it changes. No process is
called so."""


class Draft(Base):
    __tablename__ = "draft"
    __table_args__ = (
        one_of("state", "open", "published", "discarded"),
        sa.Index(None, "tenant_id", "process_key", "state"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    process_key: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(120))
    base_definition_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_definition.id"),
    )
    """The version it began from, which it is compared with; none for a new procedure and for a process that
    only others call."""
    base_deployment_id: Mapped[str] = mapped_column(
        sa.ForeignKey("deployment.id"),
    )
    """What was deployed when its author last looked: what was published since and lies in the draft too would
    be undone by it."""
    content: Mapped[dict[str, Any]]
    """Resource name → text, of the files that the draft holds in its own state."""
    revision: Mapped[int]
    """Raised by every save; a stale one is refused."""
    state: Mapped[str] = mapped_column(sa.String(12))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    proposed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Who asks a second designer to confirm the publication."""
    proposed_revision: Mapped[int | None]
    """The revision he asks it for: a later change takes the proposal back."""
    effective_from: Mapped[datetime | None]
    """As proposed."""
    remark: Mapped[str] = mapped_column(
        sa.String(200),
        default="",
        server_default="",
    )
    joined_to: Mapped[str | None] = mapped_column(sa.ForeignKey("draft.id"))
    """The draft of the regulation that it is published with; None for one that is published alone."""

    @property
    def of_regulation(self) -> bool:
        """Whether it is a draft of the jurisdiction's profile, not of a procedure."""
        return self.process_key == REGULATION

    @property
    def proposed(self) -> bool:
        """Whether it waits for a second designer as it stands."""
        return self.state == "open" and self.proposed_revision == self.revision


class DraftRevision(Base):
    """A saved state. Of a draft that was saved very often the oldest are dropped, never the first."""

    __tablename__ = "draft_revision"

    draft_id: Mapped[str] = mapped_column(
        sa.ForeignKey("draft.id"),
        primary_key=True,
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    comment: Mapped[str] = mapped_column(sa.String(400), default="")
    """What its author wrote, at most 200 characters, or what was done, with what he wrote of it."""
    content: Mapped[dict[str, Any]]


class DraftPresence(Base):
    """Who has a draft open, and when his page last said so."""

    __tablename__ = "draft_presence"

    draft_id: Mapped[str] = mapped_column(
        sa.ForeignKey("draft.id"),
        primary_key=True,
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    seen_at: Mapped[datetime]


def open_drafts(session: Session, tenant_id: str) -> dict[str, Draft]:
    """Process key → the draft that is open for it; the regulation's is not among them."""
    rows = session.scalars(
        sa.select(Draft)
        .where(
            Draft.tenant_id == tenant_id,
            Draft.state == "open",
            Draft.process_key != REGULATION,
        )
        .order_by(Draft.created_at),
    )
    return {row.process_key: row for row in rows}


def regulation_draft(session: Session, tenant_id: str) -> Draft | None:
    """The draft of the jurisdiction's regulation that is open."""
    return session.scalar(
        sa.select(Draft).where(
            Draft.tenant_id == tenant_id,
            Draft.state == "open",
            Draft.process_key == REGULATION,
        ),
    )


def joined(session: Session, draft: Draft) -> list[Draft]:
    """The other open drafts that are published together with it, the regulation's first."""
    root = draft.joined_to or draft.id
    rows = session.scalars(
        sa.select(Draft)
        .where(
            Draft.state == "open",
            Draft.id != draft.id,
            sa.or_(Draft.id == root, Draft.joined_to == root),
        )
        .order_by(Draft.created_at),
    )
    return sorted(rows, key=lambda value: not value.of_regulation)


def take_back_proposal(session: Session, part: Draft) -> None:
    """The regulation's draft that it joined waits for a second designer no longer: what was proposed to him
    is another by now."""
    if part.joined_to:
        session.get_one(Draft, part.joined_to).proposed_revision = None


def separate(session: Session, root: Draft) -> None:
    """What joined the draft of the regulation is published alone again."""
    session.execute(
        sa.update(Draft)
        .where(Draft.joined_to == root.id, Draft.state == "open")
        .values(joined_to=None),
    )


def revisions(
    session: Session,
    draft_id: str,
    limit: int = 50,
) -> list[tuple[int, datetime, str, str]]:
    """(number, when, author, comment) of the saved states, the latest first."""
    rows = session.execute(
        sa.select(
            DraftRevision.number,
            DraftRevision.at,
            Person.display_name,
            DraftRevision.comment,
        )
        .join(Person, Person.id == DraftRevision.author_id)
        .where(DraftRevision.draft_id == draft_id)
        .order_by(DraftRevision.number.desc())
        .limit(limit),
    )
    return [(number, at, name, comment) for number, at, name, comment in rows]


def others_here(
    session: Session,
    draft_id: str,
    person_id: int,
    since: datetime,
) -> list[str]:
    """Names of the others whose pages have it open."""
    rows = session.scalars(
        sa.select(Person.display_name)
        .join(DraftPresence, DraftPresence.person_id == Person.id)
        .where(
            DraftPresence.draft_id == draft_id,
            DraftPresence.person_id != person_id,
            DraftPresence.seen_at >= since,
        )
        .order_by(Person.display_name),
    )
    return list(rows)
