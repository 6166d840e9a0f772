"""The process designer's workbench: procedures and drafts, the editor, its checks, and publishing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

import forms
from orchestrator.domain.deadlines import length_in_words
from orchestrator.domain.jurisdiction import FUNCTIONS, Jurisdiction
from orchestrator.domain.jurisdiction.functions import PLATFORM
from orchestrator.domain.territory import PLACES
from orchestrator.errors import (
    Finding,
    InstanceChanged,
    KeyTaken,
    RuleViolated,
)
from orchestrator.sentences import say
from orchestrator.services import bundles, designing
from orchestrator.services.deployments import profile_checks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import drafts as queries
from orchestrator.store.definitions import (
    ProcessDefinition,
    planned_versions,
    stopped_procedures,
    versions_in_force,
)
from orchestrator.store.retirements import retirements
from web import bounds
from web.auth import permission, who
from web.designing import drawn_tables
from web.designing.citing import articles, cited_ground
from web.designing.drafting import (
    located_message,
    opened,
    own_draft,
    sent,
    wanted_place,
)
from web.errors import sentence

blueprint = Blueprint("designer", __name__, url_prefix="/design")


@blueprint.get("/")
@permission("design")
def procedures() -> Any:
    return _procedures()


def _procedures(refused: RuleViolated | None = None) -> Any:
    session = reading()
    tenant = who().tenant_id
    now = datetime.now(UTC)
    versions = versions_in_force(session, tenant, now)
    called = designing.called_processes(session, tenant)
    drafts = queries.open_drafts(session, tenant)
    stopped = stopped_procedures(session, tenant, versions)
    known = {called_process.key for called_process in called}
    known |= {definition.key for definition in (*versions, *stopped)}
    return render_template(
        "designer/procedures.html",
        versions=versions,
        stopped=stopped,
        called=called,
        planned=planned_versions(session, tenant, now),
        open_drafts=drafts,
        retired=retirements(session, tenant),
        now=now,
        amending=queries.regulation_draft(session, tenant) is not None,
        new=[draft for key, draft in drafts.items() if key not in known],
        longest=designing.LONGEST_NAME,
        reasons=refused.reasons if refused else (),
        taken=_row_of(refused, known | set(drafts)),
        given=request.form,
    ), 422 if refused else 200


def _row_of(
    refused: RuleViolated | None, listed: Collection[str]
) -> str | None:
    """The key that is taken, where the page lists what has it."""
    if isinstance(refused, KeyTaken) and refused.key in listed:
        return refused.key
    return None


@blueprint.post("/new")
@permission("design")
def begin() -> Any:
    """Begins a procedure that the jurisdiction does not have yet."""
    key, name, copied = (
        request.form.get(value, "").strip()
        for value in ("key", "name", "copied")
    )
    try:
        draft_id = designing.begin(
            who().tenant_id,
            key,
            name,
            copied,
            who().person_id,
            datetime.now(UTC),
        )
    except RuleViolated as refused:
        return _procedures(refused)
    return redirect(url_for("designer.editor", draft_id=draft_id))


@blueprint.post("/open-called/<process_key>")
@permission("design")
def open_called(process_key: str) -> Any:
    draft_id = designing.open_called(
        who().tenant_id, process_key, who().person_id, datetime.now(UTC)
    )
    return redirect(url_for("designer.editor", draft_id=draft_id))


@blueprint.post("/open/<process_key>")
@permission("design")
def open_draft(process_key: str) -> Any:
    return redirect(wanted_place(opened(process_key)))


@blueprint.get("/<draft_id>")
@permission("design")
def editor(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    session = reading()
    base = None
    if draft.base_definition_id:
        base = session.get(ProcessDefinition, draft.base_definition_id)
    profile = bundles.profile_in_force(session, draft.tenant_id)
    choices = {
        **_choices(profile),
        **designing.offered(session, draft),
        "circumstances": designing.circumstances(profile),
        "beginnings": designing.beginnings(),
        "menus": designing.menus(),
        "files": url_for("draft_files.overview", draft_id=draft_id),
        "article": url_for("articles.overview").rstrip("/"),
    }
    return render_template(
        "designer/editor.html",
        draft=draft,
        base=base,
        file=designing.diagram_name(draft),
        text=draft.content[designing.diagram_name(draft)],
        choices=choices,
        revisions=queries.revisions(session, draft_id),
        most_saved=designing.MOST_SAVED,
    )


@blueprint.post("/<draft_id>/save")
@permission("design")
def save(draft_id: str) -> Any:
    own_draft(draft_id)
    given = sent()
    name = given["name"]
    text = given["text"]
    comment = given["comment"].strip()
    if len(comment) > bounds.LONGEST_REASON:
        return jsonify(told=bounds.too_long(comment)), 422
    try:
        if given["base"]:
            new, now_there = designing.save_merged(
                draft_id,
                (name, text, given["base"]),
                who().person_id,
                datetime.now(UTC),
                given["prefer"],
                comment,
            )
            return jsonify(revision=new, text=now_there)
        new = designing.save(
            draft_id,
            designing.DraftFile(name, text),
            given["revision"],
            who().person_id,
            datetime.now(UTC),
            comment,
        )
    except designing.Overlapping as both:
        return jsonify(told=sentence(both), overlapping=True), 409
    except InstanceChanged as changed:
        return jsonify(told=sentence(changed)), 409
    except RuleViolated as refused:
        return jsonify(told=sentence(refused)), 422
    return jsonify(revision=new)


@blueprint.post("/<draft_id>/check")
@permission("design")
def check(draft_id: str) -> Any:
    """What deployment would say of a file as it stands in its editor, unsaved; of a form also how it will
    look."""
    draft = own_draft(draft_id)
    session = reading()
    given = sent()
    name = given["name"]
    text = given["text"]
    if not designing.is_file(name):
        abort(422)
    details: dict[str, Any] = {
        "findings": [
            _told(finding, {*draft.content, name}, name)
            for finding in designing.findings(session, draft, name, text)
        ]
    }
    if name.endswith(".form"):
        form, options = designing.sample(
            session,
            draft,
            text,
            who().person_id,
            datetime.now(UTC),
        )
        if form:
            details["preview"] = str(forms.render(form, {}, {}, options))
        else:
            details["preview"] = ""
    if name.endswith(".dmn"):
        details["inputs"] = drawn_tables.fields(text)
        details["tests"] = drawn_tables.listed(draft, name, text)
    return jsonify(details)


def _told(
    finding: Finding, own: Collection[str], shown: str
) -> dict[str, Any]:
    """The finding for the editor; what stands in none of the draft's own files has no element to go to."""
    return {
        "element": finding.element_id if finding.resource in own else None,
        "severity": finding.severity,
        "rule": finding.rule,
        "told": located_message(finding, shown),
    }


