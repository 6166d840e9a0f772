"""A place's own days stand apart from the nation's, which a former program goes on reading; a process says
which schema it knows; tasks of bodies in several places count the days of the whole jurisdiction

Revision: 0067, after 0066
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

VERSION = sa.table(
    "calendar_version",
    sa.column("tenant_id"),
    sa.column("number"),
    sa.column("year"),
    sa.column("days", sa.JSON()),
    sa.column("own_days", sa.JSON()),
    sa.column("place"),
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
    """The former program has a place's own days in `days`."""
    op.execute("UPDATE calendar_version SET days = own_days WHERE place <> ''")
    with op.batch_alter_table("service_process") as table:
        table.drop_column("knows")
    with op.batch_alter_table("calendar_version") as table:
        table.drop_column("own_days")


def _of_places() -> sa.Select:
    return sa.select(VERSION).where(VERSION.c.place != "").order_by(VERSION.c.number)


def _nations(connection: sa.Connection, row: sa.Row) -> list:
    """The nation's days of the row's year, as they were when the row came into force."""
    of_year = sa.select(VERSION.c.days).where(
        VERSION.c.tenant_id == row.tenant_id,
        VERSION.c.place == "",
        VERSION.c.year == row.year,
        VERSION.c.number < row.number,
    )
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
