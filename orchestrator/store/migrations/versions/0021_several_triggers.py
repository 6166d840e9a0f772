"""A start event may have several triggers, each with a row of its own

Revision: 0021, after 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PRIMARY_KEY = "pk_start_event"


def upgrade() -> None:
    with op.batch_alter_table("start_event") as table:
        table.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
        table.drop_constraint(PRIMARY_KEY, type_="primary")
        table.create_primary_key(PRIMARY_KEY, ["definition_id", "element_id", "number"])
    with op.batch_alter_table("start_event") as table:
        table.alter_column("number", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM start_event WHERE number > 0")
    with op.batch_alter_table("start_event") as table:
        table.drop_constraint(PRIMARY_KEY, type_="primary")
        table.create_primary_key(PRIMARY_KEY, ["definition_id", "element_id"])
        table.drop_column("number")
