"""Drafts that are published together with a draft of the regulation

Revision: 0047, after 0046
"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.add_column(sa.Column("joined_to", sa.String(24), nullable=True))
        table.create_foreign_key(op.f("fk_draft_joined_to"), "draft", ["joined_to"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.drop_constraint(op.f("fk_draft_joined_to"), type_="foreignkey")
        table.drop_column("joined_to")
