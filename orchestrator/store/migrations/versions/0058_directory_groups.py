"""What a directory provisions by SCIM: people that it knows, groups and who is in them

Revision: 0058, after 0057
"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provisioned_person",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_provisioned_person_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_provisioned_person")),
    )
    op.create_table(
        "directory_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_group")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_directory_group_tenant_id_name")),
    )
    op.create_table(
        "directory_group_member",
        sa.Column("group_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["directory_group.id"],
            name=op.f("fk_directory_group_member_group_id_directory_group"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_directory_group_member_person_id_person")
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_directory_group_member")),
    )
    op.create_index(
        op.f("ix_directory_group_member_person_id"), "directory_group_member", ["person_id"]
    )


def downgrade() -> None:
    op.drop_table("directory_group_member")
    op.drop_table("directory_group")
    op.drop_table("provisioned_person")
