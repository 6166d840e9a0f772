"""`./gridflow people bodies`: bodies from the command line of the server, in the name of an administrator,
whose reach counts here as in the browser."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click
from flask.cli import AppGroup

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import bodies
from orchestrator.services.people.bodies import Dissolution
from orchestrator.store import body_pages
from web.commands.administrators import (
    city_option,
    in_sentences,
    person_called,
    tenant_of,
)

_by = click.option(
    "--by",
    required=True,
    help="User name of the administrator in whose name it is done.",
)


@click.group("bodies", cls=AppGroup)
def group() -> None:
    """Set up, rename and dissolve bodies; KEY is role:place."""


@group.command("list")
@city_option
def listed(city: str) -> None:
    """List the bodies that stand, with their keys."""
    with in_sentences():
        for body in body_pages.standing(reading(), tenant_of(city)):
            ends = f"　{body.ends_on} 撤销" if body.ends_on else ""
            key = body.id.partition(":")[2]
            click.echo(f"{key:<32}{body.name}{ends}")


@group.command("add")
@click.argument("key")
@click.option("--name", default="", help="Else the name of the profile.")
@_by
@city_option
def add(key: str, name: str, by: str, city: str) -> None:
    """Set up a body, or a dissolved one again."""
    with in_sentences():
        administrator = person_called(tenant_of(city), by)
        role, _colon, place = key.partition(":")
        made = bodies.create(
            administrator,
            role,
            place,
            name,
            datetime.now(UTC),
        )
        click.echo(f"已设立 {made.partition(':')[2]}，请接着安排人员")


@group.command("rename")
@click.argument("key")
@click.argument("name")
@_by
@city_option
def rename(key: str, name: str, by: str, city: str) -> None:
    """Give a body another name."""
    with in_sentences():
        administrator = person_called(tenant_of(city), by)
        body = _standing(key, city)
        bodies.rename(administrator, body, name, datetime.now(UTC))
        click.echo(f"{key} 现在叫“{name.strip()}”")


@group.command("dissolve")
@click.argument("key")
@click.option("--on", "day", required=True, help="Day of effect: 2027-01-31.")
@click.option("--into", default="", help="Key of the body that follows.")
@_by
@city_option
def dissolve(key: str, day: str, into: str, by: str, city: str) -> None:
    """Dissolve a body on a day; its people and open tasks go to the one that follows. Two bodies are merged
    by dissolving one into the other."""
    with in_sentences():
        administrator = person_called(tenant_of(city), by)
        successor = _standing(into, city) if into else ""
        plan = Dissolution(_day(day), successor)
        body = _standing(key, city)
        done = bodies.dissolve(administrator, body, plan, datetime.now(UTC))
        if done:
            click.echo(f"{key} 已撤销，人员和任务已转到接续的机构")
        else:
            click.echo(f"{key} 将在 {day} 撤销，到时自动办理")


@group.command("keep")
@click.argument("key")
@_by
@city_option
def keep(key: str, by: str, city: str) -> None:
    """Take a planned dissolution back."""
    with in_sentences():
        administrator = person_called(tenant_of(city), by)
        bodies.keep(administrator, _standing(key, city), datetime.now(UTC))
        click.echo(f"{key} 不撤销，照常运行")


def _standing(key: str, city: str) -> str:
    """Id of the body. Raises ClickException where there is none."""
    result = f"{tenant_of(city)}:{key}"
    if not body_pages.is_known(reading(), result):
        raise click.ClickException(
            f"没有机构 {key}，请用 people bodies list 查看"
        )
    return result


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.ClickException(
            f"--on 应为日期，如 2027-01-31，现为“{text}”"
        ) from None
