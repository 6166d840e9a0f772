"""Who runs the platform oversees nothing

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    body = sa.table("body", sa.column("role", sa.String()), sa.column("oversees", sa.Boolean()))
    op.execute(sa.update(body).where(body.c.role.in_(("administrator", "designer"))).values(oversees=sa.false()))


def downgrade() -> None:
    """A profile that says so makes them overseers again when it is loaded."""
