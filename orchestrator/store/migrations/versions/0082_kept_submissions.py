"""What was submitted for those who sign after is kept for its writer when it waits no more

Revision: 0082, after 0081
"""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

PRIMARY_KEY = "pk_held_submission"
WAITING = sa.text("ended = ''")
ENDED = "ended IN ('', 'disagreed', 'removed', 'handed-on', 'refused')"


def upgrade() -> None:
    with op.batch_alter_table("held_submission") as table:
        table.add_column(sa.Column("ended", sa.String(12), nullable=False, server_default=""))
        table.add_column(sa.Column("reasons", sa.Text(), nullable=False, server_default=""))
        table.drop_constraint(PRIMARY_KEY, type_="primary")
        table.create_primary_key(PRIMARY_KEY, ["task_id", "person_id"])
        table.create_check_constraint(op.f("ck_held_submission_ended"), ENDED)
    op.create_index(
        "ix_held_submission_waiting",
        "held_submission",
        ["task_id"],
        unique=True,
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    op.execute("DELETE FROM held_submission WHERE ended <> ''")
    op.drop_index("ix_held_submission_waiting", "held_submission")
    with op.batch_alter_table("held_submission") as table:
        table.drop_constraint(op.f("ck_held_submission_ended"), type_="check")
        table.drop_constraint(PRIMARY_KEY, type_="primary")
        table.create_primary_key(PRIMARY_KEY, ["task_id"])
        table.drop_column("reasons")
        table.drop_column("ended")
