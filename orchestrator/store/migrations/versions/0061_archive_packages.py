"""Archive packages of ended process instances

Revision: 0061, after 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archive_package",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("history_seq", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False, server_default=""),
        sa.CheckConstraint(
            "state IN ('waiting', 'made', 'refused')", name=op.f("ck_archive_package_state")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_archive_package_instance_id")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["person.id"], name=op.f("fk_archive_package_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_package")),
    )
    op.create_index(
        op.f("ix_archive_package_instance_id_asked_at"), "archive_package", ["instance_id", "asked_at"]
    )
    op.create_index(op.f("ix_archive_package_state_asked_at"), "archive_package", ["state", "asked_at"])
    op.create_index(op.f("ix_archive_package_sha256"), "archive_package", ["sha256"])


def downgrade() -> None:
    op.drop_table("archive_package")
