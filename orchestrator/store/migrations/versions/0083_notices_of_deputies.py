"""Deputies are told that they are, which is about no process instance

Revision: 0083, after 0082
"""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

KIND = "ck_notification_kind"
BEFORE = ("assigned", "urged", "returned", "result", "copied", "mentioned", "due-soon", "overdue")
NEW = "deputy"
CHANNEL = sa.table(
    "notification_channel",
    sa.column("person_id", sa.Integer),
    sa.column("channel", sa.String),
    sa.column("kinds", sa.JSON),
)


def one_of(kinds: tuple[str, ...]) -> str:
    return "kind IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"


def upgrade() -> None:
    with op.batch_alter_table("notification") as table:
        table.alter_column("instance_id", existing_type=sa.String(24), nullable=True)
        table.drop_constraint(op.f(KIND), type_="check")
        table.create_check_constraint(op.f(KIND), one_of((*BEFORE, NEW)))
    op.create_index("ix_absence_until_at", "absence", ["until_at"])
    # Who wants to hear of new tasks elsewhere hears of those that he gets as a deputy.
    _change(lambda kinds: [*kinds, NEW] if "assigned" in kinds else kinds)


def downgrade() -> None:
    _change(lambda kinds: [kind for kind in kinds if kind != NEW])
    op.drop_index("ix_absence_until_at", "absence")
    op.execute("DELETE FROM notification WHERE kind = 'deputy'")
    with op.batch_alter_table("notification") as table:
        table.drop_constraint(op.f(KIND), type_="check")
        table.create_check_constraint(op.f(KIND), one_of(BEFORE))
        table.alter_column("instance_id", existing_type=sa.String(24), nullable=False)


def _change(kinds_of) -> None:
    bind = op.get_bind()
    for row in bind.execute(sa.select(CHANNEL)).all():
        kinds = kinds_of(row.kinds)
        if kinds != row.kinds:
            bind.execute(
                sa.update(CHANNEL)
                .where(CHANNEL.c.person_id == row.person_id, CHANNEL.c.channel == row.channel)
                .values(kinds=kinds)
            )
