"""Bodies are renamed, dissolved and succeeded by administrators, on the record

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    # ADD COLUMN as it is: a copy of the table, as batch mode makes one, cannot replace what foreign keys point at.
    op.add_column("body", sa.Column("named_here", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("body", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("body", sa.Column("successor_id", sa.String(length=120), nullable=True))
    op.add_column("body", sa.Column("dissolved_at", INSTANT, nullable=True))
    op.create_index(op.f("ix_body_successor_id"), "body", ["successor_id"])
    op.create_table(
        "body_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.String(length=120), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_body_event_actor_id")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_body_event_body_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body_event")),
    )
    op.create_index(op.f("ix_body_event_body_id_at"), "body_event", ["body_id", "at"])


def downgrade() -> None:
    op.drop_table("body_event")
    op.drop_index(op.f("ix_body_successor_id"), "body")
    for column in ("dissolved_at", "successor_id", "ends_on", "named_here"):
        op.drop_column("body", column)
