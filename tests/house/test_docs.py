"""What the docs name is there: files, commands, pages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "docs", ROOT / "docs" / "decisions", ROOT / "bpmn")
"""docs/upstream/ names the library's files."""

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(file for folder in FOLDERS for file in folder.glob("*.md")),
    ]
)
SHOWN_AS_PATH = re.compile(
    r"`((?:orchestrator|web|forms|bpmn|docs|deploy|tests|requirements)/[^`\s]*)`"
)
SHOWN_AS_END_OF_A_PATH = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`")
"""`engine/timers.py`, `timers.py`: the end of a path, where the text says in which folder it is."""
SUPERSEDED = "Superseded by"
"""A decision that begins so names files of its own time."""
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")


def _exists(path: str) -> bool:
    """A path with a placeholder (`<city>`, `KEY`, `*`) exists when something fits it; built files need not be
    there."""
    if path.startswith("web/static/dist"):
        return True
    pattern = (
        re.sub(r"<[^>]+>|\bKEY\b|NNNN-title|…", "*", path)
        .rstrip("/")
        .partition(":")[0]
    )
    return (
        any(ROOT.glob(pattern))
        if "*" in pattern
        else (ROOT / pattern).exists()
    )


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
def test_paths_and_links_of_a_document_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    missing = {
        path for path in SHOWN_AS_PATH.findall(text) if not _exists(path)
    }
    missing |= {
        link
        for link in LINK.findall(text)
        if not (document.parent / link).exists()
    }
    assert missing == set()


def _python_files() -> Iterator[str]:
    for folder in ("orchestrator", "web", "forms", "deploy", "tests"):
        for file in (ROOT / folder).rglob("*.py"):
            yield f"/{file.relative_to(ROOT).as_posix()}"
    for file in ROOT.glob("*.py"):
        yield f"/{file.name}"


def test_the_end_of_a_path_in_a_document_is_that_of_a_file() -> None:
    files = tuple(_python_files())
    missing = set()
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        if SUPERSEDED in text:
            continue
        missing |= {
            (document.name, end)
            for end in SHOWN_AS_END_OF_A_PATH.findall(text)
            if not any(file.endswith(f"/{end}") for file in files)
        }
    assert missing == set()


def test_every_page_of_the_docs_is_linked_from_another() -> None:
    texts = {document: document.read_text() for document in DOCUMENTS}
    for page in (ROOT / "docs").glob("*.md"):
        assert any(
            page.name in text for other, text in texts.items() if other != page
        ), page.name


def _departments() -> Sequence[str]:
    """From the top down, as the contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [
        contract["layers"]
        for contract in contracts
        if contract.get("containers") == ["orchestrator.services"]
    ]
    return [name for layer in layers for name in layer.split(" | ")]


def test_the_architecture_names_every_department_in_its_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = text.partition("The departments of")[2].partition("Each imports")
    assert re.findall(r"`([a-z_]+)`", named[0]) == _departments(), (
        "name the new department in docs/architecture.md"
    )


def test_the_decision_says_what_is_in_every_department() -> None:
    decision = ROOT / "docs" / "decisions" / "0014-departments.md"
    rows = re.findall(
        r"^\| (`[a-z_`, ]+) \|", decision.read_text("utf-8"), re.M
    )
    named = re.findall(r"`([a-z_]+)`", " ".join(rows))
    assert named == _departments(), (
        "name the new department in docs/decisions/0014-departments.md"
    )
