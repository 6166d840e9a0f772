"""What has been done about late tasks and about urgent ones that nobody has taken

Revision: 0052, after 0051
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "task_reminder",
        sa.Column("task_id", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("done", sa.JSON(), nullable=False),
        sa.Column("told", sa.String(12), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('overdue', 'unclaimed')", name=op.f("ck_task_reminder_kind")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_task_reminder_instance_id")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_task_reminder_task_id")),
        sa.PrimaryKeyConstraint("task_id", "kind", name=op.f("pk_task_reminder")),
    )
    op.create_index(op.f("ix_task_reminder_instance_id"), "task_reminder", ["instance_id"])


def downgrade() -> None:
    op.drop_table("task_reminder")
