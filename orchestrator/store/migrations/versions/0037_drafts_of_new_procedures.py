"""A draft may be of a procedure that was never deployed

Revision: 0037, after 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.alter_column("base_definition_id", existing_type=sa.String(length=120), nullable=True)


def downgrade() -> None:
    of_new = "(SELECT id FROM draft WHERE base_definition_id IS NULL)"
    for table in ("draft_presence", "draft_revision"):
        op.execute(f"DELETE FROM {table} WHERE draft_id IN {of_new}")
    op.execute("DELETE FROM draft WHERE base_definition_id IS NULL")
    with op.batch_alter_table("draft") as table:
        table.alter_column("base_definition_id", existing_type=sa.String(length=120), nullable=False)
