"""Bundles come compressed under names that change with their content, and browsers keep them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask, url_for

FIRST_PAGE_BYTES = 150_000
"""What the first page on a phone may take over the wire."""


@pytest.fixture
def addresses(application: Flask) -> list[str]:
    """Address of each bundle that the sign-in page loads."""
    text = application.test_client().get("/sign-in").text
    found = re.findall(r'(?:href|src)="(/static/dist/[^"]+)"', text)
    assert len(found) >= 2
    return found


def test_a_bundle_is_kept_for_good_under_the_name_of_its_content(
    application: Flask, addresses
) -> None:
    for address in addresses:
        assert re.search(r"-[A-Z0-9]{8}\.(css|js)$", address)
        answer = application.test_client().get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("encoding", ["br", "gzip", ""])
def test_the_browser_gets_the_encoding_that_it_takes(
    application: Flask, addresses, encoding: str
) -> None:
    answer = application.test_client().get(
        addresses[0], headers={"Accept-Encoding": encoding}
    )
    assert answer.headers.get("Content-Encoding", "") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_the_first_page_of_a_phone_is_light(
    application: Flask, addresses
) -> None:
    client = application.test_client()
    taken = {"Accept-Encoding": "br"}
    sizes = [
        len(client.get(address, headers=taken).data) for address in addresses
    ]
    assert sum(sizes) + len(client.get("/sign-in").data) <= FIRST_PAGE_BYTES


def test_every_bundle_of_the_build_has_its_file(application: Flask) -> None:
    folder = Path(str(application.static_folder)) / "dist"
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    with application.test_request_context():
        for name, built in names.items():
            assert (
                url_for("static", filename=f"dist/{name}")
                == f"/static/dist/{built}"
            )
            assert (folder / built).is_file()


def test_a_file_without_a_hash_is_asked_for_again(application: Flask) -> None:
    answer = application.test_client().get("/static/dist/names.json")
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_nothing_outside_the_folder_is_given(application: Flask) -> None:
    for path in (
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/dist/../../templates/base.html",
    ):
        assert application.test_client().get(path).status_code == 404
