"""Addresses that a crawl opens: every route with the names of other people's things in the place of its
arguments, and what an answer says once it is unpacked."""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from zipfile import BadZipFile, ZipFile

from flask import Flask
from werkzeug.routing import Rule

_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_QUERY = re.compile(r"args\.get(?:list)?\(\s*\"(\w+)\"")


def routes(app: Flask, method: str) -> list[Rule]:
    """Every route that answers to the method, but what is everybody's and reads nothing of a person: the
    public board, a resident's own report, the manuals, the files of the pages."""
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ())
        and not rule.endpoint.startswith(
            ("static", "public.", "report.", "help.")
        )
    ]
    return sorted(found, key=lambda rule: (rule.rule, rule.endpoint))


def addresses(rule: Rule, ids: Mapping[str, Sequence[str]]) -> list[str]:
    """The route's addresses: as many as its argument with the most ids has. A KeyError tells a new argument
    for which the crawl needs the id of something foreign."""
    names = _ARGUMENT.findall(rule.rule)
    many = max((len(ids[name]) for name in names), default=1)
    found = []
    for number in range(many):
        given = {name: ids[name][number % len(ids[name])] for name in names}
        found.append(
            _ARGUMENT.sub(
                lambda argument, given=given: given[argument[1]], rule.rule
            )
        )
    return found


def queries(
    app: Flask, rule: Rule, given: Mapping[str, str], other: str
) -> Iterator[dict[str, str]]:
    """For each query argument that the view's module reads: the argument with something foreign; `other` for
    one that is not among the given."""
    source = inspect.getsource(
        inspect.getmodule(app.view_functions[rule.endpoint])
    )  # type: ignore[arg-type]
    for name in sorted(set(_QUERY.findall(source))):
        yield {name: given.get(name, other)}


def unpacked(content: bytes) -> str:
    """The text of an answer; of a workbook or another packed file that of all its parts."""
    if content.startswith(b"PK"):
        try:
            with ZipFile(io.BytesIO(content)) as packed:
                return "".join(
                    packed.read(name).decode("utf-8", "replace")
                    for name in packed.namelist()
                )
        except BadZipFile:
            pass
    text = content.decode("utf-8", "replace")
    # JSON writes Chinese as escapes.
    return re.sub(
        r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text
    )
