"""Reports of residents

Revision: 0045, after 0044
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
PATH = sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "resident_report",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("grid_code", sa.String(32), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("point", sa.String(60), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("sender", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=True),
        sa.CheckConstraint("state IN ('received', 'accepted', 'refused')", name=op.f("ck_resident_report_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_resident_report_decided_by_person")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_resident_report_instance_id_process_instance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_report")),
        sa.UniqueConstraint("number", name=op.f("uq_resident_report_number")),
        sa.UniqueConstraint("tenant_id", "grid_code", "key", name=op.f("uq_resident_report_tenant_id_grid_code_key")),
    )
    op.create_index(op.f("ix_resident_report_tenant_id_state_received_at"), "resident_report", ["tenant_id", "state", "received_at"])
    op.create_index(op.f("ix_resident_report_sender_received_at"), "resident_report", ["sender", "received_at"])
    op.create_index(op.f("ix_resident_report_grid_code_received_at"), "resident_report", ["grid_code", "received_at"])
    op.create_index(op.f("ix_resident_report_instance_id"), "resident_report", ["instance_id"])
    op.create_table(
        "resident_photo",
        sa.Column("report_id", sa.String(24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["resident_report.id"], name=op.f("fk_resident_photo_report_id_resident_report")),
        sa.PrimaryKeyConstraint("report_id", "position", name=op.f("pk_resident_photo")),
    )


def downgrade() -> None:
    op.drop_table("resident_photo")
    op.drop_table("resident_report")
