"""What somebody answers to the doubt about his opening of personal data

Revision: 0075, after 0074
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "look_review",
        sa.Column("answer", sa.String(200), nullable=False, server_default=""),
    )
    op.add_column(
        "look_review",
        sa.Column(
            "answered_at",
            orchestrator.store.base.Instant(timezone=True),
            nullable=True,
        ),
    )


def downgrade() -> None:
    for column in ("answered_at", "answer"):
        op.drop_column("look_review", column)
