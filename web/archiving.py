"""归档包 on the dossier's page: asked for, made by the clock, given out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _

from orchestrator.services.archives import package_making, package_requests
from orchestrator.services.archives.packaging import DossierRequest
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import archives
from web import printing
from web.auth import permission, who

blueprint = Blueprint("archiving", __name__)


def printed(asked: DossierRequest) -> bytes:
    """The dossier of an archive package, the same for the same record."""
    name_of = asked.names

    def process_name(key: str) -> str:
        return name_of.get(key, key)

    return printing.dossier(
        asked.view,
        None,
        printing.Printing(
            "归档", asked.at, process_name, asked.looks, whole=True
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
    row, instance = package_requests.of_viewer(
        reading(), who(), instance_id, package_id
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
