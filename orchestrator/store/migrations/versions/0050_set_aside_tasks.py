"""Tasks that a person sets aside until a day

Revision: 0050, after 0049
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "set_aside_task",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(60), nullable=False),
        sa.Column("returns_at", INSTANT, nullable=False),
        sa.Column("note", sa.String(100), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_set_aside_task_person_id")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_set_aside_task_task_id")),
        sa.PrimaryKeyConstraint("person_id", "task_id", name=op.f("pk_set_aside_task")),
    )
    op.create_index("ix_set_aside_task_task_id", "set_aside_task", ["task_id"])


def downgrade() -> None:
    op.drop_table("set_aside_task")
