"""Importing a diagram made with another tool: choose the file, read what becomes of it, take it over."""

from __future__ import annotations

import base64
import binascii
import zlib
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import GridflowError, NotFound, RuleViolated
from orchestrator.services import designing
from orchestrator.services.installation import read_session
from orchestrator.services.installation.read_session import session as reading
from web.auth import permission, who
from web.designing.drafting import own_draft
from web.errors import sentence

ZIP = b"PK\x03\x04"
"""How a zip file begins."""
blueprint = Blueprint("imports", __name__, url_prefix="/design")
CARRIED = 450_000
"""Characters of the packed file that a form field may have."""
LARGEST = 5_000_000
"""Bytes that a page may carry, unpacked; the import itself allows less and says so."""


@blueprint.route("/<draft_id>/import", methods=["GET", "POST"])
@permission("design")
def examine(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    report = None
    reasons = []
    filename = ""
    packed = ""
    if request.method == "POST":
        given = request.files.get("file")
        filename = _plain(given.filename if given else "")
        if given:
            content = given.read(LARGEST)
        else:
            content = b""
        try:
            if not content:
                raise RuleViolated([_("请先选择一个 .bpmn 文件")])
            if content.startswith(ZIP):
                raise RuleViolated(
                    [_("这是文件包（.zip），请选在下面一格，按“导入文件包”")]
                )
            read_session.end()
            report = designing.examine(draft, content)
            packed = _pack(content)
            if len(packed) > CARRIED:
                raise RuleViolated(
                    [_("流程图的内容太多，请拆分成几个流程后再导入")],
                )
        except RuleViolated as refused:
            report = None
            reasons = list(refused.reasons)
    if reasons:
        status = 422
    else:
        status = 200
    return render_template(
        "designer/import.html",
        draft=draft,
        report=report,
        reasons=reasons,
        filename=filename,
        packed=packed,
    ), status


@blueprint.post("/<draft_id>/import/adopt")
@permission("design")
def adopt(draft_id: str) -> Any:
    """Takes over the file whose report was shown, unless somebody saved the draft meanwhile."""
    draft = own_draft(draft_id)
    filename = _plain(request.form.get("filename"))
    revision = request.form.get("revision", type=int) or 0
    try:
        content = _unpack(request.form.get("content", ""))
        read_session.end()
        designing.adopt(
            draft,
            content,
            filename,
            revision,
            who().person_id,
            datetime.now(UTC),
        )
    except NotFound:
        raise
    except GridflowError as refused:
        flash(sentence(refused), "danger")
        return redirect(url_for("imports.examine", draft_id=draft_id))
    flash(_("已用导入的流程图替换草稿，替换前的状态在保存历史中"), "success")
    return redirect(url_for("designer.editor", draft_id=draft_id))


@blueprint.get("/<draft_id>/export")
@permission("design")
def export(draft_id: str) -> Any:
    """The procedure with all that belongs to it, as one ZIP file."""
    draft = own_draft(draft_id)
    return Response(
        designing.package(reading(), draft),
        mimetype="application/zip",
        headers={
            "Content-Disposition": f"attachment; filename={draft.process_key}.zip"
        },
    )


@blueprint.post("/<draft_id>/import/package")
@permission("design")
def unpack(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    given = request.files.get("file")
    content = b""
    if given:
        content = given.read(designing.LARGEST_PACKAGE + 1)
    revision = request.form.get("revision", type=int) or 0
    try:
        imported = designing.unpack(
            draft,
            content,
            revision,
            who().person_id,
            datetime.now(UTC),
        )
    except NotFound:
        raise
    except GridflowError as refused:
        flash(sentence(refused), "danger")
        return redirect(url_for("imports.examine", draft_id=draft_id))
    if imported.changed:
        names = "、".join(imported.changed)
        flash(
            _("已导入：%(names)s。导入前的状态在保存历史中", names=names),
            "success",
        )
    else:
        flash(_("包里的文件与草稿相同，没有改动"), "success")
    if imported.left_out:
        names = "、".join(imported.left_out)
        outcome = _(
            "没有导入：%(names)s。法规和别的流程图请在各自的草稿里修改",
            names=names,
        )
        flash(outcome, "warning")
    return redirect(url_for("designer.editor", draft_id=draft_id))


def _pack(content: bytes) -> str:
    """The file as a field of the page holds it."""
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _unpack(text: str) -> bytes:
    """The file again. Raises RuleViolated for what is none."""
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(
            base64.b64decode(text, validate=True),
            LARGEST,
        )
    except (binascii.Error, ValueError, zlib.error):
        content = b""
    if not content:
        raise RuleViolated([_("没有收到要导入的文件，请重新选择")])
    return content


def _plain(filename: str | None) -> str:
    """A file's name without folders, short enough for the history."""
    return (
        (filename or "")
        .replace("\\", "/")
        .rpartition("/")[2]
        .replace("\0", "")[:120]
    )
