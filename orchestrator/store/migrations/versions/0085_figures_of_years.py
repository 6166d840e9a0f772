"""Figures of a year, as sums of their own beside those of its months

Revision: 0085, after 0084
"""

from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

MEASURES = ("registered", "open", "closed", "on_time", "reworked", "to_tell", "told", "rated", "satisfied", "dropped")
OF_A_YEAR = "length(period) = 4"


def upgrade() -> None:
    for table, more, sums in (("figure", (), MEASURES), ("figure_hours", ("minutes",), ("many",))):
        named = ", ".join(("key", *more))
        added = ", ".join(f"sum({name})" for name in sums)
        op.execute(
            f"INSERT INTO {table} (tenant_id, path, kind, period, {named}, {', '.join(sums)}) "
            f"SELECT tenant_id, path, kind, substr(period, 1, 4), {named}, {added} FROM {table} "
            f"WHERE period <> '' GROUP BY tenant_id, path, kind, substr(period, 1, 4), {named}"
        )


def downgrade() -> None:
    for table in ("figure", "figure_hours"):
        op.execute(f"DELETE FROM {table} WHERE {OF_A_YEAR}")
