"""Files of those who serve grids

Revision: 0041, after 0040
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "member_file",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("schooling", sa.String(20), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("badge_no", sa.String(32), nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_member_file_person_id_person")),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_member_file_changed_by_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_member_file")),
        sa.UniqueConstraint("tenant_id", "badge_no", name=op.f("uq_member_file_tenant_id_badge_no")),
    )


def downgrade() -> None:
    op.drop_table("member_file")
