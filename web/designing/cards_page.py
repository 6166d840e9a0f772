"""The page of a draft's scenarios as cards: what is wrong stands at its step, by the file's reading, by the
draft's words, and where it is asked for by a play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import render_template, request
from flask_babel import gettext as _

from orchestrator.domain.jurisdiction import in_words
from orchestrator.errors import GridflowError, InstanceChanged, RuleViolated
from orchestrator.services import designing
from orchestrator.services.designing import scenario_cards, shown_cards
from orchestrator.services.designing.scenario_days import scenario_days
from orchestrator.services.designing.wrong_steps import wrong_steps
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.simulation import scenario_files
from orchestrator.store.drafts import Draft
from web.errors import sentence


class StepMoved(InstanceChanged):
    """Another step or scenario stands at the place by now."""


class WrongLine(NamedTuple):
    """A line of a scenario file that cannot be read."""

    reason: str
    line: int | None = None
    """From 1; None where the whole file is meant."""
    written: str = ""
    """The line as it was typed."""
    scenario: str = ""
    """Name of the scenario in which it stands; empty where it stands in none."""


LONGEST_LINE = 200
"""Characters of a wrong line that are shown beside its reason."""


def wrong_lines(
    text: str, process: str, reasons: Sequence[str]
) -> list[WrongLine]:
    """The reasons why the text is no scenario file, with the lines and scenarios that they are about."""
    file, _again = scenario_files.legible(text, process)
    scenarios = file.scenarios if file else ()
    lines = text.splitlines()
    wrong = []
    for reason in reasons:
        line = scenario_files.line_of(reason)
        written, name = "", ""
        if line and line <= len(lines):
            written = lines[line - 1].strip()[:LONGEST_LINE]
            scenario = shown_cards.scenario_of(scenarios, line)
            name = scenario.name if scenario else ""
        wrong.append(WrongLine(reason, line, written, name))
    return wrong


def cards_page(
    draft: Draft,
    refused: GridflowError | None = None,
    opened: int | None = None,
) -> Any:
    """The page; with `refused`, which kept a card from being changed, what was typed at the card of that
    place."""
    session = reading()
    text = designing.scenarios_of(session, draft)
    file, _wrong_lines = scenario_files.legible(text, draft.process_key)
    resources = designing.resources_of(session, draft)
    wrong = wrong_steps(
        resources,
        draft.tenant_id,
        file.scenarios if file else (),
    )
    played, unplayed = None, False
    if request.args.get("played"):
        played = _failures(draft)
        unplayed = played is None
    for line, sentences in (played or {}).items():
        wrong.setdefault(line, []).extend(sentences)
    return render_template(
        "designer/cards.html",
        draft=draft,
        shown=shown_cards.cards(
            text,
            draft.process_key,
            wrong,
            scenario_days(resources, draft.tenant_id),
            scenario_cards.error_names(scenario_cards.drawn(session, draft)),
        ),
        played=played is not None,
        unplayed=unplayed,
        reasons=reasons_of(refused),
        opened=opened,
        given=request.form,
        uncovered=scenario_cards.uncovered(session, draft),
        in_words=in_words,
        verbs=designing.scenario_verbs(),
    ), refused.status if refused else 200


def _failures(draft: Draft) -> dict[int, list[str]] | None:
    """Line → what a play of the file says of the step there; None where the checks keep it from being
    played."""
    report = designing.judge(reading(), draft).report
    if report is None:
        return None
    failures: dict[int, list[str]] = {}
    for failure in report.failures:
        if failure.file.endswith(f"/scenarios/{draft.process_key}.yaml"):
            failures.setdefault(failure.line, []).append(failure.message)
    return failures


def reasons_of(refused: GridflowError | None) -> list[str]:
    if isinstance(refused, RuleViolated):
        return list(refused.reasons)
    if isinstance(refused, InstanceChanged) and not isinstance(
        refused,
        StepMoved,
    ):
        return [
            _(
                "有人刚刚保存过。您写的内容在下面，核对后再保存一次即可，别人的改动会保留",
            )
        ]
    if refused is not None:
        return [sentence(refused)]
    return []
