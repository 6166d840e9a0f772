"""The `flask` commands that ./gridflow forwards to: each one call into services, as a job is."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import click
from flask import Blueprint

from orchestrator import jobs
from orchestrator.domain import announcements
from orchestrator.errors import (
    DeploymentRefused,
    GridflowError,
    RuleViolated,
    UpgradeFailed,
)
from orchestrator.services import jurisdictions
from orchestrator.services.clocks import recalculation
from orchestrator.services.designing import folder_check
from orchestrator.services.installation import (
    database,
    private_files,
    schema_upgrade,
)
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.jurisdictions import comparison
from orchestrator.services.people import first_administrators
from orchestrator.services.records import history
from orchestrator.services.registers import calendar_years, calendars
from orchestrator.services.simulation import (
    ScenarioReport,
    demonstration,
    fixture_databases,
    regulation_report,
    run_scenarios,
)
from orchestrator.store.looks import looks_of
from orchestrator.store.people import count_demonstration, demo_accounts
from web import archiving

ROOT = Path(__file__).parents[1]

SLOW_CHORES = (
    jobs.Chore(archiving.make_next, "an archive package could not be made"),
)
"""What the clock does that needs the pages' printing."""
blueprint = Blueprint("cli", __name__, cli_group=None)


class _Away(click.ClickException):
    """A server cannot be reached now; the launcher tries again for a while."""

    exit_code = 75


@blueprint.cli.command("prepare")
@click.argument("cities", nargs=-1, required=True)
@click.option(
    "--empty",
    is_flag=True,
    help="Without the demonstration's instances.",
)
def prepare(cities: tuple[str, ...], empty: bool) -> None:
    """Bring the schema up to date and load the cities named by key or folder, with demonstration people and
    instances where this is a demonstration."""
    os.umask(0o077)
    _upgrade()
    private_files.tighten(database.settings())
    if not jobs.queue_answers():
        raise _Away(
            "连不上 GRIDFLOW_REDIS_URL 指定的 Redis，请检查地址、密码和网络，或不设此项而用内置的",
        )
    demo = database.settings().demo
    for city in cities:
        if demo and not empty:
            _fill(_folder(city), len(cities))
        _load(_folder(city), demo)
    _list_accounts()
    if not database.settings().demo:
        _tell_administrators()


def _fill(folder: Path, cities: int) -> None:
    """Where the city is not loaded yet, with instances of the last months; fewer where several cities start,
    so that the start stays short."""
    instances = max(demonstration.INSTANCES // cities, demonstration.FEWEST)
    try:
        filled = demonstration.load_filled(
            folder, datetime.now(UTC), instances
        )
    except GridflowError:
        # Loading the folder tells what is wrong with it.
        return
    if filled is not None:
        click.echo(
            f"演示数据：{folder.name} 有 {filled.instances} 件事项 / demonstration instances",
        )


def _folder(city: str) -> Path:
    """The folder that a key of the product's cities or a path names. A path has a slash in it."""
    if "/" in city:
        return Path(city)
    return ROOT / "bpmn" / city


def _tell_administrators() -> None:
    left = count_demonstration(reading())
    if left:
        click.echo(
            f"数据库里有 {left} 个演示账号，密码是公开的，在这里不能登录；停用它们：./gridflow "
            "people retire --demo",
            err=True,
        )
    host = os.environ.get("GRIDFLOW_HOST") or "127.0.0.1"
    port = os.environ.get("GRIDFLOW_PORT") or "8000"
    here = f"http://{host}:{port}"
    base = database.settings().public_url or here
    hours = int(database.settings().link_life.total_seconds()) // 3600
    for username, token in first_administrators.make(datetime.now(UTC)):
        click.echo(
            f"还没有管理员设置过密码。管理员 {username} 请打开这个链接设置密码"
            f"（只能用一次，{hours} 小时内有效）"
            f" / the administrator {username} opens this link once and sets a password:",
        )
        click.echo(f"  {base}/set-password/{token}")


@blueprint.cli.command("load")
@click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--demo",
    is_flag=True,
    help="Also load the folder's demo people.",
)
def load(folder: Path, demo: bool) -> None:
    """Load or refresh a jurisdiction folder; may be repeated."""
    os.umask(0o077)
    if demo and not database.settings().demo:
        raise click.ClickException(
            "演示人员的密码是公开的，只能载入本机的演示：不设 GRIDFLOW_DATABASE_URL，GRIDFLOW_HOST "
            "为 127.0.0.1，"
            "GRIDFLOW_DEMO 为 1。正式人员请用 ./gridflow people 添加或导入",
        )
    _upgrade()
    _load(folder, demo)


def _upgrade() -> None:
    try:
        copy = schema_upgrade.bring_up_to_date(datetime.now(UTC))
    except UpgradeFailed as failed:
        raise click.ClickException(str(failed)) from None
    except schema_upgrade.DatabaseUnreachable as reason:
        raise _Away(
            f"连不上 GRIDFLOW_DATABASE_URL 指定的数据库，请检查地址、密码和网络（{reason}）",
        ) from None
    if copy is not None:
        click.echo(
            f"数据库已升级，升级前的副本 / upgraded, a copy of before: {copy}",
        )


def _load(folder: Path, demo: bool) -> None:
    try:
        loaded = jurisdictions.load(folder, now=datetime.now(UTC), demo=demo)
    except DeploymentRefused as refused:
        for finding in refused.findings:
            if finding.severity == "error":
                click.echo(
                    f"{finding.resource or folder}#{finding.element_id or '-'}: {finding.message}",
                    err=True,
                )
        raise SystemExit(1) from None
    except GridflowError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"已载入 / loaded {folder.name}: {loaded}")


