"""What an import says needs attention is what the checks refuse once it is taken over: no more, no less, in
whichever city."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Finding
from orchestrator.services import designing
from orchestrator.services.designing import validation
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT

HERE = Path(__file__).parents[1]
FILES = sorted((HERE / "bpmn_import" / "diagrams").glob("*.bpmn"))
DIAGRAM = "item_admission.bpmn"
EVERY = 12
OTHERS = [
    *sorted((HERE.parent / "bpmn").glob("zhenjiang/*.bpmn")),
    *sorted((HERE / "bpmn_import" / "foreign").glob("*.bpmn"))[::EVERY],
    *sorted((HERE / "bpmn_import" / "collection").glob("*.bpmn"))[::EVERY],
]
"""Our own diagrams, and some of those of other tools: each takes half a second."""
BARE = re.compile(r"<(?:\w+:)?(incoming|outgoing)>[^<]*</(?:\w+:)?\1>")


def counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many are errors and how many are remarks."""
    return {
        severity: sum(each.severity == severity for each in found)
        for severity in ("error", "note")
    }


def _told_at_publishing(session: Session, key: str) -> list[Finding]:
    draft = session.get_one(Draft, key)
    verdict = designing.judge(session, draft)
    return designing.about(draft.content, verdict.findings)


@pytest.mark.one_database
def test_the_report_counts_what_the_checks_refuse_afterwards(
    office, monkeypatch
) -> None:
    """Every other file as its tool wrote it, the others as the tools write that leave incoming and outgoing
    out."""
    # What the scenarios say is counted beside the checks, and costs most.
    monkeypatch.setattr(validation, "run_scenarios", lambda *_: None)
    key = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    contents = {path.name: path.read_bytes() for path in FILES}
    names = sorted(contents)
    for name in names[::2]:
        contents[f"bare {name}"] = BARE.sub(
            "", contents.pop(name).decode()
        ).encode()
    contents |= {path.name: path.read_bytes() for path in OTHERS}
    refused = 0
    for name, content in contents.items():
        (draft,) = office.rows(sa.select(Draft).where(Draft.id == key))
        report = designing.examine(draft, content)
        designing.adopt(
            draft,
            content,
            name,
            draft.revision,
            office.person("designer"),
            office.now,
        )
        with transaction(writing=False) as session:
            found = designing.findings(session, session.get_one(Draft, key))
            published = _told_at_publishing(session, key)
        assert counts(published) == counts(found), name
        errors = [each for each in found if each.severity == "error"]
        assert counts(found) == {
            "error": report.count("unsupported"),
            "note": report.count("noted"),
        }, name
        waiting = [
            each for each in report.lines if each.verdict == "unsupported"
        ]
        assert report.count("unsupported") == len(errors), name
        refused += bool(errors)
        places = [
            each.element_id if each.resource == DIAGRAM else None
            for each in errors
        ]
        assert sorted(
            (str(each.element_id), each.attribute) for each in waiting
        ) == sorted(
            (str(place), each.rule)
            for place, each in zip(places, errors, strict=True)
        ), name
        for place, error in zip(places, errors, strict=True):
            assert any(
                each.element_id == place and error.message in each.told
                for each in waiting
            ), (name, error)
    assert refused >= len(FILES) - 2
