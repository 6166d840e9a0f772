"""Each manual is there and complete, each help link leads to a section, each picture exists."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app import create_app
from orchestrator.settings import read_settings
from web import help as manuals


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(
        read_settings(
            {"GRIDFLOW_VAR_DIR": str(tmp_path_factory.mktemp("manuals"))}
        )
    )


def test_the_folder_holds_the_manuals_of_the_index() -> None:
    assert {file.stem for file in manuals.FOLDER.glob("*.md")} == set(
        manuals.NAMES
    )
    for name in manuals.NAMES:
        headings = [section.heading for section in manuals.sections(name)]
        assert len(headings) >= 7 and len(set(headings)) == len(headings), name


def test_each_topic_is_a_page_of_the_product_and_a_section_of_a_manual(
    application: Flask,
) -> None:
    headings = {
        (name, each.heading)
        for name in manuals.NAMES
        for each in manuals.sections(name)
    }
    assert set(manuals.TOPICS.values()) <= headings
    assert set(manuals.TOPICS) <= set(application.view_functions)


def test_each_picture_of_a_manual_exists_and_each_is_shown() -> None:
    shown = {
        picture
        for name in manuals.NAMES
        for picture in re.findall(
            r"!\[[^\]]+\]\(pictures/([\w.-]+)\)",
            (manuals.FOLDER / f"{name}.md").read_text(),
        )
    }
    files = list((manuals.FOLDER / "pictures").glob("*"))
    assert shown == {file.name for file in files}
    assert len(shown) >= 2 * len(manuals.NAMES)
    # A manual opens quickly on a slow line.
    assert all(file.stat().st_size < 60_000 for file in files)


def test_pages_of_the_help_are_shown_and_searched(application: Flask) -> None:
    client = application.test_client()
    page = client.get("/help/designer")
    assert page.status_code == 200
    assert '<h2 id="情景">情景</h2>' in page.text and "<table" in page.text
    found = client.get("/help", query_string={"q": "催办 工作日"}).text
    assert "催办和撤回" in found and "画流程图" not in found
    assert (
        "没有找到"
        in client.get("/help", query_string={"q": "不存在的词"}).text
    )
    picture = client.get("/help/pictures/official-inbox.webp")
    assert picture.mimetype == "image/webp"
    assert picture.data.startswith(b"RIFF")
    for strange in (
        "/help/nothing",
        "/help/..%2Fsettings",
        "/help/pictures/nothing.png",
    ):
        assert client.get(strange).status_code == 404


@pytest.mark.parametrize("name", manuals.NAMES)
def test_a_word_in_quotation_marks_stands_on_a_page_or_in_a_diagram(
    name: str,
) -> None:
    """A manual that names a button which is gone sends its reader looking for it."""
    quoted = set(
        re.findall(
            r"“([^”]{1,14})”",
            (manuals.FOLDER / f"{name}.md").read_text("utf-8"),
        )
    )
    kinds = ("*.html", "*.py", "*.js", "*.form", "*.bpmn", "*.toml")
    texts = [
        file.read_text("utf-8")
        for folder in ("web", "orchestrator", "forms", "bpmn")
        for kind in kinds
        for file in (manuals.ROOT / folder).rglob(kind)
        if "static" not in file.parts
    ]
    whole = "\n".join(texts)
    assert (
        quoted and [word for word in sorted(quoted) if word not in whole] == []
    )
