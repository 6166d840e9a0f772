"""A place's own days stand apart from the nation's, which a former program goes on reading; a process says
which schema it knows; tasks of bodies in several places count the days of the whole jurisdiction

Revision: 0067, after 0066
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

VERSION = sa.table(
    "calendar_version",
    sa.column("tenant_id"),
    sa.column("number"),
    sa.column("year"),
    sa.column("source"),
    sa.column("days", sa.JSON()),
    sa.column("own_days", sa.JSON()),
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
OFFERED = """
    SELECT CASE WHEN min(body.territory_code) = max(body.territory_code)
                THEN min(body.territory_code) END
    FROM user_task_candidate
    JOIN body ON body.id = user_task_candidate.candidate
    WHERE user_task_candidate.task_id = deadline.task_id
"""
BACK = "撤下各地自定的日子"


def upgrade() -> None:
    op.add_column(
        "calendar_version", sa.Column("own_days", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column(
        "service_process", sa.Column("knows", sa.String(12), nullable=False, server_default="")
    )
    connection = op.get_bind()
    for row in connection.execute(_of_places()).all():
        its = (VERSION.c.tenant_id == row.tenant_id, VERSION.c.number == row.number)
        connection.execute(
            sa.update(VERSION)
            .where(*its)
            .values(own_days=row.days, days=_nations(connection, row))
        )
    op.execute(
        "UPDATE deadline SET days_of = ("
        + OFFERED
        + ") WHERE task_id IN (SELECT id FROM user_task WHERE state = 'open')"
    )


def downgrade() -> None:
    """The former program knows the nation's days alone. It counts all that runs by a further version of each
    year that a place had days in."""
    connection = op.get_bind()
    numbers: dict[str, int] = {}
    rows = connection.execute(_of_places()).all()
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
            "own_days": [],
            "place": "",
            "imported_at": row.imported_at,
        }
        connection.execute(sa.insert(VERSION).values(further))
    op.execute("UPDATE calendar_version SET place = '' WHERE place <> ''")
    op.execute(
        "UPDATE calendar_proposal SET outcome = 'withdrawn' WHERE place <> '' AND outcome = 'open'"
    )
    op.execute("UPDATE calendar_proposal SET place = '' WHERE place <> ''")
    with op.batch_alter_table("service_process") as table:
        table.drop_column("knows")
    with op.batch_alter_table("calendar_version") as table:
        table.drop_column("own_days")


def _of_places() -> sa.Select:
    return sa.select(VERSION).where(VERSION.c.place != "").order_by(VERSION.c.number)


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
