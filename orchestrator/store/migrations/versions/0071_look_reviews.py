"""What administrators found of each opening of personal data

Revision: 0071, after 0070
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look_review",
        sa.Column("look_id", sa.String(24), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("reviewed_by", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", orchestrator.store.base.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("verdict IN ('grounded', 'questioned')", name=op.f("ck_look_review_verdict")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_look_review_reviewed_by")),
        sa.PrimaryKeyConstraint("look_id", name=op.f("pk_look_review")),
    )


def downgrade() -> None:
    op.drop_table("look_review")
