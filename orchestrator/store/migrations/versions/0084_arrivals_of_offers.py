"""What is new among the offers of a body is read from the index of their due dates alone

Revision: 0084, after 0083
"""

import sqlalchemy as sa
from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

NAME = "ix_user_task_candidate_offered"
COLUMNS = ("candidate", "due_sort", "task_id")


def upgrade() -> None:
    _renew(*COLUMNS, "opened_at")


def downgrade() -> None:
    _renew(*COLUMNS)


def _renew(*columns: str) -> None:
    offered = sa.text("offered")
    op.drop_index(NAME, "user_task_candidate")
    op.create_index(
        NAME,
        "user_task_candidate",
        list(columns),
        postgresql_where=offered,
        sqlite_where=offered,
    )
