"""The regulation in the browser: the draft of the jurisdiction's profile, by section, and from its articles
to what cites them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.domain.jurisdiction import in_words
from orchestrator.errors import (
    GridflowError,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.services import bundles, designing
from orchestrator.services.designing import regulation
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import drafts as queries
from orchestrator.store.definitions import process_names
from orchestrator.store.drafts import Draft
from web.auth import permission, who
from web.designing.drafting import opened, wanted_place
from web.designing.regulation_forms import (
    same_draft,
    shown_draft,
    standing,
    what_changed,
)

blueprint = Blueprint("regulation", __name__, url_prefix="/design/regulation")


@blueprint.get("/")
@permission("design")
def overview() -> Any:
    """What the draft changes, by section and by article; without one, what is in force."""
    session = reading()
    tenant = who().tenant_id
    draft = queries.regulation_draft(session, tenant)
    if draft is None:
        return render_template(
            "designer/regulation.html",
            draft=None,
            profile=bundles.profile_in_force(
                session,
                tenant,
                datetime.now(UTC),
            ),
            publications=regulation.publications(session, tenant),
        )
    comparison = designing.differences(session, draft)
    parts = queries.joined(session, draft)
    joined = [part.id for part in parts]
    alone = [
        draft
        for draft in queries.open_drafts(session, tenant).values()
        if draft.id not in joined
    ]
    return render_template(
        "designer/regulation.html",
        draft=draft,
        profile=regulation.profile_of_draft(draft),
        sections=regulation.SECTIONS.values(),
        differences=comparison.differences,
        amended=regulation.amended(session, draft),
        uncovered=regulation.uncovered_articles(session, draft),
        parts=parts,
        alone=alone,
        revisions=queries.revisions(session, draft.id, 20),
        in_words=in_words,
        publications=regulation.publications(session, tenant),
    )


@blueprint.post("/")
@permission("design")
def begin() -> Any:
    regulation.begin(who().tenant_id, who().person_id, datetime.now(UTC))
    return redirect(url_for("regulation.overview"))


@blueprint.post("/discard")
@permission("design")
def discard() -> Any:
    designing.discard(_draft().id, who().person_id, datetime.now(UTC))
    flash(_("法规修订已作废，历史保留；并入的流程草稿仍在"), "success")
    return redirect(url_for("regulation.overview"))


@blueprint.post("/restore/<int:number>")
@permission("design")
def restore(number: int) -> Any:
    now = datetime.now(UTC)
    designing.restore(_draft().id, number, who().person_id, now)
    flash(
        _("已恢复到第 %(number)d 次保存，之后的状态仍在历史中", number=number),
        "success",
    )
    return redirect(url_for("regulation.overview"))


@blueprint.get("/text")
@permission("design")
def text() -> Any:
    draft = _draft()
    return _text_page(draft, draft.content[queries.REGULATION])


@blueprint.post("/text")
@permission("design")
def keep_text() -> Any:
    given = request.form.get("text", "").replace("\r\n", "\n")
    try:
        regulation.keep(
            same_draft().id,
            given,
            _revision(),
            who().person_id,
            datetime.now(UTC),
            _("修改配置全文"),
        )
    except (RuleViolated, InstanceChanged) as refused:
        return _text_page(shown_draft(), given, refused)
    flash(_("已保存"), "success")
    return redirect(url_for("regulation.overview"))


@blueprint.post("/join/<process_key>")
@permission("design")
def join(process_key: str) -> Any:
    """Opens the procedure's draft, publishes it with the regulation, and shows the element."""
    root = _draft()
    part = opened(process_key)
    regulation.join(root.id, part, datetime.now(UTC))
    if "stay" in request.form:
        return redirect(url_for("regulation.overview"))
    return redirect(wanted_place(part))


@blueprint.post("/leave/<draft_id>")
@permission("design")
def leave(draft_id: str) -> Any:
    regulation.leave(draft_id, who().tenant_id)
    flash(_("已移出，这份草稿单独发布"), "success")
    return redirect(url_for("regulation.overview"))


