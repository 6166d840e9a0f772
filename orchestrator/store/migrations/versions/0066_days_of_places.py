"""Own days of places beside those of the nation; a deadline says whose days count for it

Revision: 0066, after 0065
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

OFFERED = """
    SELECT min(body.territory_code) FROM user_task_candidate
    JOIN body ON body.id = user_task_candidate.candidate
    WHERE user_task_candidate.task_id = deadline.task_id
"""


def upgrade() -> None:
    for table in ("calendar_version", "calendar_proposal"):
        op.add_column(
            table, sa.Column("place", sa.String(32), nullable=False, server_default="")
        )
    op.add_column("calendar_version", sa.Column("first_on", sa.String(10), nullable=True))
    op.add_column("deadline", sa.Column("days_of", sa.String(32), nullable=True))
    op.execute(
        "UPDATE deadline SET days_of = ("
        + OFFERED
        + ") WHERE task_id IN (SELECT id FROM user_task WHERE state = 'open')"
    )


def downgrade() -> None:
    with op.batch_alter_table("deadline") as table:
        table.drop_column("days_of")
    with op.batch_alter_table("calendar_version") as table:
        table.drop_column("first_on")
        table.drop_column("place")
    with op.batch_alter_table("calendar_proposal") as table:
        table.drop_column("place")