@blueprint.cli.command("accounts")
def list_accounts() -> None:
    """List the demo accounts of this database."""
    _list_accounts()


def _list_accounts() -> None:
    """At most six of each role: who looks for more finds the others on the sign-in page."""
    if database.settings().demo:
        rows = demo_accounts(reading(), of_each_role=6)
    else:
        rows = []
    if not rows:
        return
    click.echo(
        "\n演示账号（密码均为 gridflow，其余账号见登录页）/ demo accounts (password: gridflow; the "
        "others are on the sign-in page)",
    )
    for username, name, body in rows:
        click.echo(f"  {username:<10}{name}　{body}")


@blueprint.cli.command("check-jurisdiction")
@click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
def check_jurisdiction(folder: Path) -> None:
    """Tell all that is missing or contradictory in a jurisdiction folder; exit code 1 when it cannot be
    loaded so."""
    folder_remarks = folder_check.check(folder)
    for outcome in folder_remarks:
        click.echo(
            f"{'错误' if outcome.severity == 'error' else '提示'}　{outcome.message}",
        )
    errors = sum(
        folder_remark.severity == "error" for folder_remark in folder_remarks
    )
    click.echo(
        f"{folder.name}：{errors} 处错误，{len(folder_remarks) - errors} 条提示"
        if folder_remarks
        else f"{folder.name}：没有问题，可以载入",
    )
    if errors:
        raise SystemExit(1)


@blueprint.cli.command("new-city")
@click.argument("key")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def new_city(key: str, folder: Path | None) -> None:
    """Make the folder of a new city from the template; beside the product's cities where no folder is
    named."""
    try:
        made = folder_check.new_city(key, folder or ROOT / "bpmn" / key)
    except GridflowError as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(
        f"已建立 / made {made}。下一步 / next: docs/onboard-a-city.md, ./gridflow check-jurisdiction {made}",
    )


@blueprint.cli.command("compare")
def compare() -> None:
    """Write docs/cities.md anew: the cities side by side, from their profiles and diagrams."""
    (ROOT / "docs" / "cities.md").write_text(
        comparison.compare(ROOT / "bpmn"),
        encoding="utf-8",
    )


@blueprint.cli.command("regulations")
def regulations() -> None:
    """Write docs/regulations anew: procedures and cities with articles and scenarios, and every article."""
    folder = ROOT / "docs" / "regulations"
    for name, text in regulation_report.pages(ROOT / "bpmn", folder).items():
        (folder / name).write_text(text, encoding="utf-8")


@blueprint.cli.command("scenarios")
@click.argument("cities", nargs=-1)
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the figures to a file.",
)
@click.option(
    "--paper",
    is_flag=True,
    help="Through the pure engine alone, without a database.",
)
def scenarios(cities: tuple[str, ...], file: Path | None, paper: bool) -> None:
    """Play the scenarios of the cities named by key or folder, or of all; exit code 1 when one fails or a
    sequence flow is not crossed."""
    folders = [_folder(city) for city in cities] or [
        path.parent for path in sorted((ROOT / "bpmn").glob("*/scenarios"))
    ]
    reports = []
    with TemporaryDirectory() as space:
        for folder in folders:
            try:
                if paper:
                    fresh = None
                else:
                    fresh = fixture_databases.load_once(
                        folder,
                        database.settings(),
                        Path(space),
                    )
                reports.append(
                    run_scenarios(jurisdictions.read(folder), fresh),
                )
            except GridflowError as refused:
                raise click.ClickException(str(refused)) from None
            click.echo(_told(reports[-1]))
    if file is not None:
        figures = {report.key: report.as_json() for report in reports}
        file.write_text(
            json.dumps(figures, ensure_ascii=False, indent=2) + "\n",
            encoding="utf-8",
        )
    if not all(report.good for report in reports):
        raise SystemExit(1)


def _told(report: ScenarioReport) -> str:
    lines = [
        f"{report.name}：情景 {report.passed}/{report.scenarios} 通过，"
        f"流转线 {report.flows_crossed}/{report.flows} 走过，免走 {len(report.waived)}，"
        f"只在引擎 {len(report.paper_only)}",
    ]
    lines += [f"  {failure}" for failure in report.failures]
    lines += [f"  没有情景走过的流转线：{flow}" for flow in report.uncrossed]
    return "\n".join(lines)


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
            announcement,
            source,
            None,
            now,
            this_year,
            validity=calendar_years.Validity(
                place, first.date() if first else None
            ),
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


@blueprint.cli.command("worker")
def worker() -> None:
    """Run an RQ worker with its scheduler."""
    jobs.run_worker()


@blueprint.cli.command("clock")
def clock() -> None:
    """Sweep due timers and the outbox every few seconds, whatever Redis does."""
    jobs.run_clock(SLOW_CHORES)


@blueprint.cli.command("verify")
@click.argument("instance_ids", nargs=-1)
def verify(instance_ids: tuple[str, ...]) -> None:
    """Verify the hash chain of the history; exit code 1 when it is broken."""
    broken = [
        link
        for instance_id in instance_ids or (None,)
        for link in history.verify(instance_id)
    ]
    for link in broken:
        click.echo(str(link), err=True)
    if broken:
        raise SystemExit(1)
    click.echo("历史记录完整 / the history is intact")


@blueprint.cli.command("looks")
@click.argument("names")
def looks(names: str) -> None:
    """Who looked at an instance (its number), at a grid (its code), or what a person (username) looked at."""
    results = looks_of(reading(), names)
    for look, username, name in results:
        click.echo(
            f"{look.at.isoformat(timespec='seconds')}  {username} {name}  {look.subject}  {look.address}",
        )
    if not results:
        click.echo("没有查看记录 / nobody looked")
