"""Open tasks of an area are counted from their index alone; the few instances that nobody may count have one

Revision: 0069, after 0068
"""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
UNCOUNTED = sa.text("state = 'suspended' OR (restricted AND state = 'active')")
READ_WITH_IT = ["territory_path", "instance_id", "process_key"]


def upgrade() -> None:
    _due(postgresql_include=READ_WITH_IT)
    op.create_index(
        "ix_process_instance_kept_back",
        "process_instance",
        ["tenant_id", "id"],
        postgresql_where=UNCOUNTED,
        sqlite_where=UNCOUNTED,
    )


def downgrade() -> None:
    op.drop_index("ix_process_instance_kept_back", table_name="process_instance")
    _due()


def _due(**details: list[str]) -> None:
    op.drop_index("ix_user_task_open_due", table_name="user_task")
    op.create_index(
        "ix_user_task_open_due",
        "user_task",
        ["tenant_id", "due_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
        **details,
    )
