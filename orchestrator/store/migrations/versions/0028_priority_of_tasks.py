"""Open tasks of urgent and major cases have the case's priority

Revision: 0028, after 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

PRIORITIES = {"urgent": 75, "major": 100}


def upgrade() -> None:
    for name, priority in PRIORITIES.items():
        op.execute(
            f"UPDATE user_task SET priority = {priority} WHERE state = 'open' AND priority = 50"
            f" AND instance_id IN (SELECT instance_id FROM grid_case WHERE priority = '{name}')"
        )


def downgrade() -> None:
    pass
