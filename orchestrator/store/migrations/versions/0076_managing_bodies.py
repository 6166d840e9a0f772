"""The department that manages a grid together with the place

Revision: 0076, after 0075
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "grid", sa.Column("managing_body", sa.String(120), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("grid", "managing_body")
