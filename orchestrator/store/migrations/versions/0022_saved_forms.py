"""Forms that a person has begun and not submitted yet

Revision: 0022, after 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_form",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=240), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_form_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "purpose", name=op.f("pk_saved_form")),
    )
    op.create_index(op.f("ix_saved_form_saved_at"), "saved_form", ["saved_at"])


def downgrade() -> None:
    op.drop_table("saved_form")
