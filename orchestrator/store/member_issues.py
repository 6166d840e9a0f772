"""What a member was given for his work and how he is insured (装备设备、保险)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of

EQUIPMENT = "equipment"
INSURANCE = "insurance"
MOST = 200


class MemberIssue(Base):
    """A piece of equipment that he has, or an insurance that was taken out for him; personal."""

    __tablename__ = "member_issue"
    __table_args__ = (
        one_of("kind", EQUIPMENT, INSURANCE),
        sa.Index(None, "person_id", "kind"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(60))
    """Of equipment: what it is. Of an insurance: a key of the profile's insurances."""
    number: Mapped[str] = mapped_column(sa.String(60), default="")
    """Of the device or the policy."""
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    """The last day that an insurance covers; None: no end is known."""
    returned_on: Mapped[date | None]
    """Since when he has it no more; of an insurance: since when it was ended."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


def of_person(session: Session, person_id: int) -> list[MemberIssue]:
    """All that he was given, what he has now first."""
    query = (
        sa.select(MemberIssue)
        .where(MemberIssue.person_id == person_id)
        .order_by(
            MemberIssue.returned_on.is_not(None),
            MemberIssue.kind,
            MemberIssue.from_on.desc(),
            MemberIssue.id,
        )
    )
    return list(session.scalars(query.limit(MOST)))


def insured(
    session: Session, people: Sequence[int], on: date
) -> dict[int, set[str]]:
    """Person → keys of the insurances that cover him on that day."""
    rows = session.execute(
        sa.select(MemberIssue.person_id, MemberIssue.name).where(
            MemberIssue.person_id.in_(people),
            MemberIssue.kind == INSURANCE,
            MemberIssue.from_on <= on,
            MemberIssue.returned_on.is_(None),
            sa.or_(MemberIssue.until_on.is_(None), MemberIssue.until_on >= on),
        )
    )
    covered: dict[int, set[str]] = {}
    for person_id, name in rows:
        covered.setdefault(person_id, set()).add(name)
    return covered
