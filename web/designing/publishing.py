"""Publishing a draft: what speaks for and against it, from when on, who confirms; and undoing a
publication."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import (
    Finding,
    Forbidden,
    GridflowError,
    RuleViolated,
)
from orchestrator.services import deployments, designing
from orchestrator.services.designing import mended_scenarios
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances.seen_titles import seen_among
from orchestrator.store.definitions import process_names
from orchestrator.store.drafts import REGULATION, Draft
from orchestrator.store.people import Person
from web import bounds
from web.auth import permission, who
from web.designing.drafting import (
    any_draft,
    first_instant,
    located_message,
    own_draft,
    plays,
)
from web.errors import sentence

SCENARIO_FILE = "scenario-file"
"""What is wrong in a file of scenarios: told with the scenarios, and no finding of the checks."""
blueprint = Blueprint("releases", __name__, url_prefix="/design")


@blueprint.get("/<draft_id>/publish")
@permission("design")
@plays
def review(draft_id: str) -> Any:
    return _page(any_draft(draft_id))


@blueprint.post("/<draft_id>/publish")
@permission("design")
@plays
def publish(draft_id: str) -> Any:
    draft = any_draft(draft_id)
    try:
        effective_from, remark = _asked()
        made = designing.publish(
            draft_id,
            who().person_id,
            datetime.now(UTC),
            effective_from,
            remark,
            request.form.get("seen"),
        )
    except (RuleViolated, Forbidden) as refused:
        return _page(draft, refused)
    new = draft.base_definition_id is None and not draft.of_regulation
    if not made and new:
        flash(_("已发布，别的流程可以调用它"), "success")
    elif not made:
        flash(_("内容与现行版本相同，没有生成新版本"), "success")
    elif effective_from or draft.effective_from:
        flash(
            _("已发布，到生效时间后新发起的事项按新版本办，在办的仍按原版本"),
            "success",
        )
    else:
        flash(_("已发布，新发起的事项按新版本办，在办的仍按原版本"), "success")
    return redirect(url_for("designer.procedures"))


@blueprint.post("/<draft_id>/propose")
@permission("design")
@plays
def propose(draft_id: str) -> Any:
    draft = any_draft(draft_id)
    try:
        effective_from, remark = _asked()
        designing.propose(
            draft_id,
            who().person_id,
            datetime.now(UTC),
            effective_from,
            remark,
            request.form.get("seen"),
        )
    except RuleViolated as refused:
        return _page(draft, refused)
    flash(
        _("已提交，等待另一位设计人员确认；确认之前再改动草稿，要重新提交"),
        "success",
    )
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.post("/<draft_id>/hand-back")
@permission("design")
def hand_back(draft_id: str) -> Any:
    draft = any_draft(draft_id)
    designing.hand_back(draft_id, who().person_id, datetime.now(UTC))
    flash(_("已退回，草稿可以继续修改"), "success")
    if draft.of_regulation:
        return redirect(url_for("regulation.overview"))
    return redirect(url_for("designer.editor", draft_id=draft_id))


@blueprint.post("/<draft_id>/take-over")
@permission("design")
def take_over(draft_id: str) -> Any:
    any_draft(draft_id)
    designing.take_over(draft_id, who().person_id, datetime.now(UTC))
    flash(_("以草稿为准，请重新检查"), "success")
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.post("/<draft_id>/rename-in-scenarios")
@permission("design")
def rename_in_scenarios(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    designing.rename_in_scenarios(
        reading(),
        draft,
        who().person_id,
        datetime.now(UTC),
    )
    flash(_("情景里的名称已经改好，请看演练结果"), "success")
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.post("/<draft_id>/mend-scenarios")
@permission("design")
def mend_scenarios(draft_id: str) -> Any:
    """Writes the scenarios in the words of the draft's forms, as the page showed."""
    draft = own_draft(draft_id)
    try:
        count = mended_scenarios.take(
            reading(),
            draft,
            request.form.get("revision", 0, type=int),
            who().person_id,
            datetime.now(UTC),
        )
    except GridflowError as refused:
        return _page(draft, refused)
    flash(_("情景里改好了 %(count)d 步，请看演练结果", count=count), "success")
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.post("/<draft_id>/follow")
@permission("design")
@plays
def follow(draft_id: str) -> Any:
    """Puts the steps that the draft adds into the scenarios that were there before."""
    draft = own_draft(draft_id)
    text, count = designing.follow(reading(), draft)
    if count:
        by = who().person_id
        designing.keep_scenarios(
            draft_id,
            text,
            draft.revision,
            by,
            datetime.now(UTC),
            _("情景补上新步骤 %(count)d 处", count=count),
        )
        flash(
            _("已在情景中补上 %(count)d 处新步骤，请看演练结果", count=count),
            "success",
        )
    else:
        flash(
            _(
                "没有可以补的地方：请先试运行一次，办理新步骤并存为情景，再补到其他情景"
            ),
            "warning",
        )
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.post("/deployments/<deployment_id>/withdraw")
@permission("design")
def withdraw(deployment_id: str) -> Any:
    reason = bounds.reason(_("请写明撤销的理由"))
    asked = request.form.get("back", "")
    known = re.fullmatch(r"/design/[\w/?=&-]*", asked)
    back = redirect(asked if known else url_for("designer.procedures"))
    designing.withdraw(
        deployment_id,
        who().tenant_id,
        reason,
        who().person_id,
        datetime.now(UTC),
    )
    flash(
        _(
            "已撤销，新发起的事项改按上一版办；已经按它发起的仍在原版本，可以选中移回"
        ),
        "success",
    )
    return back


