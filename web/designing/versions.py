"""The versions of a procedure: which running instances could be moved to one, moving chosen ones, and the
report of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import NotFound
from orchestrator.services import bundles, designing
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import migration
from orchestrator.services.instances.seen_titles import seen_among
from orchestrator.services.records.ids import new_id
from orchestrator.store import moves
from orchestrator.store import operation_pages as queries
from orchestrator.store.definitions import (
    newest_deployment,
    process_names,
    version_in_force,
)
from orchestrator.store.retirements import past_retirements, retirements
from web import bounds
from web.auth import permission, who
from web.designing.drafting import first_instant

blueprint = Blueprint("versions", __name__, url_prefix="/design/versions")


@blueprint.get("/<process_key>")
@permission("design")
def overview(process_key: str) -> Any:
    releases, target = _releases(process_key)
    session = reading()
    tenant = who().tenant_id
    skip = max(0, request.args.get("skip", 0, type=int))
    bundle = bundles.bundle_of(session, target.id)
    standings = migration.verdicts(
        session,
        tenant,
        process_key,
        bundle,
        target.id,
        skip=skip,
    )
    last = newest_deployment(session, tenant)
    return render_template(
        "designer/versions.html",
        releases=releases,
        retired=retirements(session, tenant).get(process_key),
        past=past_retirements(session, tenant, process_key),
        target=target,
        in_force=version_in_force(
            session, tenant, process_key, datetime.now(UTC)
        ),
        now=datetime.now(UTC),
        last=last.id if last and last.deployed_by else None,
        standings=standings,
        seen_instances=seen_among(
            session, who(), [standing.instance_id for standing in standings]
        ),
        attempts=moves.attempts(session, tenant, process_key),
        limit=migration.MOST,
        skip=skip,
    )


@blueprint.post("/<process_key>/retire")
@permission("design")
def retire(process_key: str) -> Any:
    reason = bounds.reason(_("请写明停用的理由"))
    day = request.form.get("effective_on", "").strip()
    from_at = first_instant(day)
    designing.retire(
        who().tenant_id,
        process_key,
        from_at,
        reason,
        who().person_id,
        datetime.now(UTC),
    )
    sentence = _("已停用：不再受理新的事项，在办的照常办完")
    if from_at is not None:
        sentence = _("已定于 %(day)s 停用，在此之前照常受理", day=day)
    flash(sentence, "success")
    return redirect(url_for("versions.overview", process_key=process_key))


@blueprint.post("/<process_key>/bring-back")
@permission("design")
def bring_back(process_key: str) -> Any:
    designing.bring_back(
        who().tenant_id, process_key, who().person_id, datetime.now(UTC)
    )
    flash(_("已恢复受理"), "success")
    return redirect(url_for("versions.overview", process_key=process_key))


@blueprint.post("/<process_key>")
@permission("design")
def move(process_key: str) -> Any:
    """Moves the chosen instances to the version; the page that follows tells what became of each."""
    _found, target = _releases(process_key)
    chosen = request.form.getlist("instance")
    if not chosen:
        flash(_("请先勾选要移动的事项"), "warning")
        return redirect(
            url_for(
                "versions.overview",
                process_key=process_key,
                version=target.version,
            )
        )
    now = datetime.now(UTC)
    run_id = new_id(now)
    migration.move(chosen, target.id, who().person_id, now, run_id)
    return redirect(
        url_for("versions.moved", process_key=process_key, run_id=run_id), 303
    )


@blueprint.get("/<process_key>/moves/<run_id>")
@permission("design")
def moved(process_key: str, run_id: str) -> Any:
    """What became of each instance that was chosen together."""
    report = moves.results(reading(), who().tenant_id, process_key, run_id)
    if not report:
        raise NotFound(run_id)
    name = process_names(reading(), who().tenant_id).get(
        process_key, process_key
    )
    return render_template(
        "designer/moved.html",
        report=report,
        process_key=process_key,
        name=name,
        withheld=migration.WITHHELD,
        seen_instances=seen_among(
            reading(),
            who(),
            [entry.MoveResult.instance_id for entry in report],
        ),
    )


def _releases(process_key: str) -> tuple[Any, Any]:
    """The procedure's versions, and the one to which instances are to be moved: that of the address, else the
    one in force."""
    session = reading()
    tenant = who().tenant_id
    releases = queries.publications(session, tenant, process_key)
    wanted = request.args.get("version", type=int)
    in_force = version_in_force(
        session, tenant, process_key, datetime.now(UTC)
    ) or version_in_force(session, tenant, process_key, None)
    for row in releases:
        if wanted == row.ProcessDefinition.version or (
            wanted is None and row.ProcessDefinition.id == in_force
        ):
            return releases, row.ProcessDefinition
    raise NotFound(process_key)
