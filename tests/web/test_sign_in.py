"""The door: where the sign-in page leads to afterwards."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest

INSIDE = ["/cases", "/cases?q=1", "/cases?q=楼道", "/matter/1#deadlines", "http://localhost/cases"]
OUTSIDE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/\u2028/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "http://localhost@evil.example/",
    "http://localhost//evil.example",
    "http://localhost.evil.example/",
    "evil.example",
    "//[/evil",
    "/\x00/evil",
]


@pytest.mark.parametrize("target", INSIDE)
def test_who_was_asked_to_sign_in_comes_to_the_page_he_wanted(application, target: str) -> None:
    answer = _sign_in(application, quote(target, safe=""))
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(quote(target.removeprefix("http://localhost"), safe="/?=#"))


@pytest.mark.parametrize("target", OUTSIDE)
@pytest.mark.parametrize("encoded", [True, False])
def test_no_target_leads_outside_and_none_is_an_error(application, target: str, encoded: bool) -> None:
    answer = _sign_in(application, quote(target, safe="") if encoded else quote(target, safe="/%:@[]"))
    assert answer.status_code in (302, 400)
    if answer.status_code == 302:
        where = urlsplit(answer.headers["Location"])
        assert (where.netloc, where.path) == ("", "/")


def _sign_in(application, target: str):
    client = application.test_client()
    return client.post(f"/sign-in?next={target}", data={"username": "jk-wgb", "password": "gridflow"})
