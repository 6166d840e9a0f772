"""Passkeys of people; how and with which device somebody signed in

Revision: 0044, after 0043
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("credential", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_passkey_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"])
    op.create_table(
        "used_challenge",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_challenge")),
    )
    op.add_column("sign_in_event", sa.Column("way", sa.String(length=12), server_default="password", nullable=False))
    op.add_column("sign_in_event", sa.Column("device", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("sign_in_event", "device")
    op.drop_column("sign_in_event", "way")
    op.drop_table("used_challenge")
    op.drop_table("passkey")
