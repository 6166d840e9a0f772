"""`./gridflow backup`, `restore` and `backup-key`: each one call into the service."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Blueprint

from orchestrator.errors import BackupFailed
from orchestrator.sentences import sentence_of
from orchestrator.services.installation import backup, restoring

blueprint = Blueprint("backups", __name__, cli_group=None)


@blueprint.cli.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--recipient",
    default="",
    help="Public key (age1…) that the backup is encrypted for.",
)
def make_backup(file: Path, recipient: str) -> None:
    """Write database, attachments and keys into one file while the product runs."""
    os.umask(0o077)
    try:
        made = backup.make(file, datetime.now(UTC), recipient)
    except BackupFailed as failed:
        raise click.ClickException(str(sentence_of(failed))) from None
    click.echo(
        f"已备份到 {file}：附件 {made.attachments} 个 / backed up, {made.attachments} attachments",
    )
    if not made.encrypted:
        click.echo(
            "备份没有加密，请妥善保管；加密用 --recipient / the backup is not encrypted",
            err=True,
        )
    _tell_missing(made)


@blueprint.cli.command("restore")
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Key file.",
)
def restore_backup(file: Path, identity: Path | None) -> None:
    """Put a backup into an empty installation."""
    os.umask(0o077)
    try:
        held = restoring.restore(file, identity)
    except BackupFailed as failed:
        raise click.ClickException(str(sentence_of(failed))) from None
    click.echo(
        f"已恢复 {held.made_at} 的备份：附件 {held.attachments} 个 / restored",
    )
    _tell_missing(held)


@blueprint.cli.command("backup-key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_key(file: Path) -> None:
    """Make a pair of keys: the secret one into a new file, the public one onto the screen."""
    identity, recipient = backup.new_identity()
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as reason:
        raise click.ClickException(
            f"写不进 {file}：{reason.strerror}",
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(f"{identity}\n")
    click.echo(
        f"密钥在 {file}，请离开这台机器保存；备份时用 / the public key: --recipient {recipient}",
    )


def _tell_missing(held: backup.Contents) -> None:
    for digest in held.missing:
        click.echo(f"附件缺失 / attachment without a file: {digest}", err=True)