@blueprint.post("/<draft_id>/here")
@permission("design")
def here(draft_id: str) -> Any:
    own_draft(draft_id)
    others, revision = designing.here(
        draft_id, who().person_id, datetime.now(UTC)
    )
    return jsonify(others=others, revision=revision)


@blueprint.post("/<draft_id>/restore/<int:number>")
@permission("design")
def restore(draft_id: str, number: int) -> Any:
    own_draft(draft_id)
    designing.restore(draft_id, number, who().person_id, datetime.now(UTC))
    flash(
        _("已恢复到第 %(number)d 次保存，之后的状态仍在历史中", number=number),
        "success",
    )
    return redirect(url_for("designer.editor", draft_id=draft_id))


@blueprint.post("/<draft_id>/discard")
@permission("design")
def discard(draft_id: str) -> Any:
    own_draft(draft_id)
    designing.discard(draft_id, who().person_id, datetime.now(UTC))
    flash(_("草稿已作废，历史保留"), "success")
    return redirect(url_for("designer.procedures"))


def _choices(profile: Jurisdiction) -> dict[str, list[dict[str, Any]]]:
    """What the panel offers of the profile instead of typing: bodies, deadlines, handlers with their inputs,
    articles."""
    places = {**PLACES, **profile.levels.names}
    bodies = [
        {
            "value": f"{role.key}@{place}",
            "label": f"{places[place]}{role.name}",
        }
        for role in profile.roles.values()
        for place in ("same", "above", *role.levels)
        if len(role.levels) > 1 or place not in ("same", "above")
    ]
    bodies += [
        {
            "value": f"{function}@{place}",
            "label": f"{places[place]}：{FUNCTIONS[function]}",
        }
        for function in profile.functions
        for place in ("same", "above", "top")
        if function not in PLATFORM
    ]
    bodies += [
        {"value": "${initiator_body}", "label": say("发起机构")},
        {"value": "${lead_department}", "label": say("牵头部门")},
    ]
    return {
        "bodies": bodies,
        "starters": [
            {"value": f"{key}@{level}", "label": f"{places[level]}{name}"}
            for key, (name, levels) in _starting_roles(profile).items()
            for level in levels
        ]
        + [
            {
                "value": f"{function}@any",
                "label": f"{places['any']}：{FUNCTIONS[function]}",
            }
            for function in profile.functions
            if function not in PLATFORM
        ],
        "deadlines": [
            {
                "value": f"deadline:{rule.name}",
                "label": say(
                    "{label}（{length}）",
                    label=rule.label,
                    length=length_in_words(rule.amount, rule.unit, rule.until),
                ),
                "ground": cited_ground(rule.citation),
            }
            for rule in profile.deadlines.values()
        ],
        "topics": _topics(profile),
        "articles": articles(profile),
    }


def _starting_roles(
    profile: Jurisdiction,
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Role, or family of roles such as all departments → its name and the levels it stands at."""
    roles: dict[str, tuple[str, tuple[str, ...]]] = {}
    for role in profile.roles.values():
        if role.family != role.key:
            levels = (*roles.get(role.family, ("", ()))[1], *role.levels)
            roles[role.family] = (
                _("各职能部门"),
                tuple(dict.fromkeys(levels)),
            )
    return roles | {
        role.key: (role.name, role.levels) for role in profile.roles.values()
    }


def _topics(profile: Jurisdiction) -> list[dict[str, Any]]:
    """Every handler with what the diagram writes for it."""
    labels = profile_checks.topic_labels()
    inputs = profile_checks.topic_inputs()
    values = profile_checks.topic_values(profile)
    results = profile_checks.topic_results()
    return [
        {
            "value": topic,
            "label": f"{labels.get(topic, topic)}（{topic}）",
            "gives": results.get(topic, []),
            "inputs": [
                {
                    "name": name,
                    "label": label,
                    "required": required,
                    "values": list(values.get(topic, {}).get(name, ())),
                }
                for name, label, required in inputs.get(topic, [])
            ],
        }
        for topic in profile_checks.topics()
    ]
