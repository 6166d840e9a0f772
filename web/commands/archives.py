"""`./gridflow archive`: packages for an archive, made here and checked anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Blueprint

from orchestrator.domain import archive_package
from orchestrator.errors import GridflowError, RuleViolated
from orchestrator.services.archives import (
    package_requests,
    packaging,
    signing_keys,
    zip_files,
)
from orchestrator.services.installation.read_session import session as reading
from web.archiving import printed

blueprint = Blueprint("archive_commands", __name__, cli_group="archive")


@blueprint.cli.command("make")
@click.argument("reference", required=False)
@click.option(
    "--closed-before",
    type=click.DateTime(["%Y-%m-%d"]),
    help="All that ended before this day (2026-01-01).",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder that takes the packages; made where it is not there.",
)
def make(
    reference: str | None, closed_before: datetime | None, folder: Path
) -> None:
    """Write the package of the instance with this id or number, or of all that ended before a day; exit code
    1 where one could not be made."""
    if (reference is None) == (closed_before is None):
        raise click.UsageError(
            "请给出一件事项的编号，或者用 --closed-before 给出日期 / name an instance, or --closed-before"
        )
    session = reading()
    with _refusals():
        if closed_before is not None:
            listed = package_requests.closed_before(
                session, closed_before.date()
            )
        else:
            row = package_requests.named(session, reference or "")
            listed = [(row.id, row.business_key)]
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for instance_id, number in listed:
        # Two cities may have given out the same number.
        name = packaging.safe_name(f"{number}-{instance_id}")
        # Who reads the folder meanwhile never finds half a package.
        aside = folder / f".{name}.part"
        try:
            with aside.open("wb") as target:
                packaging.package(
                    session,
                    instance_id,
                    printed,
                    target,
                    datetime.now(UTC),
                )
            aside.replace(folder / f"{name}.zip")
        except GridflowError as refused:
            failed += 1
            click.echo(f"{number}：{_reasons(refused)}", err=True)
        finally:
            # However it ended: half a package is a file with personal data that nobody looks after.
            aside.unlink(missing_ok=True)
    click.echo(
        f"已归档 {len(listed) - failed} 件到 {folder}，{failed} 件没有归档 / packed"
    )
    if failed:
        raise SystemExit(1)


@blueprint.cli.command("verify")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    default="",
    help="The public key that must have signed it, as `archive key` prints it.",
)
def verify(file: Path, key: str) -> None:
    """Check a package, a ZIP file or a folder, without a database; exit code 1 where it was changed."""
    with _refusals():
        files, findings = zip_files.read(file)
    report = archive_package.check(files, key)
    for finding in [*findings, *report.findings]:
        click.echo(finding, err=True)
    if findings or report.findings:
        raise SystemExit(1)
    click.echo(
        f"{report.number}　{report.title}：{report.files} 个文件、{report.entries} 条记录与归档时一致，"
        f"签名密钥指纹 {report.fingerprint} / all agree"
    )


@blueprint.cli.command("key")
def show_key() -> None:
    """Print the public key that packages of this installation are signed with; hand it over with them."""
    click.echo(archive_package.public_key(signing_keys.signing_key()))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RuleViolated as refused:
        raise click.ClickException(_reasons(refused)) from None


def _reasons(refused: GridflowError) -> str:
    if isinstance(refused, RuleViolated):
        return "；".join(map(str, refused.reasons))
    return str(refused)
