"""`./gridflow upgrade`: looks, backs up, migrates, and leads back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Blueprint

from orchestrator.errors import BackupFailed, UpgradeFailed
from orchestrator.sentences import sentence_of
from orchestrator.services.installation import (
    database,
    private_files,
    schema_upgrade,
    upgrading,
)
from orchestrator.services.records import history

blueprint = Blueprint("upgrades", __name__, cli_group=None)


@blueprint.cli.command("upgrade")
@click.option(
    "--check", is_flag=True, help="Only look whether an upgrade can be done."
)
@click.option(
    "--back",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Backup whose database is put in the place of the present one.",
)
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the secret key, for an encrypted backup.",
)
def upgrade(check: bool, back: Path | None, identity: Path | None) -> None:
    """Bring the database to this program's version, with a backup, or lead it back."""
    os.umask(0o077)
    try:
        if back is not None:
            _go_back(back, identity)
        else:
            _upgrade(check)
    except (UpgradeFailed, BackupFailed) as failed:
        raise click.ClickException(str(sentence_of(failed))) from None
    except schema_upgrade.DatabaseUnreachable as away:
        raise click.ClickException(
            f"连不上数据库，没有改动：{away} / the database cannot be reached"
        ) from None


def _upgrade(check: bool) -> None:
    now = datetime.now(UTC)
    outlook = upgrading.look()
    newest = (outlook.pending or (outlook.found,))[-1]
    click.echo(
        f"数据库 {outlook.found or '（空）'}，程序 {newest}，待升级 {len(outlook.pending)} 步；"
        f"数据库 {outlook.database_mb} MB，磁盘剩余 {outlook.free_mb} MB"
        f" / schema {outlook.found}, {len(outlook.pending)} migrations to run"
    )
    upgrading.require_possible(outlook)
    if not outlook.pending:
        click.echo("已是最新，不需要升级 / nothing to do")
        return
    if outlook.reads_histories:
        _require_intact()
    if check:
        click.echo("可以升级 / the upgrade can be done")
        return
    # An earlier version may have left its files open: whoever upgrades need not start to have them closed.
    private_files.tighten(database.settings())
    kept = None
    if outlook.found is not None:
        kept = upgrading.keep(outlook, now)
        click.echo(f"升级前的数据库已备份到 / backed up to {kept}")
    upgrading.migrate(now)
    _require_intact()
    click.echo(
        "已升级，现在可以启动新程序：./gridflow run / upgraded; start it now"
    )
    if kept is not None:
        click.echo(
            f"要退回：停止网格流程，运行 ./gridflow upgrade --back {kept}，再换回原来的程序"
            " / the way back, before the former program is started"
        )


def _require_intact() -> None:
    """Ends the command when a history does not hold."""
    broken = history.verify()
    for link in broken:
        click.echo(str(link), err=True)
    if broken:
        raise click.ClickException(
            "历史记录校验异常（见上）。请不要继续升级，先告诉维护人员"
            " / a history does not hold; do not go on"
        )
    click.echo("历史记录完整 / the history is intact")


def _go_back(file: Path, identity: Path | None) -> None:
    now = datetime.now(UTC)
    schema, kept = upgrading.go_back(file, now, identity)
    if kept is not None:
        click.echo(
            f"退回前的数据库和其后新增的附件已备份到 / backed up to {kept}"
        )
    click.echo(
        f"数据库已退回 {schema}，附件没有改动。请换回那个版本的程序再启动"
        " / the database is back; start the former program"
    )
