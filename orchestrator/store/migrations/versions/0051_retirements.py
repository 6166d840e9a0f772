"""Procedures that take no new matters

Revision: 0051, after 0050
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "retirement",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("process_key", sa.String(60), nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_retirement_decided_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["person.id"], name=op.f("fk_retirement_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retirement")),
    )
    op.create_index(op.f("ix_retirement_tenant_id_process_key"), "retirement", ["tenant_id", "process_key"])


def downgrade() -> None:
    op.drop_table("retirement")