@blueprint.get("/<name>")
@permission("design")
def section(name: str) -> Any:
    draft = _draft()
    of = regulation.section(name)
    there = regulation.ProfileText(draft.content[queries.REGULATION])
    if of.entries:
        return _list_page(draft, of, there)
    return _form_page(draft, of, None, regulation.shown(of, None, there))


@blueprint.post("/<name>")
@permission("design")
def save(name: str) -> Any:
    of = regulation.section(name)
    if of.entries:
        raise NotFound(name)
    made = regulation.set_section(name, None, _typed())
    return _saved(of, None, made, url_for("regulation.section", name=name))


@blueprint.get("/<name>/<path:key>")
@permission("design")
def entry(name: str, key: str) -> Any:
    draft = _draft()
    of = _with_entries(name)
    there = regulation.ProfileText(draft.content[queries.REGULATION])
    result = regulation.ProfileEntry(name, key)
    if result.new:
        return _form_page(
            draft, of, result, regulation.begun(of, result, there)
        )
    return _form_page(draft, of, result, regulation.shown(of, result, there))


@blueprint.post("/<name>/<path:key>")
@permission("design")
def save_entry(name: str, key: str) -> Any:
    of = _with_entries(name)
    typed = _typed()
    back = url_for("regulation.section", name=name)
    if "remove" in request.form:
        made = regulation.remove_entry(regulation.ProfileEntry(name, key))
        return _saved(of, regulation.ProfileEntry(name, key), made, back)
    try:
        result = _entry(of, key)
    except (RuleViolated, InstanceChanged) as refused:
        return _refused(of, regulation.ProfileEntry(name, key), refused)
    if name == "articles":
        made = regulation.amend_article(result.name, typed)
        back = url_for("regulation.entry", name=name, key=result.name)
    else:
        new = regulation.ProfileEntry(name, key).new
        made = regulation.set_section(name, result, typed, new)
    return _saved(of, result, made, back, key)


def _entry(of: regulation.ProfileSection, key: str) -> regulation.ProfileEntry:
    """The entry of the address, or the new one that is named in the form. Raises RuleViolated,
    InstanceChanged."""
    result = regulation.ProfileEntry(of.name, key)
    if not result.new:
        return result
    there = regulation.ProfileText(same_draft().content[queries.REGULATION])
    name = key.rpartition("/")[0]
    if key == regulation.NEW:
        name = request.form.get("entry-name", "").strip()
    return regulation.new_entry(of, name, there)


def _saved(
    of: regulation.ProfileSection,
    result: regulation.ProfileEntry | None,
    made: Callable[[regulation.ProfileText], str],
    back: str,
    key: str = "",
) -> Any:
    """Keeps the change and goes on to `back`, or shows the form with what was typed and what is wrong."""
    try:
        regulation.change(
            same_draft().id,
            _revision(),
            who().person_id,
            datetime.now(UTC),
            made,
        )
    except (RuleViolated, InstanceChanged) as refused:
        if key == regulation.NEW:
            result = regulation.ProfileEntry(of.name, key)
        return _refused(of, result, refused)
    flash(_("已保存"), "success")
    return redirect(back)


def _refused(
    of: regulation.ProfileSection,
    result: regulation.ProfileEntry | None,
    refused: GridflowError,
) -> Any:
    typed = _typed()
    asked = of.asked(result is not None and result.new)
    values = {
        profile_setting.key: regulation.as_typed(profile_setting, typed)
        for profile_setting in asked
    }
    return _form_page(shown_draft(), of, result, values, refused)


def _list_page(
    draft: Draft,
    of: regulation.ProfileSection,
    there: regulation.ProfileText,
) -> Any:
    profile = regulation.profile_of_draft(draft)
    changed = {
        str(amended.article.number): amended
        for amended in regulation.amended(reading(), draft)
    }
    return render_template(
        "designer/regulation_list.html",
        draft=draft,
        of=of,
        entries=regulation.listed(of, there, profile),
        groups=regulation.groups_offered(of, there) if of.copied else [],
        changed=changed if of.name == "articles" else {},
    )


