"""Notifications of people, and up to where each history has been read for them

Revision: 0025, after 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KINDS = "kind IN ('assigned', 'urged', 'returned', 'result', 'copied', 'mentioned', 'due-soon', 'overdue')"
UNREAD = sa.text("read_at IS NULL")
UNNOTIFIED = sa.text("history_seq > notified_seq")


def upgrade() -> None:
    op.add_column("process_instance", sa.Column("notified_seq", sa.Integer(), nullable=False, server_default="0"))
    # Nobody is notified of what happened before.
    op.execute("UPDATE process_instance SET notified_seq = history_seq")
    op.create_index(
        "ix_process_instance_unnotified",
        "process_instance",
        ["id"],
        postgresql_where=UNNOTIFIED,
        sqlite_where=UNNOTIFIED,
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("task_id", sa.String(60), nullable=True),
        sa.Column("step", sa.String(120), nullable=False),
        sa.Column("by", sa.String(60), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(120), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_notification_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_person_id_person")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_notification_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("person_id", "source", name=op.f("uq_notification_person_id_source")),
    )
    op.create_index(op.f("ix_notification_person_id_at_id"), "notification", ["person_id", "at", "id"])
    op.create_index(
        "ix_notification_unread", "notification", ["person_id"], postgresql_where=UNREAD, sqlite_where=UNREAD
    )
    op.create_index(op.f("ix_notification_instance_id"), "notification", ["instance_id"])
    op.create_index(op.f("ix_notification_at"), "notification", ["at"])
    op.create_table(
        "notification_sweep",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('due-soon', 'overdue')", name=op.f("ck_notification_sweep_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", name=op.f("pk_notification_sweep")),
    )


def downgrade() -> None:
    op.drop_table("notification_sweep")
    op.drop_table("notification")
    op.drop_index("ix_process_instance_unnotified", table_name="process_instance")
    op.drop_column("process_instance", "notified_seq")
