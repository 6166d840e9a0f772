"""Addresses of the rows of a list: all of a kind differ in one part, so that Flask works out one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import url_for

_PART = "0000part0000"
"""Stands for the part that differs; no query of ours holds it."""


def addresses_of(
    endpoint: str, part: str, **values: Any
) -> Callable[[str], str]:
    """From the part's text, such as a task's id, to the address of the endpoint with it and the values."""
    before, _mark, after = url_for(
        endpoint, **{**values, part: _PART}
    ).partition(_PART)
    return lambda text: f"{before}{quote(text, safe=_PLAIN)}{after}"


_PLAIN = "!$&'()*+,/:;=@"
"""What Werkzeug leaves as it is in a path, too."""
