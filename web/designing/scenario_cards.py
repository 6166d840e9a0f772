"""A draft's scenarios as cards: read, named, and changed step by step, with the forms of their tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

import forms
from orchestrator.errors import GridflowError, NotFound, RuleViolated
from orchestrator.services import designing
from orchestrator.services.designing import named_files
from orchestrator.services.designing import scenario_cards as service
from orchestrator.services.designing.scenario_cards import FilledForm
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.simulation import editing
from orchestrator.services.simulation.editing import StepPlace
from orchestrator.services.simulation.scenario_files import Scenario
from orchestrator.services.simulation.step_shapes import BESIDE
from orchestrator.store.drafts import Draft
from web.auth import permission, who
from web.designing.cards_page import StepMoved, cards_page, reasons_of
from web.designing.drafting import own_draft, plays

blueprint = Blueprint("cards", __name__, url_prefix="/design")

LONGEST = 200
"""Characters of a name or of the articles that a scenario is about."""


@blueprint.get("/<draft_id>/cards")
@permission("design")
@plays
def overview(draft_id: str) -> Any:
    """The scenarios step by step; with `played` with what a play says of each step."""
    return cards_page(own_draft(draft_id))


@blueprint.post("/<draft_id>/cards/<int:scenario>")
@permission("design")
def rename(draft_id: str, scenario: int) -> Any:
    """Keeps the scenario's name and the articles that it is about; or takes it away."""
    draft = own_draft(draft_id)
    text = designing.scenarios_of(reading(), draft)
    if request.form.get("remove"):
        return _removed(draft, text, scenario)
    given = {
        service.NAME: request.form.get("name", "").strip()[:LONGEST],
        service.GROUND: request.form.get("ground", "").strip()[:LONGEST],
    }
    try:
        if not given[service.NAME]:
            raise RuleViolated([_("请给情景起个名字")])
        of = service.scenario_at(text, draft.process_key, scenario)
        _require_standing(service.standing(of, len(of.steps)))
        after = editing.put_head(text, draft.process_key, scenario, given)
        _keep(draft, after)
    except GridflowError as refused:
        return cards_page(draft, refused, scenario)
    return _saved(draft, scenario)


def _removed(draft: Draft, text: str, scenario: int) -> Any:
    try:
        of = service.scenario_at(text, draft.process_key, scenario)
        _require_standing(service.standing(of, len(of.steps)))
        _keep(
            draft, editing.remove_scenario(text, draft.process_key, scenario)
        )
    except GridflowError as refused:
        return cards_page(draft, refused)
    flash(_("已删去情景“%(name)s”", name=of.name), "success")
    return redirect(url_for("cards.overview", draft_id=draft.id))


@blueprint.route(
    "/<draft_id>/cards/<int:scenario>/<int:step>",
    methods=["GET", "POST"],
)
@permission("design")
def edit(draft_id: str, scenario: int, step: int) -> Any:
    """One step: its words, and the form of its task. With `verb` a new step before the place."""
    draft = own_draft(draft_id)
    text = designing.scenarios_of(reading(), draft)
    of = service.scenario_at(text, draft.process_key, scenario)
    place = StepPlace(scenario, step)
    said = _said(of, step)
    if said is None:
        raise NotFound(draft_id)
    if request.method == "GET":
        return _step_page(draft, of, place, said)
    try:
        _require_standing(_standing(of, step))
        after = _changed(draft, text, of, place, said)
        _keep(draft, after)
    except GridflowError as refused:
        return _step_page(draft, of, place, said, refused)
    return _saved(draft, scenario)


def _said(of: Scenario, step: int) -> dict[str, Any] | None:
    """What the step says that the page is about; None where there is none. Of one that was shown and is no
    longer there its verb alone."""
    verb = request.values.get("verb", "")
    if verb in BESIDE:
        return {verb: None}
    shown = request.form.get("shown", "")
    now = None
    if step < len(of.steps):
        now = of.steps[step]
    if shown in BESIDE and (now is None or now.verb != shown):
        return {shown: None}
    if now is None:
        return None
    return {now.verb: now.subject, **now.details}


def _standing(of: Scenario, step: int) -> str:
    """What must be as it was for the place to be the same: the step and those before it, or for a new one
    those before it."""
    if request.values.get("verb", "") in BESIDE:
        return service.standing(of, step)
    return service.standing(of, step + 1)


def _require_standing(now: str) -> None:
    """Raises StepMoved where the page showed something else at the place."""
    if request.form.get("standing", now) != now:
        raise StepMoved(
            _(
                "有人刚刚改过这个情景，这里已经不是您打开时的内容，没有保存。您写的内容在下面，请先复制，再回到情景页重新打开"
            )
        )


def _changed(
    draft: Draft,
    text: str,
    of: Scenario,
    place: StepPlace,
    said: dict[str, Any],
) -> str:
    """The file's text with the step as it was sent. Raises RuleViolated."""
    key = draft.process_key
    new = request.form.get("verb", "") in BESIDE
    if "remove" in request.form and not new:
        return editing.remove_step(text, key, place)
    typed = _typed(draft, of, said)
    if new:
        return editing.add_step(text, key, place, typed)
    return editing.put_step(text, key, place, typed)


