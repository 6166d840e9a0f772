"""Dossiers whose term is over: lists, decisions, and what is left of those destroyed

Revision: 0070, after 0069
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "disposal_entry",
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("dossier_id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("process_key", sa.String(60), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kept_as", sa.String(20), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(200), server_default="", nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("files", sa.Integer(), server_default="0", nullable=False),
        sa.Column("destroyed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('listed', 'kept', 'withheld', 'destroyed')",
            name=op.f("ck_disposal_entry_state"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_disposal_entry_instance_id")
        ),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["process_instance.id"], name=op.f("fk_disposal_entry_dossier_id")
        ),
        sa.PrimaryKeyConstraint("instance_id", "dossier_id", name=op.f("pk_disposal_entry")),
    )
    op.create_index(op.f("ix_disposal_entry_dossier_id"), "disposal_entry", ["dossier_id"])
    op.create_index(
        op.f("ix_disposal_entry_tenant_id_state_destroyed_at"),
        "disposal_entry",
        ["tenant_id", "state", "destroyed_at"],
    )
    op.create_table(
        "tombstone",
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("destroyed_by", sa.String(24), nullable=False),
        sa.Column("destroyed_at", INSTANT, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_tombstone_instance_id")
        ),
        sa.ForeignKeyConstraint(
            ["destroyed_by"], ["process_instance.id"], name=op.f("fk_tombstone_destroyed_by")
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_tombstone")),
    )
    op.add_column("process_instance", sa.Column("destroyed_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("process_instance", "destroyed_at")
    op.drop_table("tombstone")
    op.drop_table("disposal_entry")
