"""What a timer without a deadline had left when its step's deadline was suspended

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timer_job", sa.Column("left_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))


def downgrade() -> None:
    # Nobody would start them again: they fall due as soon as the older version looks.
    op.execute("UPDATE timer_job SET due_at = planned_at WHERE left_ms IS NOT NULL AND state = 'planned'")
    op.drop_column("timer_job", "left_ms")
