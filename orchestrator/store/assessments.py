"""Assessment (考核): closed periods, what came of each assessed, and the cases that it was counted from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.domain.assessment import bit
from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.paging import page_of
from orchestrator.store.registers import GridCase, ServiceItem

CLOSED = "closed"
PUBLISHED = "published"
APPEALED = "open"
UPHELD = "upheld"
DISMISSED = "dismissed"
AT_ONCE = 50


class AssessmentPeriod(Base):
    """A period that one body closed for those whom it assesses."""

    __tablename__ = "assessment_period"
    __table_args__ = (
        one_of("state", CLOSED, PUBLISHED),
        sa.UniqueConstraint("tenant_id", "rule", "period", "body_id"),
        sa.Index(None, "tenant_id", "territory_path", "period"),
        sa.Index(
            "ix_assessment_period_unpublished",
            "tenant_id",
            "appeal_until",
            postgresql_where=sa.text("state = 'closed'"),
            sqlite_where=sa.text("state = 'closed'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    rule: Mapped[str] = mapped_column(sa.String(40))
    """Key of the profile's rule."""
    period: Mapped[str] = mapped_column(sa.String(7))
    """2026-11, 2026Q4 or 2026."""
    body_id: Mapped[str] = mapped_column(sa.ForeignKey("body.id"))
    """Who assesses."""
    territory_path: Mapped[str] = mapped_column(PathText)
    """Of that body's place."""
    name: Mapped[str] = mapped_column(sa.String(60))
    of: Mapped[str] = mapped_column(sa.String(12))
    formula: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The formula as it was then: {"from_on", "citation", "exclude", "grades", "indicators"}."""
    state: Mapped[str] = mapped_column(sa.String(12), default=CLOSED)
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None: the clock."""
    appeal_until: Mapped[datetime]
    published_at: Mapped[datetime | None]


class AssessmentResult(Base):
    """What one assessed came to in a closed period; kept as it was, but for an appeal that was upheld."""

    __tablename__ = "assessment_result"
    __table_args__ = (
        one_of("appeal", "", APPEALED, UPHELD, DISMISSED),
        sa.UniqueConstraint("period_id", "key"),
        sa.Index(None, "key", "period_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    period_id: Mapped[str] = mapped_column(
        sa.ForeignKey("assessment_period.id")
    )
    key: Mapped[str] = mapped_column(sa.String(120))
    """Id of the body; id of the person, as text."""
    name: Mapped[str] = mapped_column(sa.String(120))
    score: Mapped[float | None] = mapped_column(sa.Double)
    """Of a hundred; None where there was nothing to count."""
    grade: Mapped[str] = mapped_column(sa.String(40), default="")
    rank: Mapped[int | None]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Name of domain.assessment.figure_names → number."""
    lines: Mapped[list[Any]] = mapped_column(default=list)
    """{"key", "value", "points"} of each indicator, in the formula's order; null where it had no value."""
    appeal: Mapped[str] = mapped_column(sa.String(12), default="")
    """Empty while nobody appealed."""
    appeal_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    score_before: Mapped[float | None] = mapped_column(sa.Double)
    """Before an appeal that was upheld."""
    decision: Mapped[str] = mapped_column(sa.String(1000), default="")
    """What was said of the appeal."""


class AssessedCase(Base):
    """A case that a result was counted from."""

    __tablename__ = "assessed_case"

    result_id: Mapped[str] = mapped_column(
        sa.ForeignKey("assessment_result.id"), primary_key=True
    )
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    counted: Mapped[int] = mapped_column(default=0)
    """Bits of domain.assessment.COUNTED."""
    excluded: Mapped[str] = mapped_column(sa.String(12), default="")
    """Of domain.assessment.EXCLUSIONS: then it is counted as nothing; empty: it is counted."""


def cases_of(
    session: Session,
    result_id: str,
    name: str,
    may_see: Any,
    after: str = "",
) -> tuple[list[Any], str | None]:
    """(case, name of its item, why it is excluded) of a figure of the result, or those that were excluded for
    the name `excluded`, the latest first; and the key of the next page."""
    query = (
        sa.select(GridCase, ServiceItem.name, AssessedCase.excluded)
        .join(AssessedCase, AssessedCase.instance_id == GridCase.instance_id)
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
        .join(ServiceItem, ServiceItem.id == GridCase.item_id)
        .where(AssessedCase.result_id == result_id, may_see)
    )
    if name == "excluded":
        query = query.where(AssessedCase.excluded != "")
    else:
        wanted = AssessedCase.counted.bitwise_and(bit(name)) != 0
        query = query.where(AssessedCase.excluded == "", wanted)
    if after:
        query = query.where(GridCase.instance_id < after)
    latest_first = query.order_by(GridCase.instance_id.desc())
    rows = session.execute(latest_first.limit(AT_ONCE + 1)).all()
    return page_of(rows, AT_ONCE, lambda row: row[0].instance_id)


def release_appeals(session: Session, tenant_id: str, *which: Any) -> None:
    """Takes back the appeals of unpublished periods whose procedure ended without a decision: withdrawn,
    voided, or drawn so. Their results stand as if nobody had appealed. `which`: conditions on the result."""
    unpublished = sa.select(AssessmentPeriod.id).where(
        AssessmentPeriod.tenant_id == tenant_id,
        AssessmentPeriod.state == sa.literal_column("'closed'"),
    )
    ended = sa.select(ProcessInstance.id).where(
        ProcessInstance.id == AssessmentResult.appeal_id,
        ProcessInstance.ended_at.is_not(None),
    )
    session.execute(
        sa.update(AssessmentResult)
        .where(
            AssessmentResult.period_id.in_(unpublished),
            AssessmentResult.appeal == APPEALED,
            ended.exists(),
            *which,
        )
        .values(appeal="", appeal_id=None)
        .execution_options(synchronize_session=False)
    )


def results_of(session: Session, period_id: str) -> list[AssessmentResult]:
    """The results of a period, the best first, those without a score last."""
    query = sa.select(AssessmentResult).where(
        AssessmentResult.period_id == period_id
    )
    last = sa.case((AssessmentResult.rank.is_(None), 1), else_=0)
    return list(
        session.scalars(
            query.order_by(last, AssessmentResult.rank, AssessmentResult.name)
        )
    )


def own_results(
    session: Session,
    tenant_id: str,
    keys: Sequence[str],
    limit: int = 24,
) -> list[tuple[AssessmentResult, AssessmentPeriod]]:
    """What these bodies and persons came to, the newest first."""
    rows = session.execute(
        sa.select(AssessmentResult, AssessmentPeriod)
        .join(
            AssessmentPeriod,
            AssessmentPeriod.id == AssessmentResult.period_id,
        )
        .where(
            AssessmentPeriod.tenant_id == tenant_id,
            AssessmentResult.key.in_(keys),
        )
        .order_by(AssessmentPeriod.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def excluded_count(session: Session, result_id: str) -> int:
    """How many cases were excluded from a result."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(
                AssessedCase.result_id == result_id,
                AssessedCase.excluded != "",
            )
        )
        or 0
    )
