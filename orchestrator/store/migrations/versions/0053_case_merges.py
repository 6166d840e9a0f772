"""What is needed to undo a merge of cases

Revision: 0053, after 0052
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_merge",
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("merged_at", orchestrator.store.base.Instant(timezone=True), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_case_merge_instance_id_process_instance")),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_case_merge")),
    )


def downgrade() -> None:
    op.drop_table("case_merge")
