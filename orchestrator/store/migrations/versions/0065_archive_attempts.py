"""Attempts at archive packages, and what each package was made of

Revision: 0065, after 0064
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "archive_package", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "archive_package",
        sa.Column("next_at", orchestrator.store.base.Instant(timezone=True), nullable=True),
    )
    op.add_column(
        "archive_package", sa.Column("record", sa.String(64), nullable=False, server_default="")
    )


def downgrade() -> None:
    for column in ("record", "next_at", "attempts"):
        op.drop_column("archive_package", column)
