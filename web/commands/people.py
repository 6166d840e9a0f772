"""`./gridflow people`: accounts from the command line of the server, until somebody administers them in the
browser."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Blueprint

from orchestrator.services.installation.database import settings
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import (
    account_table,
    accounts,
    links,
    staff_list,
)
from orchestrator.services.people.account_table import Plan
from orchestrator.services.people.accounts import Details
from orchestrator.store.people import people_of
from orchestrator.store.people_pages import everybody_at_work
from web.commands import body_commands
from web.commands.administrators import (
    city_option,
    in_sentences,
    person_called,
    tenant_of,
)

blueprint = Blueprint("people_commands", __name__, cli_group="people")
blueprint.cli.add_command(body_commands.group)
_body = click.option(
    "--body",
    "bodies",
    multiple=True,
    help="role:place[:title[:full_time or part_time]]; may be repeated.",
)


@blueprint.cli.command("add")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@click.option("--phone", default="")
@_body
@city_option
def add(
    username: str,
    name: str,
    phone: str,
    bodies: tuple[str, ...],
    city: str,
) -> None:
    """Make an account; its one-time password is printed once."""
    with in_sentences():
        password = accounts.add(
            tenant_of(city),
            username,
            Details(name, phone, *_bodies(bodies)),
            datetime.now(UTC),
        )
        _print({username: password})


@blueprint.cli.command("change")
@click.argument("username")
@click.option("--name", help="A new name.")
@click.option("--phone", help="A new telephone number.")
@_body
def change(
    username: str,
    name: str | None,
    phone: str | None,
    bodies: tuple[str, ...],
) -> None:
    """Change name, telephone, or (all) bodies of a person."""
    with in_sentences():
        changed = accounts.change(
            username,
            Details(name, phone, *(_bodies(bodies) if bodies else ())),
            datetime.now(UTC),
        )
        _print_changes(username, changed)
        if not changed:
            click.echo("没有变化")


@blueprint.cli.command("list")
@city_option
@click.option("--all", "everybody", is_flag=True, help="Retired people too.")
def listed(city: str, everybody: bool) -> None:
    """List people with their bodies."""
    with in_sentences():
        for person, bodies in people_of(reading(), tenant_of(city), everybody):
            if person.active:
                state = ""
            else:
                state = "　已停用"
            state += "　演示" if person.is_demo else ""
            state += (
                "　一次性密码未用"
                if person.one_time_until and person.active
                else ""
            )
            click.echo(
                f"{person.username:<20}{person.display_name}　{person.phone}　{'、'.join(bodies)}{state}",
            )


@blueprint.cli.command("retire")
@click.argument("usernames", nargs=-1)
@click.option(
    "--demo",
    is_flag=True,
    help="All accounts that a demonstration left.",
)
def retire(usernames: tuple[str, ...], demo: bool) -> None:
    """Close accounts and end their sessions."""
    now = datetime.now(UTC)
    with in_sentences():
        if demo:
            click.echo(
                f"已停用 {accounts.retire_demonstration(now)} 个演示账号",
            )
        for username in usernames:
            accounts.retire(username, now)
            click.echo(f"已停用 {username}")


@blueprint.cli.command("restore")
@click.argument("username")
def restore(username: str) -> None:
    """Open a closed account again; give it its bodies with `change`."""
    with in_sentences():
        _print({username: accounts.restore(username, datetime.now(UTC))})


@blueprint.cli.command("reset")
@click.argument("username")
def reset(username: str) -> None:
    """Give a one-time password, printed once; the person's sessions end."""
    with in_sentences():
        _print({username: accounts.reset(username, datetime.now(UTC))})


@blueprint.cli.command("link")
@click.argument("username")
@click.option(
    "--address",
    default="",
    help="Of the server; by default GRIDFLOW_PUBLIC_URL.",
)
@click.option(
    "--phone-lost",
    is_flag=True,
    help="Take the second factor from the person, too.",
)
def link(username: str, address: str, phone_lost: bool) -> None:
    """Give a one-time link to set a password, printed once; the old password and the sessions end."""
    with in_sentences():
        token = links.make_for(username, datetime.now(UTC), phone_lost)
        click.echo(f"{username} 设置密码的链接（只显示这一次，只能用一次）：")
        click.echo(
            f"  {address.rstrip('/') or settings().public_url}/set-password/{token}",
        )


