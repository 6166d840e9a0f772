"""The check of a jurisdiction's history: asked for, how far it is, what it found

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "history_check",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("after_id", sa.String(length=24), nullable=False),
        sa.Column("matters", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("compared_with", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_history_check")),
    )


def downgrade() -> None:
    op.drop_table("history_check")
