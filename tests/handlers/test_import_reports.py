"""What an import says needs attention is what the checks refuse once it is taken over: no more, no less, in
whichever city."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.services import designing
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT

FILES = sorted(
    (Path(__file__).parents[1] / "bpmn_import" / "diagrams").glob("*.bpmn")
)
BARE = re.compile(r"<(?:\w+:)?(incoming|outgoing)>[^<]*</(?:\w+:)?\1>")


@pytest.mark.one_database
def test_the_report_counts_what_the_checks_refuse_afterwards(office) -> None:
    """Every other file as its tool wrote it, the others as the tools write that leave incoming and outgoing
    out."""
    key = designing.open_draft(
        TENANT, "item_admission", office.person("designer"), office.now
    )
    contents = {path.name: path.read_bytes() for path in FILES}
    names = sorted(contents)
    for name in names[::2]:
        contents[f"bare {name}"] = BARE.sub(
            "", contents.pop(name).decode()
        ).encode()
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
        errors = [each for each in found if each.severity == "error"]
        waiting = [
            each for each in report.lines if each.verdict == "unsupported"
        ]
        assert report.count("unsupported") == len(errors), name
        refused += bool(errors)
        assert sorted(
            (str(each.element_id), each.attribute) for each in waiting
        ) == sorted((str(each.element_id), each.rule) for each in errors), name
        for error in errors:
            assert any(
                each.element_id == error.element_id
                and error.message in each.told
                for each in waiting
            ), (name, error)
    assert refused >= len(contents) - 2
