"""`./gridflow heads`: signed heads of all histories leave the machine, and come back to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Blueprint

from orchestrator.errors import RuleViolated
from orchestrator.services.records import head_exports, missing_numbers

blueprint = Blueprint("head_commands", __name__, cli_group="heads")
_there = click.Path(exists=True, dir_okay=False, path_type=Path)
_key = click.option(
    "--key",
    "key_file",
    type=_there,
    required=True,
    help="Key file, kept elsewhere.",
)


@blueprint.cli.command("key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def make_key(file: Path) -> None:
    """Make the key that signs exports, into a new file outside of the var directory."""
    with _refusals_shown():
        head_exports.make_key(file)
    click.echo(
        f"密钥在 {file}，请离开这台机器保存 / keep the key away from this machine",
    )


@blueprint.cli.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_key
@click.option(
    "--after",
    type=_there,
    help="The export before this one, whose chain goes on.",
)
def export(file: Path, key_file: Path, after: Path | None) -> None:
    """Write the heads of all histories into a file and sign it; keep it away from this machine."""
    with _refusals_shown():
        made = head_exports.export(file, key_file, datetime.now(UTC), after)
    for number in made.missing:
        click.echo(missing_numbers.sentence(number), err=True)
    click.echo(f"已导出 {made.instances} 件事项的校验值到 {file} / exported")
    click.echo(f"最后一环 / last link: {made.last_link}")


@blueprint.cli.command("verify")
@click.argument("file", type=_there)
@_key
def verify(file: Path, key_file: Path) -> None:
    """Compare all histories with a signed export; exit code 1 where something does not agree."""
    with _refusals_shown():
        held, findings = head_exports.verify(file, key_file)
    for finding in findings:
        click.echo(finding, err=True)
    if findings:
        raise SystemExit(1)
    click.echo(
        f"与 {held.at.isoformat(timespec='seconds')} 导出的 {held.instances} 件事项一致 / all agree",
    )
    if held.last_link:
        click.echo(f"最后一环 / last link: {held.last_link}")


@contextmanager
def _refusals_shown() -> Iterator[None]:
    try:
        yield
    except RuleViolated as refused:
        raise click.ClickException(
            "\n".join(map(str, refused.reasons)),
        ) from None
