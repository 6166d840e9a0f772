"""The cluster (联户单位) that a household of a grid's register belongs to

Revision: 0078, after 0077
"""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grid_entry", sa.Column("cluster_id", sa.String(24), nullable=True))
    op.create_index(op.f("ix_grid_entry_cluster_id"), "grid_entry", ["cluster_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_grid_entry_cluster_id"), "grid_entry")
    op.drop_column("grid_entry", "cluster_id")
