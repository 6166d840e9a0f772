"""归档包 on the dossier's page: asked for, made by the clock, given out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services import access
from orchestrator.services.archives import (
    package_making,
    package_requests,
    whole_records,
)
from orchestrator.services.archives.packaging import DossierRequest
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import sights
from orchestrator.store import archives
from web import printing
from web.auth import permission, who

blueprint = Blueprint("archiving", __name__)


@blueprint.app_context_processor
def for_templates() -> dict[str, Any]:
    """What the dossier's page asks."""
    return {"archive_is_open": is_open}


def is_open(instance_id: str) -> bool:
    """Whether the reader has said why he opens what a package holds."""
    now = datetime.now(UTC)
    instance = access.visible_instance(reading(), who(), instance_id)
    return _is_explained(sights.sight(reading(), who(), instance, now))


def _is_explained(seen: sights.InstanceSight) -> bool:
    return seen.disclosed and not seen.needs_reason - seen.plain


def printed(asked: DossierRequest) -> bytes:
    """The dossier of an archive package, the same for the same record."""
    name_of = asked.names

    def process_name(key: str) -> str:
        return name_of.get(key, key)

    return printing.dossier(
        asked.view,
        None,
        printing.Printing(
            "归档",
            asked.at,
            process_name,
            asked.looks,
            whole=True,
        ),
    )


def make_next(now: datetime) -> bool:
    """Makes one package that somebody asked for; whether one waited."""
    return package_making.make_next(
        printed, now, lambda: max(now, datetime.now(UTC))
    )


@blueprint.post("/dossier/<instance_id>/archive")
@permission("signed-in")
def ask(instance_id: str) -> Any:
    outcome = package_requests.ask(instance_id, who(), datetime.now(UTC))
    match outcome:
        case package_requests.ASKED:
            flash(_("归档包正在制作，完成后在本页下载"), "success")
        case archives.WAITING:
            flash(_("已有一个归档包正在制作"), "info")
        case _:
            flash(
                _(
                    "归档以后没有新的记录，请下载已有的归档包；此后的查阅记录不在其中"
                ),
                "info",
            )
    return redirect(
        url_for("registers.dossier", instance_id=instance_id) + "#archive"
    )


@blueprint.get("/dossier/<instance_id>/archive/<package_id>")
@permission("signed-in")
def download(instance_id: str, package_id: str) -> Any:
    """The file, once its reader has said why he opens the personal data in it: that is on the record and is
    reviewed."""
    row, instance = package_requests.of_viewer(
        reading(), who(), instance_id, package_id
    )
    now = datetime.now(UTC)
    held = [
        sights.sight(reading(), who(), part, now)
        for part in whole_records.with_those_about(reading(), instance)
    ]
    if any(not seen.graded <= seen.opened | seen.plain for seen in held):
        raise RuleViolated(
            [
                _(
                    "归档包里有不在您知悉范围内的内容，请由能看的人下载，或者申请限期授权"
                )
            ]
        )
    if not _is_explained(held[0]):
        flash(_("请先写明下载的理由：归档包里的个人信息不遮盖"), "info")
        return redirect(
            url_for("registers.dossier", instance_id=instance_id) + "#archive"
        )
    answer = Response(
        package_requests.content_of(row), mimetype="application/zip"
    )
    if row.size is not None:
        answer.content_length = row.size
    name = quote(f"归档包 {instance.business_key}.zip")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''{name}"
    )
    return answer
