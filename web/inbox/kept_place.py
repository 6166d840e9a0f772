"""The place in the list that an action of the inbox leads back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import request, url_for

ARGUMENTS = (
    "due",
    "q",
    "process",
    "sort",
    "after",
    "before",
    "view",
    "density",
)
MOST = 50
"""Tasks of one request; a page has 20."""


def query() -> str:
    """The address's arguments of the list, as its page sent them along."""
    return request.values.get("_query", "")[:2_000]


def arguments() -> dict[str, Any]:
    """Those of `query` that lead back to the list as it was."""
    return dict(pair for pair in parse_qsl(query()) if pair[0] in ARGUMENTS)


def back_to_list(
    chosen: Sequence[str] = (), reason: str = "", **changed: str
) -> str:
    """Address of the list as it was but for what is changed, with these tasks selected and what was typed as
    the reason."""
    return url_for(
        "inbox.to_do",
        **arguments() | changed,
        chosen=list(chosen),
        reason=reason[:200] or None,
    )
