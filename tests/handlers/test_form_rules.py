"""A rule over a form's answers is named in the form: its file may be called anything, and an unknown name is
told."""

from __future__ import annotations

import json

import pytest

from orchestrator.services import bundles, deployments
from orchestrator.services.bundles import bound_rules
from orchestrator.services.deployments import form_checks, form_rules
from orchestrator.services.jurisdictions import resources
from tests.handlers.office import CITY, NOW

TRIAGE = json.loads(resources(CITY)["case_triage_county.form"])
SENT = {
    "lead_department": "a",
    "assisting_departments": ["a", "b"],
    "decision": "assign",
}


def deployed(
    key: str, rule: str | None, **changes: object
) -> dict[str, bytes]:
    """The city's files with the county's triage asked by a form of that name."""
    files = resources(CITY)
    form = {**TRIAGE, "id": key, **changes}
    form.pop("properties")
    if rule is not None:
        form["properties"] = {"rule": rule}
    files[f"{key}.form"] = json.dumps(form, ensure_ascii=False).encode()
    files["case_handling.bpmn"] = files["case_handling.bpmn"].replace(
        b'camunda:formKey="case_triage_county"',
        f'camunda:formKey="{key}"'.encode(),
    )
    return files


def assisting(files: dict[str, bytes], key: str) -> object:
    bundle = bundles.assemble(files, "case_handling")
    return form_checks.derive_from_values(bundle, key, SENT, NOW, {}).get(
        "assisting_departments"
    )


def told(files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [
        (each.severity, each.message)
        for each in deployments.findings(files)
        if each.rule == "form-rule"
    ]


def test_a_form_of_any_name_keeps_the_rule_that_it_names() -> None:
    files = deployed("special_triage", "assistance")
    assert told(files) == []
    assert assisting(files, "special_triage") == ["b"], (
        "the lead does not assist itself"
    )


def test_a_form_that_names_no_rule_has_none_whatever_its_file_is_called() -> (
    None
):
    assert (
        assisting(deployed("special_triage", None), "special_triage") is None
    )
    unnamed = deployed("case_triage_county", None)
    assert assisting(unnamed, "case_triage_county") is None
    ((severity, message),) = told(unnamed)
    assert severity == "note" and "从前自带规则“分流" in message, (
        "not in silence: whoever publishes it chooses"
    )
    free = deployed("case_triage_county", form_rules.NONE)
    assert (told(free), assisting(free, "case_triage_county")) == ([], None)


@pytest.mark.parametrize(
    ("rule", "changes", "message"),
    [
        ("asistance", {}, "表单的规则“asistance”不存在"),
        (
            "grid-adjustment-joint",
            {},
            "要用到 kind、township_government，表单里没有",
        ),
        (
            "assistance",
            {"components": []},
            "要用到 lead_department、assisting_departments、decision",
        ),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(
    rule: str, changes: dict[str, object], message: str
) -> None:
    ((severity, said),) = told(deployed("special_triage", rule, **changes))
    assert severity == "error" and message in said


def test_every_form_of_the_product_names_its_rule() -> None:
    files = resources(CITY)
    assert told(files) == []
    named = {
        name
        for name, content in files.items()
        if name.endswith(".form") and json.loads(content).get("properties")
    }
    assert named >= {f"{key}.form" for key in bound_rules.BY_FILE_NAME}


def test_several_matters_are_decided_at_once_only_where_the_city_allows_it() -> (
    None
):
    files = dict(resources(CITY))
    allowed = bundles.assemble(files, "item_admission").forms
    assert any(form.batch for form in allowed.values())
    profile = files["jurisdiction.toml"].decode()
    start = profile.index("[together]\nforms = [")
    end = profile.index("\n", start + len("[together]\n"))
    files["jurisdiction.toml"] = (
        profile[:start] + "[together]\nforms = []" + profile[end:]
    ).encode()
    refused = bundles.assemble(files, "item_admission").forms
    assert not any(form.batch for form in refused.values())
