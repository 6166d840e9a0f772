"""A draft with errors is compared in whatever can be read of it; the rest is named, never called deleted."""

from __future__ import annotations

import json

import pytest

from orchestrator.services import designing
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT

DIAGRAM, FORM, TABLE = (
    "item_admission.bpmn",
    "item_application.form",
    "grading.dmn",
)
RENAMED = ('name="审核申请" ', 'name="审核准入申请" ')
TOLD = "人工任务“审核申请”的名称由“审核申请”改为“审核准入申请”"
ERRORS = {
    "no default flow": (' default="review_passed"', ""),
    "a body that is unknown": ('"government@same"', '"nobody@same"'),
    "a condition that does not compile": (
        'submission == "withdraw"',
        "submission == == 1",
    ),
    "a flow from nowhere": (
        "</bpmn:process>",
        '<bpmn:sequenceFlow id="loose" sourceRef="x" targetRef="y"/></bpmn:process>',
    ),
    "a call of nothing": (
        "</bpmn:process>",
        '<bpmn:callActivity id="gone" calledElement="gone"/></bpmn:process>',
    ),
    "a form that is unknown": (
        'camunda:formKey="approval"',
        'camunda:formKey="nothing"',
    ),
}


@pytest.fixture
def draft(office) -> str:
    return designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )


def compared(
    draft: str, *changes: tuple[str, str], **files: str
) -> designing.DraftComparison:
    """What is told after these changes of the diagram, and with these other files."""
    with transaction() as session:
        row = session.get_one(Draft, draft)
        text = row.content[DIAGRAM]
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        row.content = {
            DIAGRAM: text,
            **{
                name.replace("__", "."): content
                for name, content in files.items()
            },
        }
    with transaction(writing=False) as session:
        return designing.differences(session, session.get_one(Draft, draft))


@pytest.mark.parametrize("error", ERRORS)
def test_the_diagram_is_compared_in_spite_of_its_errors(
    office, draft: str, error: str
) -> None:
    found = compared(draft, RENAMED, ERRORS[error])
    assert TOLD in [each.told for each in found.differences]
    assert found.errors and found.unread == []
    assert not any(each.told.startswith("删去") for each in found.differences)


def test_a_diagram_that_is_no_xml_is_named_and_its_form_compared(
    office, draft: str
) -> None:
    form = {
        "type": "default",
        "id": "f",
        "components": [
            {"type": "textfield", "key": "item_name", "label": "名"}
        ],
    }
    found = compared(
        draft, ("</bpmn:process>", ""), item_application__form=json.dumps(form)
    )
    assert found.unread == [DIAGRAM]
    told = [each.told for each in found.differences]
    assert any("不再填" in each for each in told) and all(
        "表单" in each for each in told
    )


@pytest.mark.parametrize("text", ["{", "[]", '{"components": 1}'])
def test_a_form_that_is_none_is_named_and_the_diagram_compared(
    office, draft: str, text: str
) -> None:
    found = compared(draft, RENAMED, item_application__form=text)
    assert found.unread == [FORM] and [
        each.told for each in found.differences
    ] == [TOLD]


def test_a_table_that_cannot_be_read_is_named(office, draft: str) -> None:
    found = compared(draft, RENAMED, grading__dmn="<definitions/>")
    assert found.unread == [TABLE] and [
        each.told for each in found.differences
    ] == [TOLD]


def test_a_diagram_whose_own_process_is_gone_is_named(
    office, draft: str
) -> None:
    found = compared(draft, ('id="item_admission"', 'id="another"'))
    assert (
        found.unread == [DIAGRAM] and found.differences == [] and found.errors
    )


def test_a_draft_without_errors_is_compared_as_it_would_run(
    office, draft: str
) -> None:
    found = compared(draft, RENAMED)
    assert (found.unread, found.errors) == ([], []) and [
        each.told for each in found.differences
    ] == [TOLD]
