"""Own days of places beside those of the nation; a deadline says whose days count for it

Revision: 0066, after 0065
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

VERSION = sa.table(
    "calendar_version",
    sa.column("tenant_id"),
    sa.column("number"),
    sa.column("year"),
    sa.column("source"),
    sa.column("days", sa.JSON()),
    sa.column("place"),
    sa.column("imported_at", orchestrator.store.base.Instant(timezone=True)),
)
DAY = sa.table(
    "calendar_day",
    sa.column("tenant_id"),
    sa.column("on"),
    sa.column("kind"),
    sa.column("name"),
)
BACK = "撤下各地自定的日子"
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
    """The former program knows the nation's days alone: versions of places have these. It counts all that runs
    by a further version of each year that a place had days in."""
    connection = op.get_bind()
    of_places = sa.select(VERSION).where(VERSION.c.place != "").order_by(VERSION.c.number)
    rows = connection.execute(of_places).all()
    numbers: dict[str, int] = {}
    for row in {(row.tenant_id, row.year): row for row in rows}.values():
        newest = sa.select(sa.func.max(VERSION.c.number)).where(
            VERSION.c.tenant_id == row.tenant_id
        )
        known = numbers.get(row.tenant_id) or connection.scalar(newest)
        numbers[row.tenant_id] = known + 1
        further = {
            "tenant_id": row.tenant_id,
            "number": known + 1,
            "year": row.year,
            "source": BACK,
            "days": _nations(connection, row, latest=True),
            "place": "",
            "imported_at": row.imported_at,
        }
        connection.execute(sa.insert(VERSION).values(further))
    for row in rows:
        its = (VERSION.c.tenant_id == row.tenant_id, VERSION.c.number == row.number)
        connection.execute(
            sa.update(VERSION).where(*its).values(days=_nations(connection, row))
        )
    op.execute("UPDATE calendar_version SET place = '' WHERE place <> ''")
    op.execute(
        "UPDATE calendar_proposal SET outcome = 'withdrawn' WHERE place <> '' AND outcome = 'open'"
    )
    with op.batch_alter_table("deadline") as table:
        table.drop_column("days_of")
    with op.batch_alter_table("calendar_version") as table:
        table.drop_column("first_on")
        table.drop_column("place")
    with op.batch_alter_table("calendar_proposal") as table:
        table.drop_column("place")


def _nations(connection: sa.Connection, row: sa.Row, latest: bool = False) -> list:
    """The nation's days of the row's year, as they were when the row came into force or as they are."""
    of_year = sa.select(VERSION.c.days).where(
        VERSION.c.tenant_id == row.tenant_id,
        VERSION.c.place == "",
        VERSION.c.year == row.year,
    )
    if not latest:
        of_year = of_year.where(VERSION.c.number < row.number)
    numbered = connection.scalars(of_year.order_by(VERSION.c.number.desc())).first()
    if numbered is not None:
        return numbered
    in_year = (
        DAY.c.tenant_id.in_(("", row.tenant_id)),
        DAY.c.on.between(f"{row.year}-01-01", f"{row.year}-12-31"),
    )
    days = connection.execute(sa.select(DAY).where(*in_year).order_by(DAY.c.on)).all()
    own = [day for day in days if day.tenant_id == row.tenant_id]
    return [[day.on, day.kind, day.name] for day in own or days]
