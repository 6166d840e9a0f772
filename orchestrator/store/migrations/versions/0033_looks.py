"""Who looked at what

Revision: 0033, after 0032
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "look",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("on", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_look_person_id")),
        sa.PrimaryKeyConstraint("subject", "on", "person_id", name=op.f("pk_look")),
    )
    op.create_index(op.f("ix_look_person_id_on"), "look", ["person_id", "on"])


def downgrade() -> None:
    op.drop_table("look")
