"""Since when a task is held; how late a timer fired may be more than 24 days

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
LONGEST = 2**31 - 1


def upgrade() -> None:
    # Of tasks that are held already nobody noted since when; the opening of the task stands for it.
    op.add_column("user_task", sa.Column("assigned_at", INSTANT, nullable=True))
    op.execute("UPDATE user_task SET assigned_at = opened_at WHERE state = 'open' AND assignee_id IS NOT NULL")
    held = sa.text("state = 'open' AND assignee_id IS NOT NULL")
    op.create_index("ix_user_task_held", "user_task", ["tenant_id", "assigned_at"], postgresql_where=held, sqlite_where=held)
    if _has_short_integers():
        op.alter_column("timer_job", "lag_ms", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=True)


def downgrade() -> None:
    if _has_short_integers():
        op.execute(f"UPDATE timer_job SET lag_ms = {LONGEST} WHERE lag_ms > {LONGEST}")
        op.alter_column("timer_job", "lag_ms", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=True)
    op.drop_index("ix_user_task_held", table_name="user_task")
    op.drop_column("user_task", "assigned_at")


def _has_short_integers() -> bool:
    """SQLite's integers have 64 bits whatever they are called."""
    return op.get_bind().dialect.name != "sqlite"