def _page(draft: Draft, refused: GridflowError | None = None) -> Any:
    session = reading()
    verdict = designing.judge(session, draft)
    second = designing.needs_second(session, draft, who().person_id)
    comparison = designing.differences(session, draft)
    names = process_names(session, draft.tenant_id)
    resources = designing.resources_of(session, draft)
    if verdict.errors:
        also = []
    else:
        also = deployments.changed_keys(session, resources, draft.tenant_id)
    parts = designing.together(session, draft)
    told = _own_findings(verdict, parts)
    own = [each for each in told if each.rule != SCENARIO_FILE]
    uncrossed = [
        flow
        for part in parts
        for flow in designing.flows_in_words(
            session, part, verdict.uncrossed(part.process_key)
        )
    ]
    overtaken = [
        name for part in parts for name in designing.overtaken(session, part)
    ]
    renamed, mended = [], []
    if not draft.of_regulation:
        renamed = designing.renamed_steps(session, draft)
        mended = mended_scenarios.proposed(session, draft)
    if refused:
        reasons = [sentence(refused)]
    else:
        reasons = []
    if isinstance(refused, RuleViolated):
        reasons = list(refused.reasons)
    bystanders = designing.bystanders(session, draft)
    return render_template(
        "designer/publish.html",
        draft=draft,
        verdict=verdict,
        own_findings=own,
        located_message=located_message,
        shown=_shown(draft),
        scenario_findings=[
            each for each in told if each.rule == SCENARIO_FILE
        ],
        other_findings=[
            finding for finding in verdict.findings if finding not in told
        ],
        found=comparison,
        bystanders=bystanders,
        seen_instances=seen_among(
            session,
            who(),
            [bystander.instance_id for bystander in bystanders],
        ),
        renamed=renamed,
        mended=mended,
        mended_scenarios=mended_scenarios.count_of(mended),
        overtaken=overtaken,
        also=[
            names.get(key, key)
            for key in also
            if key not in [part.process_key for part in parts]
        ],
        joined=parts[1:],
        parts_of_files={
            f"{part.process_key}.yaml": part
            for part in parts
            if not part.of_regulation
        },
        names_of_files={f"{key}.yaml": name for key, name in names.items()},
        adds=any(
            difference.adds_task for difference in comparison.differences
        ),
        uncrossed=uncrossed,
        publishable=not uncrossed
        and verdict.may_be_published(draft.process_key)
        and not draft.joined_to,
        second=second,
        proposer=session.get(Person, draft.proposed_by)
        if draft.proposed_by and draft.proposed
        else None,
        mine=draft.proposed_by == who().person_id,
        reasons=reasons,
        seen=designing.state_of(session, draft),
        given=request.form,
    ), 422 if refused else 200


def _shown(draft: Draft) -> str:
    """Name of the file that the page is about."""
    if draft.of_regulation:
        return REGULATION
    return designing.diagram_name(draft)


def _own_findings(
    verdict: designing.Verdict,
    parts: Sequence[Draft],
) -> list[Finding]:
    """The errors, and the remarks about files that the drafts have; a regulation concerns every file."""
    if any(part.of_regulation for part in parts):
        return list(verdict.findings)
    files = {name for part in parts for name in part.content}
    return designing.about(files, verdict.findings)


def _asked() -> tuple[datetime | None, str]:
    """From when on, and the remark, as the page gave them."""
    remark = bounds.reason(name="remark")
    text = request.form.get("effective_on", "").strip()
    return first_instant(text), remark
