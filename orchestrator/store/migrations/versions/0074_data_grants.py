"""Who was granted the sight of graded fields or of an instance, until when and why

Revision: 0074, after 0073
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = orchestrator.store.base.Instant(timezone=True)
    op.create_table(
        "data_grant",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("addressee", sa.String(120), nullable=False),
        sa.Column("addressee_name", sa.String(120), nullable=False),
        sa.Column("grade", sa.String(60), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("instance_id", sa.String(24)),
        sa.Column("territory_path", orchestrator.store.base.PathText, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("granted_at", instant, nullable=False),
        sa.Column("revoked_by", sa.Integer()),
        sa.Column("revoked_at", instant),
        sa.Column("revoked_why", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name=op.f("fk_data_grant_granted_by")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_data_grant_instance_id")),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.id"], name=op.f("fk_data_grant_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_grant")),
    )
    op.create_index(op.f("ix_data_grant_addressee_ends_at"), "data_grant", ["addressee", "ends_at"])
    op.create_index(op.f("ix_data_grant_instance_id"), "data_grant", ["instance_id"])
    op.create_index(op.f("ix_data_grant_tenant_id_granted_at"), "data_grant", ["tenant_id", "granted_at"])


def downgrade() -> None:
    op.drop_table("data_grant")
