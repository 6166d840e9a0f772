"""Versions of the working calendar, and the due dates that each moved

Revision: 0008, after 0007
"""

import itertools
import json

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calendar_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["imported_by"], ["person.id"], name=op.f("fk_calendar_version_imported_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_calendar_version")),
    )
    op.create_table(
        "calendar_move",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deadline_id", sa.String(length=60), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("instance_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("before_at", INSTANT, nullable=False),
        sa.Column("after_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_calendar_move_instance_id")),
        sa.ForeignKeyConstraint(["version"], ["calendar_version.number"], name=op.f("fk_calendar_move_version")),
        sa.PrimaryKeyConstraint("version", "deadline_id", name=op.f("pk_calendar_move")),
    )
    with op.batch_alter_table("calendar_move") as table:
        table.create_index(table.f("ix_calendar_move_instance_id"), ["instance_id"], unique=False)
    _number_what_is_there()


def _number_what_is_there() -> None:
    """Each year of the table becomes a version, settled: every due date was counted by it when it was written."""
    connection = op.get_bind()
    day = sa.table("calendar_day", *(sa.column(name) for name in ("on", "kind", "name", "source")))
    rows = connection.execute(sa.select(day.c.on, day.c.kind, day.c.name, day.c.source).order_by(day.c.on)).all()
    into = sa.text(
        "INSERT INTO calendar_version (number, year, source, days, imported_at, settled_at)"
        " VALUES (:number, :year, :source, :days, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    )
    for number, (year, days) in enumerate(itertools.groupby(rows, lambda row: row.on[:4]), 1):
        told = list(days)
        content = json.dumps([[row.on, row.kind, row.name] for row in told], ensure_ascii=False)
        given = {"number": number, "year": int(year), "source": told[0].source, "days": content}
        connection.execute(into, given)


def downgrade() -> None:
    op.drop_table("calendar_move")
    op.drop_table("calendar_version")
