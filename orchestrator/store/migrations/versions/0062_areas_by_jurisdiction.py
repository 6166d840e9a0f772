"""An area's id is its jurisdiction's own: two cities may have the same

Revision: 0062, after 0061
"""

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _identify_by(["tenant_id", "id"])


def downgrade() -> None:
    _identify_by(["id"])


def _identify_by(columns: list[str]) -> None:
    with op.batch_alter_table("grid_area") as table:
        table.drop_constraint("pk_grid_area", type_="primary")
        table.create_primary_key("pk_grid_area", columns)
