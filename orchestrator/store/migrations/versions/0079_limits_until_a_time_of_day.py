"""Limits that end at a time of day

Revision: 0079, after 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deadline") as deadline:
        deadline.add_column(sa.Column("limit_until", sa.String(5), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deadline") as deadline:
        deadline.drop_column("limit_until")
