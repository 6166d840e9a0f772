"""What is typed into any form has a name that people read, and every view that takes a form says how a
refusal keeps the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from orchestrator.settings import read_settings
from web import typed_lines

WEB = Path(__file__).parents[2] / "web"
_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_CONTROL = re.compile(
    r"<(?:input|textarea|select|button)\b[^>]*?\bname=\"([^\"]+)\"", re.DOTALL
)

IN_THE_FORM = (
    "the form comes back filled in, beside its fields what to correct"
)
BY_ANYONE = "a refusal is raised: the page of a refused form has everything"
IN_THE_EDITOR = "JSON of a page that stays open"
NOTHING_TYPED = "only a button is pressed"

KEPT = {
    "absences.end": NOTHING_TYPED,
    "absences.enter": IN_THE_FORM,
    "addresses.carry_out": NOTHING_TYPED,
    "addresses.clear": NOTHING_TYPED,
    "addresses.preview": IN_THE_FORM,
    "admin.choose_flow": BY_ANYONE,
    "admin.resolve": BY_ANYONE,
    "admin.retry": NOTHING_TYPED,
    "admin.send_back": BY_ANYONE,
    "admin.trigger": BY_ANYONE,
    "admin.verify": NOTHING_TYPED,
    "api.assignee": IN_THE_EDITOR,
    "api.claim": NOTHING_TYPED,
    "api.complete": IN_THE_EDITOR,
    "api.condition": IN_THE_EDITOR,
    "api.message": IN_THE_EDITOR,
    "api.signal": IN_THE_EDITOR,
    "api.trigger": IN_THE_EDITOR,
    "api.unclaim": NOTHING_TYPED,
    "auth.language": NOTHING_TYPED,
    "auth.sign_in": IN_THE_FORM,
    "auth.sign_in_here": IN_THE_EDITOR,
    "auth.sign_in_with_code": "a code is never written into a page; it is typed again",
    "auth.sign_out": NOTHING_TYPED,
    "bodies_admin.create": IN_THE_FORM,
    "body_kinds.ask": IN_THE_FORM,
    "bodies_admin.dissolve": IN_THE_FORM,
    "bodies_admin.keep": NOTHING_TYPED,
    "bodies_admin.rename": IN_THE_FORM,
    "calendars.confirm": NOTHING_TYPED,
    "calendars.give_up": BY_ANYONE,
    "calendars.preview": IN_THE_FORM,
    "calendars.propose": IN_THE_FORM,
    "data_grants.grant": IN_THE_FORM,
    "data_grants.revoke": BY_ANYONE,
    "deadlines.move": BY_ANYONE,
    "designer.begin": IN_THE_FORM,
    "designer.check": IN_THE_EDITOR,
    "designer.discard": NOTHING_TYPED,
    "designer.here": IN_THE_EDITOR,
    "designer.open_called": NOTHING_TYPED,
    "designer.open_draft": NOTHING_TYPED,
    "designer.restore": NOTHING_TYPED,
    "designer.save": IN_THE_EDITOR,
    "draft_files.begin": IN_THE_FORM,
    "draft_files.give_up": NOTHING_TYPED,
    "imports.adopt": NOTHING_TYPED,
    "imports.unpack": NOTHING_TYPED,
    "imports.examine": IN_THE_FORM,
    "groups.put": IN_THE_FORM,
    "groups.remove": NOTHING_TYPED,
    "inbox.act": BY_ANYONE,
    "inbox.cancel": BY_ANYONE,
    "inbox.complete": IN_THE_FORM,
    "inbox.disclose": BY_ANYONE,
    "reports.disclose": BY_ANYONE,
    "inbox.save": IN_THE_EDITOR,
    "begun_texts.save": IN_THE_EDITOR,
    "grid_entries.add": BY_ANYONE,
    "grid_entries.carry_out": NOTHING_TYPED,
    "grid_entries.change": BY_ANYONE,
    "grid_entries.disclose": BY_ANYONE,
    "grid_entries.preview": IN_THE_FORM,
    "second_names.keep": BY_ANYONE,
    "assessment.appeal": BY_ANYONE,
    "assessment.close": NOTHING_TYPED,
    "grid_groups.add": IN_THE_FORM,
    "grid_groups.carry_out": NOTHING_TYPED,
    "grid_groups.change": IN_THE_FORM,
    "grid_meetings.finish": NOTHING_TYPED,
    "grid_meetings.record": BY_ANYONE,
    "grid_work.record_patrol": BY_ANYONE,
    "grid_work.record_visit": BY_ANYONE,
    "members.badge": NOTHING_TYPED,
    "members.issue": BY_ANYONE,
    "members.keep": IN_THE_FORM,
    "pay.act": BY_ANYONE,
    "pay.adjust": BY_ANYONE,
    "pay.draft": BY_ANYONE,
    "notification_choices.save": IN_THE_FORM,
    "notification_choices.try_out": NOTHING_TYPED,
    "notifications.open_one": NOTHING_TYPED,
    "notifications.read_all": NOTHING_TYPED,
    "oversight.act": BY_ANYONE,
    "passkeys.add": NOTHING_TYPED,
    "passkeys.ask": IN_THE_EDITOR,
    "passkeys.ask_for_new": IN_THE_EDITOR,
    "passkeys.ask_second": IN_THE_EDITOR,
    "passkeys.remove": "a password is never written into a page; it is typed again",
    "passkeys.second_step_done": NOTHING_TYPED,
    "passkeys.sign_in": NOTHING_TYPED,
    "password_links.redeem": "a password is never written into a page; it is typed again",
    "people_admin.add": IN_THE_FORM,
    "people_admin.cancel_leaving": NOTHING_TYPED,
    "people_admin.change": IN_THE_FORM,
    "people_admin.end_sessions": NOTHING_TYPED,
    "people_admin.link": NOTHING_TYPED,
    "people_admin.links": NOTHING_TYPED,
    "people_admin.plan_leaving": IN_THE_FORM,
    "people_admin.reset_second_factor": NOTHING_TYPED,
    "people_admin.restore": IN_THE_FORM,
    "people_admin.retire": NOTHING_TYPED,
    "people_admin.unlock": NOTHING_TYPED,
    "phrases.change": BY_ANYONE,
    "profile.act_for": NOTHING_TYPED,
    "profile.change_password": "a password is never written into a page; it is typed again",
    "profile.end_other_sessions": NOTHING_TYPED,
    "profile.photo": NOTHING_TYPED,
    "remarks.comment": BY_ANYONE,
    "remarks.copy": BY_ANYONE,
    "archiving.ask": NOTHING_TYPED,
    "registers.check_dossier": IN_THE_FORM,
    "looks.review": BY_ANYONE,
    "notifications.answer": BY_ANYONE,
    "registers.print_dossier": NOTHING_TYPED,
    "regulation.begin": NOTHING_TYPED,
    "regulation.discard": NOTHING_TYPED,
    "regulation.join": NOTHING_TYPED,
    "regulation.keep_text": IN_THE_FORM,
    "regulation.leave": NOTHING_TYPED,
    "regulation.restore": NOTHING_TYPED,
    "cards.edit": IN_THE_FORM,
    "cards.rename": IN_THE_FORM,
    "regulation.save": IN_THE_FORM,
    "regulation.save_entry": IN_THE_FORM,
    "releases.follow": NOTHING_TYPED,
    "releases.mend_scenarios": NOTHING_TYPED,
    "releases.hand_back": NOTHING_TYPED,
    "releases.propose": IN_THE_FORM,
    "releases.publish": IN_THE_FORM,
    "releases.rename_in_scenarios": NOTHING_TYPED,
    "releases.take_over": NOTHING_TYPED,
    "releases.withdraw": BY_ANYONE,
    "report.report": IN_THE_FORM,
    "reports.accept": IN_THE_FORM,
    "reports.refuse": BY_ANYONE,
    "returning.recall": BY_ANYONE,
    "returning.send_back": IN_THE_FORM,
    "second_factor.begin": "a password is never written into a page; it is typed again",
    "second_factor.confirm": "a code is never written into a page; it is typed again",
    "second_factor.remove": "a password is never written into a page; it is typed again",
    "second_factor.renew_codes": "a password is never written into a page; it is typed again",
    "signature.save": NOTHING_TYPED,
    "several.act": IN_THE_FORM,
    "signing.add": BY_ANYONE,
    "signing.remove": NOTHING_TYPED,
    "signing.sign": BY_ANYONE,
    "staff_lists.carry_out": IN_THE_FORM,
    "staff_lists.preview": IN_THE_FORM,
    "starting.save": IN_THE_EDITOR,
    "starting.start": IN_THE_FORM,
    "task_administration.act": BY_ANYONE,
    "together.decide": IN_THE_FORM,
    "training.begin": NOTHING_TYPED,
    "training.enter": BY_ANYONE,
    "training.hand_in": NOTHING_TYPED,
    "training.make": BY_ANYONE,
    "training.plan": BY_ANYONE,
    "training.questions": BY_ANYONE,
    "training.sign_in": NOTHING_TYPED,
    "table_trials.drop": NOTHING_TYPED,
    "table_trials.keep": IN_THE_EDITOR,
    "table_trials.try_out": IN_THE_EDITOR,
    "trials.keep": IN_THE_FORM,
    "trials.play": IN_THE_FORM,
    "trials.scenarios": IN_THE_FORM,
    "versions.bring_back": NOTHING_TYPED,
    "versions.retire": BY_ANYONE,
    "versions.move": NOTHING_TYPED,
    "views.density": NOTHING_TYPED,
    "views.first": NOTHING_TYPED,
    "views.remove": NOTHING_TYPED,
    "views.save": BY_ANYONE,
}
"""View that takes a form → how what was typed stays when it is refused. A new view is entered here, and keeps
it."""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("typed")
    return create_app(
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(folder),
                "GRIDFLOW_SECRET_KEY": "tests" * 8,
            }
        )
    )


def test_every_view_that_takes_a_form_says_how_it_keeps_what_was_typed(
    application: Flask,
) -> None:
    posted = {
        rule.endpoint
        for rule in application.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }
    assert posted == KEPT.keys()


def test_a_view_whose_refusal_is_raised_tells_nothing_by_a_notice_that_loses_the_text(
    application: Flask,
) -> None:
    import inspect

    for endpoint, how in KEPT.items():
        source = inspect.getsource(application.view_functions[endpoint])
        if how == BY_ANYONE:
            assert '"danger"' not in source, endpoint


def _posted_names() -> Iterator[tuple[str, str]]:
    for path in sorted((WEB / "templates").rglob("*.html")):
        for form in _FORM.findall(path.read_text()):
            if 'method="post"' in form:
                yield from (
                    (path.name, name) for name in _CONTROL.findall(form)
                )


def test_every_name_of_a_form_has_a_label_or_goes_back_unseen() -> None:
    known = (
        typed_lines.LABELS.keys()
        | typed_lines.CARRIED
        | typed_lines.SECRET
        | {"csrf_token"}
    )
    names = {
        (file, name)
        for file, name in _posted_names()
        if "{{" not in name and not name.startswith("_")
    }
    assert len({name for _file, name in names}) > 15
    assert not [(file, name) for file, name in names if name not in known]


def test_no_label_is_left_over() -> None:
    names = {name for _file, name in _posted_names()}
    assert typed_lines.LABELS.keys() <= names
