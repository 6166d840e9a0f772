"""Yearly reviews of items on a list

Revision: 0064, after 0063
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
KEPT = "('kept', 'partly', 'unkept', 'none')"


def upgrade() -> None:
    op.create_table(
        "item_review",
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("item_id", sa.String(24), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("people", sa.String(8), nullable=False),
        sa.Column("funds", sa.String(8), nullable=False),
        sa.Column("training", sa.String(8), nullable=False),
        sa.Column("conclusion", sa.String(8), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "conclusion IN ('keep', 'remedy', 'exit')", name=op.f("ck_item_review_conclusion")
        ),
        sa.CheckConstraint(f"people IN {KEPT}", name=op.f("ck_item_review_people")),
        sa.CheckConstraint(f"funds IN {KEPT}", name=op.f("ck_item_review_funds")),
        sa.CheckConstraint(f"training IN {KEPT}", name=op.f("ck_item_review_training")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_item_review_instance_id")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["service_item.id"], name=op.f("fk_item_review_item_id")
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_item_review")),
    )
    op.create_index(op.f("ix_item_review_item_id_period"), "item_review", ["item_id", "period"])


def downgrade() -> None:
    op.drop_table("item_review")
