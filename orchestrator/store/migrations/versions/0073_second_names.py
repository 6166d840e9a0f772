"""Names of grids, areas and people in a city's second language

Revision: 0073, after 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_name",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("text", sa.String(120), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "text", name=op.f("pk_second_name")
        ),
    )


def downgrade() -> None:
    op.drop_table("second_name")
