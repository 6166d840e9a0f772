"""What no other running matter may ask for at the same time

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What runs already is filled in when its jurisdiction is loaded: which matters ask for what stands in their diagrams.
    op.add_column("process_instance", sa.Column("asks_for", sa.String(64), nullable=True))
    asked = sa.text("asks_for IS NOT NULL")
    op.create_index(
        "ix_process_instance_asks_for",
        "process_instance",
        ["tenant_id", "asks_for"],
        postgresql_where=asked,
        sqlite_where=asked,
    )


def downgrade() -> None:
    op.drop_index("ix_process_instance_asks_for", table_name="process_instance")
    op.drop_column("process_instance", "asks_for")
