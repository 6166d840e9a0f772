"""`./gridflow import-calendar`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import Blueprint

from orchestrator.domain import announcements
from orchestrator.errors import GridflowError, RuleViolated
from orchestrator.services.clocks import recalculation
from orchestrator.services.installation import database
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import calendar_years, calendars
from orchestrator.services.registers.calendar_years import CalendarChange

blueprint = Blueprint("holidays", __name__, cli_group=None)


@blueprint.cli.command("import-calendar")
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--year",
    type=int,
    help="The year announced; by default the one that most days of the file lie in.",
)
@click.option("--source", default="", help="Name and number of the notice.")
@click.option(
    "--city",
    help="Key of the jurisdiction; may be left out where one alone is loaded.",
)
@click.option(
    "--place",
    default="",
    help="Code of the county or township whose own days these are; without it they are the nation's.",
)
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of effect: the days before it stay as they are.",
)
def import_calendar(
    file: Path,
    year: int | None,
    source: str,
    city: str | None,
    place: str,
    first: datetime | None,
) -> None:
    """Bring a year's holidays into force from a file of lines (2027-01-01,休,元旦) or the notice's text, and
    count due dates anew."""
    now = datetime.now(UTC)
    this_year = now.astimezone(ZoneInfo(database.settings().timezone)).year
    try:
        tenant_id = calendar_years.jurisdiction(city)
        announcement = calendar_years.announced(
            reading(),
            tenant_id,
            announcements.decode(file.read_bytes()),
            year,
            place,
        )
        number = calendars.activate(
            tenant_id,
            CalendarChange(
                announcement,
                source,
                calendar_years.Validity(
                    place, first.date() if first else None
                ),
            ),
            None,
            now,
            this_year,
        )
    except RuleViolated as refused:
        raise click.ClickException("\n".join(refused.reasons)) from None
    except (GridflowError, ValueError) as refused:
        raise click.ClickException(str(refused)) from None
    for warning in announcement.warnings:
        click.echo(f"提示　{warning}", err=True)
    done = recalculation.recalculate(now, tenant_id)
    if number is None:
        click.echo(f"{announcement.year} 年的日历已经是这样，没有改动")
    else:
        if done.left:
            left = f"，还有 {done.left} 个由时钟继续重算"
        else:
            left = ""
        click.echo(
            f"{announcement.year} 年的日历已启用（第 {number} 版），改变了 {done.moved} 个截止时间{left}",
        )
