"""Running instances that are about another one are found without reading the others

Revision: 0081, after 0080
"""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None
ASKING = "state = 'active' AND about_id IS NOT NULL"


def upgrade() -> None:
    op.create_index(
        "ix_process_instance_asking",
        "process_instance",
        ["id"],
        postgresql_where=sa.text(ASKING),
        sqlite_where=sa.text(ASKING),
    )


def downgrade() -> None:
    op.drop_index("ix_process_instance_asking", "process_instance")
