"""The procedure by which a pay sheet is checked and approved

Revision: 0080, after 0079
"""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pay_sheet", sa.Column("instance_id", sa.String(24), nullable=True))
    op.create_index(op.f("ix_pay_sheet_instance_id"), "pay_sheet", ["instance_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_pay_sheet_instance_id"), "pay_sheet")
    op.drop_column("pay_sheet", "instance_id")
