"""`./gridflow run` before it serves, and `./gridflow load`: the schema brought up to date, cities loaded, who
signs in first."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Blueprint

from orchestrator import jobs
from orchestrator.errors import (
    DeploymentRefused,
    GridflowError,
    UpgradeFailed,
)
from orchestrator.services import jurisdictions
from orchestrator.services.installation import (
    database,
    private_files,
    schema_upgrade,
)
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import first_administrators
from orchestrator.services.simulation import demonstration
from orchestrator.store.people import count_demonstration, demo_accounts
from web.commands.named_cities import named

blueprint = Blueprint("preparing", __name__, cli_group=None)


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
    if not demo:
        _refuse_known_passwords()
    for city in cities:
        if demo and not empty:
            _fill(named(city), len(cities))
        _load(named(city), demo)
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


def _refuse_known_passwords() -> None:
    left = count_demonstration(reading())
    if left:
        raise click.ClickException(
            f"数据库里有 {left} 个演示账号，密码是公开的，只能在本机演示时使用，没有启动。"
            "请先停用它们：./gridflow people retire --demo，然后再启动 / "
            f"{left} demonstration accounts with a known password; retire them, then start again",
        )


def _tell_administrators() -> None:
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
