"""Groups of the directory and their bodies; the last day of who leaves

Revision: 0048, after 0047
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("group_name", sa.String(length=200), nullable=False),
        sa.Column("body_id", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_group_mapping_body_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_mapping")),
        sa.UniqueConstraint("tenant_id", "group_name", "body_id", name=op.f("uq_group_mapping_tenant_id_group_name_body_id")),
    )
    op.create_index(op.f("ix_group_mapping_body_id"), "group_mapping", ["body_id"])
    op.create_table(
        "planned_leaving",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.Column("planned_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_planned_leaving_person_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["person.id"], name=op.f("fk_planned_leaving_successor_id")),
        sa.ForeignKeyConstraint(["planned_by"], ["person.id"], name=op.f("fk_planned_leaving_planned_by")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_planned_leaving")),
    )


def downgrade() -> None:
    op.drop_table("planned_leaving")
    op.drop_table("group_mapping")
