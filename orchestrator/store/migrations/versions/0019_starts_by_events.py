"""What starts an instance of a version by itself: timers, messages, signals, conditions

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "start_event",
        sa.Column("definition_id", sa.String(length=120), nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("process_key", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rounds_left", sa.Integer(), nullable=False),
        sa.Column("duration", sa.String(length=100), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fired_count", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('listening', 'planned', 'done', 'cancelled')", name=op.f("ck_start_event_state")),
        sa.CheckConstraint("kind IN ('timer', 'message', 'signal', 'conditional')", name=op.f("ck_start_event_kind")),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_start_event_definition_id_process_definition")
        ),
        sa.PrimaryKeyConstraint("definition_id", "element_id", name=op.f("pk_start_event")),
    )
    op.create_index(op.f("ix_start_event_tenant_id_kind_name"), "start_event", ["tenant_id", "kind", "name"])
    op.create_index(
        "ix_start_event_planned",
        "start_event",
        ["due_at"],
        postgresql_where=sa.text("state = 'planned'"),
        sqlite_where=sa.text("state = 'planned'"),
    )


def downgrade() -> None:
    op.drop_table("start_event")
