"""A designer renames a field and an option of a form: which steps of which scenarios would change is told,
and one press changes them, so that all pass again."""

from __future__ import annotations

import pytest

from orchestrator.services import designing
from orchestrator.services.designing import mended_scenarios
from orchestrator.services.designing.validation import resources_of
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT
from tests.handlers.test_drafts import revision


@pytest.mark.one_database
def test_scenarios_follow_a_changed_form_with_one_press(office) -> None:
    by = office.person("designer")
    draft = designing.open_draft(TENANT, "item_admission", by, office.now)
    with transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        approval = resources_of(session, row)["approval.form"].decode()
        assert mended_scenarios.proposed(session, row) == []
    changed = approval.replace('"批示意见"', '"理由"')
    changed = changed.replace('"label": "批准"', '"label": "同意纳入"')
    designing.save(
        draft,
        designing.DraftFile("approval.form", changed),
        revision(office, draft),
        by,
        office.now,
    )
    with transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        steps = mended_scenarios.proposed(session, row)
        assert steps[0].step == "办理“政府审批”"
        assert steps[0].changes == (
            ("批准", "同意纳入"),
            ("批示意见", "理由"),
        )
        before = designing.scenarios_of(session, row)
        assert before.split("\n")[steps[0].line - 1].endswith("政府审批")
        assert designing.judge(session, row).report.failures
        now = revision(office, draft)
        count = mended_scenarios.take(session, row, now, by, office.now)
        assert count == len(steps) > 1
    with transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        assert mended_scenarios.proposed(session, row) == []
        assert designing.judge(session, row).may_be_published(row.process_key)
