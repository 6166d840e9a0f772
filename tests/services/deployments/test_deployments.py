"""Deployments follow one another strictly, whatever the clock says."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from orchestrator import engine
from orchestrator.errors import DeploymentRefused, Finding
from orchestrator.services import bundles, deployments
from orchestrator.services.deployments import contents
from orchestrator.store.definitions import (
    Deployment,
    ProcessDefinition,
    newest_deployment,
)
from orchestrator.store.session import transaction
from tests.engine.diagrams import END, HEAD, START, document, flow
from tests.engine.test_decisions import BODY, table
from tests.services.world import CITY, TENANT


def test_of_deployments_at_one_instant_the_last_is_the_newest(world) -> None:
    files = {path.name: path.read_bytes() for path in sorted(CITY.iterdir())}
    made = []
    for number, late in enumerate((0, 0, -60, 0)):
        changed = {
            **files,
            "errand.bpmn": files["errand.bpmn"]
            + f"<!-- {number} -->".encode(),
        }
        deployed = deployments.deploy(
            changed, TENANT, None, world.now + timedelta(seconds=late)
        )
        made.append(deployed.deployment_id)
        with transaction(writing=False) as session:
            newest = newest_deployment(session, TENANT)
            assert newest is not None and newest.id == deployed.deployment_id
    rows = world.rows(sa.select(Deployment).where(Deployment.id.in_(made)))
    at = {row.id: row.deployed_at for row in rows}
    instants = [at[deployment_id] for deployment_id in made]
    assert instants == sorted(set(instants)), (
        "each is later than the one before"
    )


def _published(world, files: dict[str, bytes]) -> dict[str, engine.Edition]:
    """By process key the edition of each version that publishing these files makes, as it was foreseen."""
    with transaction(writing=False) as session:
        older = deployments.older_editions(session, files, TENANT)
    made = deployments.deploy(files, TENANT, None, world.now).definition_ids
    with transaction(writing=False) as session:
        editions = {
            session.get_one(
                ProcessDefinition, definition_id
            ).key: bundles.bundle_of(session, definition_id).definition.edition
            for definition_id in made
        }
    assert editions == {
        key: older.get(key, engine.CURRENT) for key in editions
    }
    return editions


def test_a_procedure_keeps_its_rules_where_forms_or_the_profile_alone_change(
    world,
) -> None:
    with transaction() as session:
        (deployment,) = session.scalars(sa.select(Deployment))
        deployment.report = {"notes": []}
    bundles.forget()
    first, newest = engine.Edition.FIRST, engine.CURRENT
    files = {path.name: path.read_bytes() for path in sorted(CITY.iterdir())}
    files["jurisdiction.toml"] += b"# 1\n"
    files["errand.bpmn"] += b"<!-- 1 -->"
    editions = _published(world, files)
    assert editions.pop("errand") is newest
    assert len(editions) > 5 and set(editions.values()) == {first}
    assert _published(world, files) == {}
    files["jurisdiction.toml"] += b"# 2\n"
    files["request.form"] += b"\n"
    again = _published(world, files)
    assert again == {**editions, "errand": newest}
    files["asking.bpmn"] += b"<!-- 1 -->"
    assert _published(world, files) == {"asking": newest}


def test_rules_read_the_diagrams_that_are_called_and_their_tables() -> None:
    calling = START + '<callActivity id="c" calledElement="q"/>' + END
    called = HEAD + f'<process id="q" isExecutable="true">{BODY}</process>'
    resources = {
        "p.bpmn": document(calling + flow("start", "c", "end")),
        "q.bpmn": f"{called}</definitions>".encode(),
        "other.bpmn": called.replace('"q"', '"other"').encode()
        + b"</definitions>",
        "r.dmn": table([("-", '"a"')]),
        "a.form": b"{}",
        "jurisdiction.toml": b"",
    }
    definition = engine.load_definition(resources, "p")
    assert contents.read_by_edition(definition, resources) == {
        "p.bpmn",
        "q.bpmn",
        "r.dmn",
    }


def test_a_refusal_says_what_refuses_it_and_not_what_was_noted() -> None:
    refused = DeploymentRefused(
        [
            Finding(
                "article-unknown", "start", "条文不存在", resource="a.bpmn"
            ),
            Finding("variable-unknown", None, "由消息带来", "note"),
        ]
    )
    assert str(refused) == "a.bpmn#start: 条文不存在"
    assert len(refused.findings) == 2
