"""Saved views of the inbox, and how each person has his list

Revision: 0042, after 0041
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.String(120), nullable=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("query", sa.String(1000), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_view_person_id_name")),
    )
    shared = sa.text("body_id IS NOT NULL")
    op.create_index("ix_saved_view_body_id", "saved_view", ["body_id"], postgresql_where=shared, sqlite_where=shared)
    op.create_table(
        "inbox_choice",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("density", sa.String(12), nullable=False),
        sa.Column("view_id", sa.String(24), nullable=True),
        sa.CheckConstraint("density IN ('comfortable', 'compact')", name=op.f("ck_inbox_choice_density")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inbox_choice_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_inbox_choice")),
    )


def downgrade() -> None:
    op.drop_table("inbox_choice")
    op.drop_table("saved_view")
