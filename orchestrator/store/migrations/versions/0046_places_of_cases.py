"""Where a case is: in words and as a point

Revision: 0046, after 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grid_case", sa.Column("location", sa.String(200), nullable=False, server_default=""))
    op.add_column("grid_case", sa.Column("latitude", sa.Float(), nullable=True))
    op.add_column("grid_case", sa.Column("longitude", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("grid_case", "longitude")
    op.drop_column("grid_case", "latitude")
    op.drop_column("grid_case", "location")
