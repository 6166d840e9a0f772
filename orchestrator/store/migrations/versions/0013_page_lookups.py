"""Indexes for what matter and administration pages look up

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FIRED = sa.text("state = 'fired'")

OPEN = sa.text("state = 'open'")
PRESSING = sa.text("priority <> 'normal'")


def upgrade() -> None:
    op.drop_index("ix_user_task_candidate_candidate_instance_id", table_name="user_task_candidate")
    op.create_index("ix_user_task_candidate_instance_id_candidate", "user_task_candidate", ["instance_id", "candidate"])
    op.create_index("ix_process_instance_definition_id_state", "process_instance", ["definition_id", "state"])
    op.create_index("ix_timer_job_fired", "timer_job", ["tenant_id", "fired_at"], postgresql_where=FIRED, sqlite_where=FIRED)
    op.create_index("ix_user_task_open_due", "user_task", ["tenant_id", "due_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index(
        "ix_grid_case_pressing",
        "grid_case",
        ["tenant_id", "priority", "found_at", "instance_id"],
        postgresql_where=PRESSING,
        sqlite_where=PRESSING,
    )


def downgrade() -> None:
    op.drop_index("ix_grid_case_pressing", table_name="grid_case")
    op.drop_index("ix_user_task_open_due", table_name="user_task")
    op.drop_index("ix_timer_job_fired", table_name="timer_job")
    op.drop_index("ix_process_instance_definition_id_state", table_name="process_instance")
    op.drop_index("ix_user_task_candidate_instance_id_candidate", table_name="user_task_candidate")
    op.create_index("ix_user_task_candidate_candidate_instance_id", "user_task_candidate", ["candidate", "instance_id"])
