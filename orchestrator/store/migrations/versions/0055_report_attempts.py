"""Attempts to send a resident's report

Revision: 0055, after 0054
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "report_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_attempt")),
    )
    op.create_index(op.f("ix_report_attempt_sender"), "report_attempt", ["sender"])
    op.create_index(op.f("ix_report_attempt_at"), "report_attempt", ["at"])


def downgrade() -> None:
    op.drop_table("report_attempt")