def _typed(draft: Draft, of: Scenario, said: dict[str, Any]) -> dict[str, Any]:
    """What the step says by the page that was sent; what the page does not show stays."""
    verb = next(iter(said))
    typed = dict(said)
    typed[verb] = _subject(verb, said[verb])
    if service.BY in BESIDE[verb]:
        by = request.form.get("by", "").strip()
        typed.pop(service.BY, None)
        if by:
            typed[service.BY] = by
    form = service.filled_form(
        reading(),
        draft,
        of,
        {verb: typed[verb], **_filling(said)},
        datetime.now(UTC),
    )
    if form is None or not request.form.get("filled"):
        return _in_order(typed)
    values = forms.parse_submission(form.form, request.form)
    values |= named_files.taken(form.form, form.values, request.form)
    given = service.refilled(form, of, said.get(service.FILLED), values)
    typed.pop(service.FILLED, None)
    if given is not None:
        typed[service.FILLED] = given
    return _in_order(typed)


def _filling(said: Mapping[str, Any]) -> dict[str, Any]:
    if service.FILLED in said:
        return {service.FILLED: said[service.FILLED]}
    return {}


def _in_order(said: dict[str, Any]) -> dict[str, Any]:
    """The verb, who does it, what is filled in, then the rest."""
    first = [next(iter(said)), service.BY, service.FILLED]
    keys = [key for key in first if key in said]
    keys += [key for key in said if key not in keys]
    return {key: said[key] for key in keys}


def _subject(verb: str, now: Any) -> Any:
    """What stands after the verb, as it was typed."""
    if verb in service.ROWS:
        return _rows(verb, now)
    if verb in service.LISTS:
        lines = request.form.get("subject", "").splitlines()
        return [line.strip() for line in lines if line.strip()]
    typed = request.form.get("subject", "").strip()
    if typed == service.words(now):
        return now
    return typed or None


def _rows(verb: str, now: Any) -> Any:
    """Rows of two as a mapping; rows with the same left side are one list."""
    rows: dict[str, Any] = {}
    keys = request.form.getlist("row.key")
    for key, value in zip(
        keys, request.form.getlist("row.value"), strict=False
    ):
        name = key.strip()
        if not name:
            continue
        rows.setdefault(name, []).append(value.strip())
    old = now if isinstance(now, Mapping) else {}
    details = {}
    for name, values in rows.items():
        details[name] = _right(verb, values, old.get(name))
    if details == {} and now in ([], {}, None):
        return now if now is not None else []
    return details


def _right(verb: str, values: list[str], now: Any) -> Any:
    """The right side of a row; as it is where it shows the same."""
    before = [service.words(value) for value in _each(now)]
    if before == values:
        return now
    if verb in service.OF_LISTS or len(values) > 1:
        return values
    return values[0] or None


def _each(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value]


def _keep(draft: Draft, text: str) -> None:
    designing.keep_scenarios(
        draft.id,
        text,
        request.form.get("revision", 0, type=int),
        who().person_id,
        datetime.now(UTC),
    )


def _saved(draft: Draft, scenario: int) -> Any:
    flash(_("情景已保存"), "success")
    anchor = f"card-{scenario}"
    address = url_for("cards.overview", draft_id=draft.id, _anchor=anchor)
    return redirect(address)


def _step_page(
    draft: Draft,
    of: Scenario,
    place: StepPlace,
    said: Mapping[str, Any],
    refused: GridflowError | None = None,
) -> Any:
    verb = next(iter(said))
    reasons = reasons_of(refused)
    typed = request.form if refused else MultiDict[str, str]()
    now = said[verb]
    if typed:
        now = _subject(verb, said[verb])
    form = None
    try:
        form = service.filled_form(
            reading(),
            draft,
            of,
            {verb: now, **_filling(said)},
            datetime.now(UTC),
        )
    except RuleViolated as wrong:
        reasons = [*reasons, *wrong.reasons]
    examples = {
        value: example for value, example, _d in designing.scenario_verbs()
    }
    return render_template(
        "designer/card_step.html",
        draft=draft,
        scenario=of,
        place=place,
        standing=typed.get("standing", _standing(of, place.step)),
        moved=isinstance(refused, StepMoved),
        verb=verb,
        new=request.values.get("verb", "") in BESIDE,
        kind=_kind(verb),
        by=typed.get("by", service.words(said.get(service.BY))),
        by_asked=service.BY in BESIDE[verb],
        subject=_shown(verb, now),
        form=_drawn(form, typed),
        files=named_files.shown(form.form, form.values, typed) if form else (),
        names=service.step_names(reading(), draft),
        example=examples[verb],
        rest=_rest(said),
        reasons=reasons,
    ), refused.status if refused else 200


def _drawn(form: FilledForm | None, typed: Mapping[str, str]) -> str:
    if form is None:
        return ""
    values = dict(form.values)
    if typed.get("filled"):
        values = forms.parse_submission(form.form, request.form)
    shown = named_files.without(form.form)
    return forms.render(shown, values, {}, dict(form.options), {})


def _kind(verb: str) -> str:
    if verb in service.ROWS:
        return "rows"
    if verb in service.LISTS:
        return "list"
    return "text"


def _shown(verb: str, value: Any) -> Any:
    """What the control of the subject shows."""
    if verb in service.ROWS:
        pairs = value.items() if isinstance(value, Mapping) else ()
        return [
            (key, service.words(value))
            for key, given in pairs
            for value in _each(given)
        ]
    if verb in service.LISTS:
        given = [entry for entry in _each(value) if entry is not None]
        return "\n".join(service.words(value) for value in given)
    return service.words(value)


def _rest(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What else the step says; it stays as it is."""
    shown = {next(iter(said)), service.BY, service.FILLED}
    return [
        (key, service.words(value))
        for key, value in said.items()
        if key not in shown
    ]
