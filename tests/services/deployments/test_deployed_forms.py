"""Matters go on with the forms of their own deployment, whatever the rules refuse since."""

from __future__ import annotations

import json
import logging

import pytest
import sqlalchemy as sa

import forms
from orchestrator import engine
from orchestrator.services import bundles
from orchestrator.store.definitions import (
    Deployment,
    DeploymentResource,
    ProcessDefinition,
    Resource,
)
from orchestrator.store.session import transaction

FORM = {
    "components": [
        {"type": "textfield", "key": "None", "label": "甲"},
        {
            "type": "textfield",
            "key": "ahead",
            "label": "编号",
            "validate": {"pattern": "^(?=1)\\d+$"},
        },
        {
            "type": "textfield",
            "key": "digits",
            "label": "数字",
            "validate": {"pattern": "\\d{3}"},
        },
    ]
}


def _as_deployed_before() -> str:
    """The city's newest deployment with that form in the place of its review, recorded as it was before
    patterns were searched for."""
    with transaction() as session:
        session.add(
            Resource(sha256="f" * 64, content=json.dumps(FORM).encode())
        )
        session.flush()
        session.execute(
            sa.update(DeploymentResource)
            .where(DeploymentResource.name == "review.form")
            .values(sha256="f" * 64)
        )
        (deployment,) = session.scalars(sa.select(Deployment))
        deployment.report = {"notes": []}
        definition = session.scalars(sa.select(ProcessDefinition.id)).first()
    bundles.forget()
    assert definition
    return definition


def test_a_new_deployment_says_that_its_patterns_are_searched_for(
    world,
) -> None:
    with transaction(writing=False) as session:
        (report,) = session.scalars(sa.select(Deployment.report))
    assert report["patterns"] == bundles.SEARCHED


def test_a_form_deployed_before_still_opens_and_takes_what_it_took(
    world, caplog: pytest.LogCaptureFixture
) -> None:
    definition = _as_deployed_before()
    with (
        caplog.at_level(logging.WARNING, "gridflow.deployments"),
        transaction(writing=False) as session,
    ):
        form = bundles.bundle_of(session, definition).forms["review"]
    assert "review.form" in caplog.text and "正则表达式" in caplog.text
    typed = {"None": "乙", "ahead": "二号", "digits": "123"}
    assert forms.validate(form, typed, {}) == typed
    with pytest.raises(forms.Invalid):
        forms.validate(form, {"digits": "编号1234"}, {})


def test_only_forms_deployed_before_have_the_rule_of_their_files_name(
    world,
) -> None:
    """A form of that name in a deployment of today has no rule but the one that it names."""
    with transaction() as session:
        session.execute(
            sa.update(DeploymentResource)
            .where(DeploymentResource.name == "review.form")
            .values(name="case_triage.form")
        )
        (deployment,) = session.scalars(sa.select(Deployment))
        assert deployment.report["rules"] == "named"
        definition = session.scalars(sa.select(ProcessDefinition.id)).first()
    rules = []
    for report in ({"rules": "named"}, {"notes": []}):
        with transaction() as session:
            session.execute(sa.update(Deployment).values(report=report))
        bundles.forget()
        with transaction(writing=False) as session:
            there = bundles.bundle_of(session, definition).forms
            rules.append(there["case_triage"].rule)
    assert rules == ["", "assistance"]


def test_a_deployment_says_by_which_rules_its_conditions_are_read(
    world,
) -> None:
    """Without that word it is one of before, and keeps the rules of its time."""
    with transaction(writing=False) as session:
        (report,) = session.scalars(sa.select(Deployment.report))
        known = session.scalars(sa.select(ProcessDefinition.id)).first()
        assert known
        edition = bundles.bundle_of(session, known).definition.edition
    assert (report[bundles.EDITION], edition) == (8, engine.CURRENT)
    definition = _as_deployed_before()
    with transaction(writing=False) as session:
        former = bundles.bundle_of(session, definition).definition.edition
    assert former is engine.Edition.FIRST
