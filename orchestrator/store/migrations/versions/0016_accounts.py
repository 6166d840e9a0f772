"""Sessions that end on the server, attempts to sign in, one-time passwords, what was done to accounts

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    # ADD and DROP COLUMN as they are: a copy of the table, as batch mode makes one, cannot replace what foreign keys point at.
    op.add_column("person", sa.Column("one_time_until", INSTANT, nullable=True))
    op.drop_column("person", "failed_sign_ins")
    op.drop_column("person", "locked_until")
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
    )
    op.create_index(op.f("ix_sign_in_session_person_id"), "sign_in_session", ["person_id"])
    op.create_table(
        "sign_in_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint("kind IN ('signed-in', 'failed', 'throttled', 'unlocked')", name=op.f("ck_sign_in_event_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_event")),
    )
    for columns in (["username", "at"], ["address", "at"], ["person_id", "at"], ["at"]):
        op.create_index(op.f(f"ix_sign_in_event_{'_'.join(columns)}"), "sign_in_event", columns)
    op.create_table(
        "account_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_account_event_actor_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_event")),
    )
    op.create_index(op.f("ix_account_event_person_id_at"), "account_event", ["person_id", "at"])


def downgrade() -> None:
    for table in ("account_event", "sign_in_event", "sign_in_session"):
        op.drop_table(table)
    op.add_column("person", sa.Column("failed_sign_ins", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("locked_until", INSTANT, nullable=True))
    op.drop_column("person", "one_time_until")
