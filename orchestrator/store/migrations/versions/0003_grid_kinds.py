"""A grid's kind is one of its jurisdiction's own kinds: the profile checks it, not the schema

Revision: 0003, after 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = "kind IN ('general', 'dedicated')"


def upgrade() -> None:
    with op.batch_alter_table("grid") as grid:
        grid.drop_constraint(op.f("ck_grid_kind"), type_="check")


def downgrade() -> None:
    op.execute("UPDATE grid SET kind = 'general' WHERE kind NOT IN ('general', 'dedicated')")
    with op.batch_alter_table("grid") as grid:
        grid.create_check_constraint(op.f("ck_grid_kind"), KINDS)
