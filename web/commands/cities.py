"""`./gridflow check-jurisdiction`, `new-city`, `scenarios`, and the documents made of the cities' folders."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask import Blueprint

from orchestrator.errors import GridflowError
from orchestrator.services import jurisdictions
from orchestrator.services.designing import folder_check
from orchestrator.services.installation import database
from orchestrator.services.jurisdictions import comparison
from orchestrator.services.simulation import (
    ScenarioReport,
    fixture_databases,
    regulation_report,
    run_scenarios,
)
from web.commands.named_cities import ROOT, named

blueprint = Blueprint("cities", __name__, cli_group=None)


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
    "--memory",
    "--paper",
    "memory",
    is_flag=True,
    help="Through the pure engine alone, without a database.",
)
def scenarios(
    cities: tuple[str, ...], file: Path | None, memory: bool
) -> None:
    """Play the scenarios of the cities named by key or folder, or of all; exit code 1 when one fails or a
    sequence flow is not crossed."""
    folders = [named(city) for city in cities] or [
        path.parent for path in sorted((ROOT / "bpmn").glob("*/scenarios"))
    ]
    reports = []
    with TemporaryDirectory() as space:
        for folder in folders:
            try:
                if memory:
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
            click.echo(_summary(reports[-1]))
    if file is not None:
        figures = {report.key: report.as_json() for report in reports}
        file.write_text(
            json.dumps(figures, ensure_ascii=False, indent=2) + "\n",
            encoding="utf-8",
        )
    if not all(report.good for report in reports):
        raise SystemExit(1)


def _summary(report: ScenarioReport) -> str:
    lines = [
        f"{report.name}：情景 {report.passed}/{report.scenarios} 通过，"
        f"流转线 {report.flows_crossed}/{report.flows} 走过，免走 {len(report.waived)}，"
        f"只在引擎 {len(report.memory_only)}",
    ]
    lines += [f"  {failure}" for failure in report.failures]
    lines += [f"  没有情景走过的流转线：{flow}" for flow in report.uncrossed]
    return "\n".join(lines)
