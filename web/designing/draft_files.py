"""The forms and decision tables of a draft: listed, begun, edited, given up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from forms.components import COMPONENTS
from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.services import bundles, designing
from orchestrator.services.bundles import form_questions
from orchestrator.services.deployments import form_options, form_rules
from orchestrator.services.designing import foreign_forms
from orchestrator.services.installation.read_session import session as reading
from web.auth import permission, who
from web.designing import drawn_tables
from web.designing.citing import articles
from web.designing.drafting import own_draft
from web.errors import sentence

blueprint = Blueprint("draft_files", __name__, url_prefix="/design")


@blueprint.get("/<draft_id>/files")
@permission("design")
def overview(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    return render_template(
        "designer/files.html",
        draft=draft,
        files=designing.files(reading(), draft),
        given={},
    )


@blueprint.post("/<draft_id>/files")
@permission("design")
def begin(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    given = request.form
    try:
        name, text = designing.new_file(
            given.get("kind", ""),
            given.get("key", "").strip(),
            given.get("title", "").strip(),
        )
        sent = request.files.get("file")
        if sent and sent.filename and name.endswith(".form"):
            text = foreign_forms.adopt(
                sent.read(foreign_forms.LARGEST + 1),
                name.removesuffix(".form"),
                given.get("title", "").strip(),
            )
        elif sent and sent.filename:
            raise RuleViolated(
                [_("只有表单可以从文件导入，决策表请新建后再编辑")],
            )
        if any(
            file.name == name for file in designing.files(reading(), draft)
        ):
            raise RuleViolated(
                [_("已经有这个编号的文件，请换一个编号，或者直接编辑它")],
            )
        designing.save(
            draft_id,
            designing.DraftFile(name, text),
            draft.revision,
            who().person_id,
            datetime.now(UTC),
            _("新建 %(name)s", name=name),
        )
    except (RuleViolated, InstanceChanged) as refused:
        flash(sentence(refused), "danger")
        return render_template(
            "designer/files.html",
            draft=draft,
            files=designing.files(reading(), draft),
            given=given,
        ), 422
    if name.endswith(".form") and (outcome := foreign_forms.objections(text)):
        flash(_("以下内容没有转换，改好之前不能发布：") + outcome, "warning")
    return redirect(url_for("draft_files.edit", draft_id=draft_id, name=name))


@blueprint.get("/<draft_id>/files/<path:name>")
@permission("design")
def edit(draft_id: str, name: str) -> Any:
    draft = own_draft(draft_id)
    session = reading()
    content = designing.resources_of(session, draft).get(name)
    if content is None or not name.endswith((".form", ".dmn")):
        raise NotFound(name)
    profile = bundles.profile_in_force(session, draft.tenant_id)
    choices = {
        "articles": articles(profile),
        "article": url_for("articles.overview").rstrip("/"),
        "components": list(COMPONENTS),
        "sources": [
            {"value": source, "label": form_options.NAMES[source]}
            for source in form_options.SOURCES
        ],
        "rules": [
            {"value": name, "label": label}
            for name, label in form_rules.offered().items()
        ],
        "questions": [
            {"value": value, "label": form_questions.NAMES[value]}
            for value in form_questions.LISTS
        ],
    }
    (file,) = (
        file for file in designing.files(session, draft) if file.name == name
    )
    if name.endswith(".form"):
        template = "designer/form.html"
    else:
        template = "designer/table.html"
    return render_template(
        template,
        draft=draft,
        file=name,
        shown=file,
        text=content.decode(),
        choices=choices,
        policies=drawn_tables.POLICIES,
    )


@blueprint.post("/<draft_id>/files/<path:name>/give-up")
@permission("design")
def give_up(draft_id: str, name: str) -> Any:
    own_draft(draft_id)
    designing.give_up(draft_id, name, who().person_id, datetime.now(UTC))
    flash(_("已放弃对 %(name)s 的改动", name=name), "success")
    return redirect(url_for("draft_files.overview", draft_id=draft_id))
