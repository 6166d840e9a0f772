"""What a second press of a button does is decided for each address: a new one is written into one of these
lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app import create_app
from tests.databases import settings_for

KEYED = {
    "deadlines.move",
    "grid_entries.add",
    "grid_meetings.record",
    "grid_work.record_patrol",
    "grid_work.record_visit",
    "inbox.act",
    "inbox.complete",
    "members.badge",
    "oversight.act",
    "remarks.comment",
    "report.report",
    "training.make",
    "training.plan",
    "remarks.copy",
    "several.act",
    "signing.add",
    "signing.sign",
    "starting.start",
    "together.decide",
    "api.complete",
    "api.condition",
    "api.message",
    "api.signal",
}
"""The key of the page or of the request is kept with what was done."""
REFUSED = {
    "archiving.ask",
    "absences.end",
    "absences.enter",
    "admin.choose_flow",
    "admin.resolve",
    "admin.retry",
    "admin.send_back",
    "admin.trigger",
    "api.trigger",
    "bodies_admin.create",
    "bodies_admin.dissolve",
    "calendars.confirm",
    "calendars.give_up",
    "calendars.propose",
    "designer.begin",
    "designer.discard",
    "draft_files.begin",
    "grid_entries.change",
    "imports.adopt",
    "imports.unpack",
    "inbox.cancel",
    "people_admin.add",
    "people_admin.cancel_leaving",
    "people_admin.restore",
    "people_admin.retire",
    "provisioning.add_group",
    "provisioning.add_user",
    "regulation.discard",
    "releases.follow",
    "releases.mend_scenarios",
    "releases.hand_back",
    "releases.propose",
    "releases.publish",
    "releases.rename_in_scenarios",
    "releases.take_over",
    "releases.withdraw",
    "reports.accept",
    "reports.refuse",
    "returning.recall",
    "returning.send_back",
    "second_factor.confirm",
    "passkeys.add",
    "password_links.redeem",
    "signing.remove",
    "training.hand_in",
    "task_administration.act",
    "cards.edit",
    "cards.rename",
    "trials.keep",
    "trials.scenarios",
    "body_kinds.ask",
    "versions.bring_back",
    "versions.move",
    "versions.retire",
    "looks.review",
    "notifications.answer",
    "data_grants.revoke",
}
"""What it is done to is no longer as the page showed it, or exists already: the second press is refused."""
SAME = {
    "admin.verify",
    "assessment.appeal",
    "assessment.close",
    "api.assignee",
    "api.claim",
    "api.unclaim",
    "auth.language",
    "bodies_admin.keep",
    "bodies_admin.rename",
    "data_grants.grant",
    "designer.here",
    "designer.open_called",
    "designer.open_draft",
    "designer.restore",
    "designer.save",
    "draft_files.give_up",
    "table_trials.drop",
    "table_trials.keep",
    "groups.put",
    "groups.remove",
    "addresses.carry_out",
    "addresses.clear",
    "grid_entries.carry_out",
    "grid_entries.disclose",
    "grid_meetings.finish",
    "inbox.disclose",
    "reports.disclose",
    "inbox.save",
    "members.keep",
    "notification_choices.save",
    "notifications.open_one",
    "notifications.read_all",
    "passkeys.remove",
    "people_admin.change",
    "people_admin.plan_leaving",
    "people_admin.end_sessions",
    "people_admin.unlock",
    "phrases.change",
    "regulation.begin",
    "regulation.join",
    "regulation.keep_text",
    "regulation.leave",
    "regulation.restore",
    "regulation.save",
    "regulation.save_entry",
    "profile.act_for",
    "profile.change_password",
    "profile.end_other_sessions",
    "profile.photo",
    "second_factor.remove",
    "second_names.keep",
    "signature.save",
    "staff_lists.carry_out",
    "starting.save",
    "training.begin",
    "training.enter",
    "training.questions",
    "training.sign_in",
    "views.density",
    "views.first",
    "views.remove",
    "views.save",
}
"""It says how something is to be from now on: said twice, it is the same."""
ANEW = {
    "people_admin.link",
    "people_admin.links",
    "people_admin.reset_second_factor",
    "second_factor.begin",
    "second_factor.renew_codes",
    "registers.print_dossier",
    "notification_choices.try_out",
}
"""Gives something each time, and the last one counts: a link, a code, a file, a trial letter."""
CHANGES_NOTHING = {
    "provisioning.nothing",
    "addresses.preview",
    "calendars.preview",
    "designer.check",
    "grid_entries.preview",
    "imports.examine",
    "registers.check_dossier",
    "staff_lists.preview",
    "table_trials.try_out",
    "trials.play",
}
SIGNING_IN = {
    "auth.sign_in",
    "auth.sign_in_here",
    "auth.sign_in_with_code",
    "auth.sign_out",
    "passkeys.ask",
    "passkeys.ask_for_new",
    "passkeys.ask_second",
    "passkeys.second_step_done",
    "passkeys.sign_in",
}


def test_each_address_that_is_posted_to_says_what_a_second_press_does(
    tmp_path: Path,
) -> None:
    settings = settings_for(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path)
    app = create_app(replace(settings, scim_tokens={"zhenjiang": "t" * 40}))
    groups = (
        KEYED,
        REFUSED,
        SAME,
        ANEW,
        CHANGES_NOTHING,
        SIGNING_IN,
    )
    named = [each for group in groups for each in group]
    assert len(named) == len(set(named))
    posted = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods
    }
    assert sorted(posted - set(named)) == [], "write it into a list above"
    assert sorted(set(named) - posted) == [], "is no more"