@blueprint.cli.command("unlock")
@click.argument("username")
def unlock(username: str) -> None:
    """Forget failed attempts to sign in, so that the next one need not wait."""
    with in_sentences():
        accounts.unlock(username, datetime.now(UTC))
        click.echo(f"已解除 {username} 的等待")


@blueprint.cli.command("import")
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Tell what would change and change nothing.",
)
@click.option(
    "--by",
    default="",
    help="Take the list in the name of this administrator, as in the browser; new bodies are set up too.",
)
@city_option
def import_people(file: Path, dry_run: bool, by: str, city: str) -> None:
    """Add and change people from a staff list: Excel, or CSV in UTF-8 or GBK, with the headings of the
    export or the columns of people.csv."""
    with in_sentences():
        tenant_id = tenant_of(city)
        content = file.read_bytes()
        now = datetime.now(UTC)
        if by:
            _import_by(person_called(tenant_id, by), content, dry_run, now)
            return
        wanted = staff_list.of_everybody(tenant_id, content, now)
        _print_plan(account_table.preview(tenant_id, wanted))
        if dry_run:
            click.echo("只是预览，没有改动")
        else:
            _print(account_table.carry_out(tenant_id, wanted, now))


def _import_by(
    administrator: int,
    content: bytes,
    dry_run: bool,
    now: datetime,
) -> None:
    table = staff_list.read(content)
    changes = staff_list.preview(administrator, table, now)
    for body in changes.new_bodies:
        click.echo(f"设立　{body.role}:{body.place}　{body.name}")
    _print_plan(changes.plan)
    if dry_run:
        click.echo("只是预览，没有改动")
        return
    done = staff_list.carry_out(administrator, table, now, setting_up=True)
    _print(dict.fromkeys(done.plan.added, ""))


def _print_plan(plan: Plan) -> None:
    for name, details in plan.added.items():
        click.echo(
            f"新增　{name}　{details.name}　{'、'.join(details.bodies or ())}",
        )
    for name, changed in plan.changed.items():
        _print_changes(name, changed)
    click.echo(
        f"新增 {len(plan.added)} 人，更改 {len(plan.changed)} 人，不变 {plan.same} 人",
    )
    if plan.missing:
        click.echo(
            f"表里没有、仍在岗：{'、'.join(plan.missing)}（离岗的请用 people retire 停用）",
        )


@blueprint.cli.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@city_option
def export_people(file: Path, city: str) -> None:
    """Write the people in service into an Excel file that `import` takes."""
    os.umask(0o077)
    with in_sentences():
        tenant_id = tenant_of(city)
        lines = everybody_at_work(reading(), tenant_id)
        file.write_bytes(staff_list.write(lines))
        click.echo(f"已写入 {file}：{len(lines)} 行")


def _bodies(given: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """`role:place` → title, and `role:place` → employment where it was said."""
    titles = {}
    employments = {}
    for text in given:
        role, place, title, employment = (*text.split(":", 3), "", "", "")[:4]
        titles[f"{role}:{place}"] = title
        if employment:
            employments[f"{role}:{place}"] = employment
    return titles, employments


def _print(made: Mapping[str, str]) -> None:
    waiting = [username for username, password in made.items() if not password]
    if waiting:
        click.echo(
            f"{len(waiting)} 人还没有密码：请在“人员机构”生成链接，或用 people link 给出",
        )
        return
    if made:
        hours = int(accounts.ONE_TIME.total_seconds()) // 3600
        click.echo(
            f"一次性密码（只显示这一次，{hours} 小时内有效，登录后须改）：",
        )
    for username, password in made.items():
        click.echo(f"  {username:<20}{password}")


def _print_changes(username: str, changed: Mapping[str, list[str]]) -> None:
    for field, (before, after) in changed.items():
        click.echo(
            f"更改　{username}　{field}：{before or '（空）'} → {after or '（空）'}",
        )