def _form_page(
    draft: Draft,
    of: regulation.ProfileSection,
    result: regulation.ProfileEntry | None,
    values: Mapping[str, Any],
    refused: GridflowError | None = None,
) -> Any:
    profile = regulation.profile_of_draft(draft)
    new = result is not None and result.new
    asked = of.asked(new)
    there = regulation.ProfileText(draft.content[queries.REGULATION])
    groups = regulation.groups_offered(of, there)
    now_standing = standing(draft, of, result)
    overwrites = now_standing != request.form.get("standing")
    given = {
        "draft": draft,
        "standing": now_standing,
        "of": of,
        "entry": result,
        "called": regulation.called(result, groups) if result else "",
        "new": new,
        "settings": asked,
        "values": {
            asked_setting.key: regulation.by_name(
                profile, asked_setting, values.get(asked_setting.key)
            )
            for asked_setting in asked
        },
        "suggested": {
            asked_setting.key: regulation.suggested(profile, asked_setting)
            for asked_setting in asked
        },
        "choices": {
            profile_setting.key: regulation.offered_for(
                profile,
                profile_setting,
                values.get(profile_setting.key),
            )
            for profile_setting in asked
        },
        "groups": groups,
        "heading": regulation.heading(of, values, profile),
        "articles": [
            (article.number, f"{in_words(article.number)} {article.heading}")
            for article in profile.articles.values()
        ],
        "reasons": _reasons(draft, refused, overwrites),
        "given": request.form,
    }
    if of.name == "articles" and result is not None and not given["new"]:
        try:
            given |= _article_parts(draft, result.name)
        except NotFound:
            # What was typed is shown again, whatever became of the article.
            if refused is None:
                raise
    return render_template(
        "designer/regulation_form.html",
        **given,
    ), refused.status if refused else 200


def _article_parts(draft: Draft, number: str) -> dict[str, Any]:
    """The article laid beside the one in force, and what cites it."""
    session = reading()
    try:
        amended = regulation.article(session, draft, number)
    except KeyError:
        raise NotFound(number) from None
    before = ""
    if amended.before is not None:
        before = _text_of(amended.before)
    return {
        "amended": amended,
        "rows": regulation.side_by_side(before, _text_of(amended.article)),
        "open_drafts": queries.open_drafts(session, draft.tenant_id),
        "names": process_names(session, draft.tenant_id),
    }


def _text_of(article: Any) -> str:
    current = [
        wording.text for wording in article.wordings if wording.until is None
    ]
    return next(iter(current), "")


def _text_page(
    draft: Draft,
    given: str,
    refused: GridflowError | None = None,
) -> Any:
    return render_template(
        "designer/regulation_text.html",
        draft=draft,
        text=given,
        reasons=_reasons(draft, refused, True),
    ), refused.status if refused else 200


def _reasons(
    draft: Draft,
    refused: GridflowError | None,
    overwrites: bool,
) -> list[str]:
    """`overwrites`: whether saving again would undo what another has saved."""
    if isinstance(refused, InstanceChanged):
        return [what_changed(draft, overwrites)]
    if isinstance(refused, RuleViolated):
        return list(refused.reasons)
    return []


def _draft() -> Draft:
    """The open draft of the regulation. Raises NotFound."""
    draft = queries.regulation_draft(reading(), who().tenant_id)
    if draft is None:
        raise NotFound(queries.REGULATION)
    return draft


def _with_entries(name: str) -> regulation.ProfileSection:
    of = regulation.section(name)
    if not of.entries:
        raise NotFound(name)
    return of


def _typed() -> dict[str, list[str]]:
    return request.form.to_dict(flat=False)


def _revision() -> int:
    return request.form.get("revision", 0, type=int)
