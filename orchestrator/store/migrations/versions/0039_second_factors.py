"""Second factors of people

Revision: 0039, after 0038
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("second_factor_at", INSTANT, nullable=True))
    op.create_table(
        "authenticator",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.String(length=400), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_authenticator_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_authenticator")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"])


def downgrade() -> None:
    op.drop_table("recovery_code")
    op.drop_table("authenticator")
    op.drop_column("person", "second_factor_at")
