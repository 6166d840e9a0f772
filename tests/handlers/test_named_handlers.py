"""Whom a department names when it signs for a case does the case; whoever it cannot mean changes nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import forms
from orchestrator.errors import GridflowError
from orchestrator.services import bundles
from orchestrator.services.deployments import form_options
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person, named_at_work
from orchestrator.store.session import transaction
from tests.handlers.test_cases import to_the_county

LEAD = "zhenjiang:urban-management:321102"


def signed(office, name: str):
    """The task of handling after the department named that person."""
    case = office.report(office.seed_item())
    to_the_county(office, case)
    office.complete(
        case,
        "triage_county",
        "jk-wgb",
        decision="assign",
        lead_department=LEAD,
        assisting_departments=[],
        opinion="请城管部门办理",
    )
    office.complete(
        case, "sign_case", "jk-cg", decision="accept", handler_name=name
    )
    (task,) = [
        each
        for each in office.open_tasks(case)
        if each.element_id == "handle_case"
    ]
    return case, task


def name_of(office, username: str) -> str:
    return office.rows(
        sa.select(Person.display_name).where(Person.username == username)
    )[0]


@pytest.mark.parametrize("way", ["name", "username", "both"])
def test_whom_the_department_names_has_the_task_and_reports_back(
    office, way
) -> None:
    name = name_of(office, "jk-cg2")
    written = {
        "name": f" {name} ",
        "username": "jk-cg2",
        "both": f"{name}（jk-cg2）",
    }
    case, task = signed(office, written[way])
    assert task.assignee_id == office.person("jk-cg2")
    with pytest.raises(GridflowError) as refused:
        office.complete(case, "handle_case", "jk-cg", result="已清理")
    assert name in str(refused.value) or refused.value.status == 409
    office.complete(case, "handle_case", "jk-cg2", result="已清理")
    (after,) = office.open_tasks(case)
    assert after.element_id == "report_back"
    assert after.assignee_id == office.person("jk-cg2")


@pytest.mark.parametrize("written", ["王五", "admin", "jk-ga", "本单位"])
def test_a_name_of_nobody_or_of_another_body_offers_the_task_to_all(
    office, written
) -> None:
    case, task = signed(office, written)
    assert task.assignee_id is None
    office.complete(case, "handle_case", "jk-cg", result="已清理")


def test_the_form_offers_the_people_of_the_body_and_tells_namesakes_apart(
    office,
) -> None:
    case = office.report(office.seed_item())
    with transaction() as session:
        other = session.scalars(
            sa.select(Person).where(Person.username == "jk-cg2")
        ).one()
        mine = session.scalars(
            sa.select(Person).where(Person.username == "jk-cg")
        ).one()
        other.display_name = mine.display_name
        instance = session.get_one(ProcessInstance, case)
        bundle = bundles.bundle_of(session, instance.definition_id)
        form = bundle.forms["case_signing"]
        session.flush()
        setting = form_options.Setting(
            instance.territory_path, mine.id, office.now
        )
        options = form_options.for_form(session, bundle, form, setting)
        html = str(forms.render(form, {"decision": "accept"}, {}, options))
        name = mine.display_name
        assert named_at_work(session, name, [LEAD]) is None
        assert named_at_work(session, f"{name}（jk-cg2）", [LEAD]) == other.id
        session.rollback()
    assert 'list="field-handler_name-offered"' in html
    for username in ("jk-cg", "jk-cg2"):
        assert f'<option value="{name}（{username}）">' in html
