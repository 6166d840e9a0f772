"""`./gridflow verify` and `looks`: whether the history is intact, and who looked at what."""

from __future__ import annotations

import click
from flask import Blueprint

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import history
from orchestrator.store.looks import looks_of

blueprint = Blueprint("records", __name__, cli_group=None)


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
