"""How often a store or a database in trouble ended an attempt at an archive package

Revision: 0068, after 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "archive_package", sa.Column("troubles", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("archive_package", "troubles")
