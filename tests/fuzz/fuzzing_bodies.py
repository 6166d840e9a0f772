"""Bodies that no browser sends: multipart with broken parts, one kind of content under the name of another,
and the interface's JSON with values at every edge."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask

from tests.fuzz import fuzzing

BOUNDARIES = ["x", "x" * 70, "x" * 300, "", "a b", "中", '"x"', "--", "x\x00y"]
TYPES = [
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=no-such",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "text/plain",
    "text/xml",
    "application/octet-stream",
    "multipart/form-data",
    "multipart/mixed; boundary=x",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary*=UTF-8''%ff",
    ";",
    "/",
    "a" * 3_000,
    "",
]
PART_HEADERS = [
    b'Content-Disposition: form-data; name="%s"',
    b'Content-Disposition: form-data; name="%s"; filename="a.pdf"',
    b'Content-Disposition: form-data; name="%s"; filename=""',
    b"Content-Disposition: form-data; name=%s; filename*=UTF-8''%%ff%%00",
    b"Content-Disposition: form-data; name*=no-such''%s",
    b"Content-Disposition: form-data",
    b'Content-Disposition: attachment; name="%s"',
    b'Content-Disposition: form-data; name="%s"\r\nContent-Type: image/png; charset=no-such',
    b'Content-Disposition: form-data; name="%s"\r\nContent-Transfer-Encoding: base64',
    b'Content-Disposition: form-data; name="%s"\r\nContent-Type: multipart/mixed; boundary=y',
    b'Content-Disposition: form-data; name="%s"\r\nContent-Length: 99999999',
    b"X: %s",
    b"%s",
    b"\xff\xfe: \x00",
]
CONTENTS = [
    b"",
    b"approve",
    b"\x00\xff\xfe",
    b"\xff\xd8\xff\xe0JFIF",
    b"%PDF-1.4",
    b"PK\x03\x04",
    b"--x--",
    b"\r\n\r\n",
    b"=?utf-8?b?////?=",
    "户".encode("gbk"),
    b"1" * 70_000,
]


@dataclass(frozen=True)
class Raw:
    """One request with its body as it goes over the wire."""

    path: str
    data: bytes
    content_type: str


def multipart(
    chance: random.Random, names: Sequence[str]
) -> tuple[bytes, str]:
    """A multipart body with its content type: now and then without an end, with bare line feeds, or under
    another boundary than it says."""
    said = (
        chance.choice(BOUNDARIES[:3])
        if chance.random() < 0.8
        else chance.choice(BOUNDARIES)
    )
    used = said if chance.random() < 0.9 else "z"
    edge, line = (
        used.encode(errors="replace"),
        b"\r\n" if chance.random() < 0.9 else b"\n",
    )
    parts = b""
    for _ in range(chance.choice([0, 1, 2, 3, 8])):
        head = chance.choice(PART_HEADERS)
        name = chance.choice(
            [*names, "", "a" * 400, "file:attachments", "csrf_token"]
        ).encode()
        head = head % name if b"%s" in head else head
        parts += (
            b"--"
            + edge
            + line
            + head
            + line
            + line
            + chance.choice(CONTENTS)
            + line
        )
    end = b"--" + edge + b"--" + line if chance.random() < 0.8 else b""
    return parts + end, f"multipart/form-data; boundary={said}"


def mislabelled(
    chance: random.Random, names: Sequence[str]
) -> tuple[bytes, str]:
    """A body under a content type that is not its own."""
    if chance.random() < 0.5:
        body = json.dumps(chance.choice(fuzzing.SHAPES)).encode()
    else:
        body = chance.choice(
            [*fuzzing.BODIES, *CONTENTS, multipart(chance, names)[0]]
        )
    return body, chance.choice(TYPES)


def raw_posts(
    app: Flask, ids: Mapping[str, Sequence[str]], seed: int, count: int
) -> Iterator[Raw]:
    """`count` posts over all routes that take one, each with a broken or mislabelled body."""
    chance, names = random.Random(seed), fuzzing.names_of_fields()
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    ]
    for number in range(count):
        path = fuzzing.path_of(chance, rules[number % len(rules)], ids)
        body, kind = (multipart if chance.random() < 0.6 else mislabelled)(
            chance, names
        )
        # The test client hands over what a server would: a header has no line breaks and no NUL.
        yield Raw(
            path, body, kind.replace("\x00", "").encode().decode("latin-1")
        )


def interface_calls(
    app: Flask, ids: Mapping[str, Sequence[str]], seed: int, each: int
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, what is sent) for the routes of the interface, `each` times."""
    chance, names = random.Random(seed), fuzzing.names_of_fields()
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    ]
    for rule in rules * each:
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        path = fuzzing.path_of(chance, rule, ids)
        yield (
            method,
            path,
            {"json": _call(chance, names)} if method == "POST" else {},
        )


def _call(chance: random.Random, names: Sequence[str]) -> Any:
    """JSON as the interface takes it, but for some of its values."""
    if chance.random() < 0.2:
        return chance.choice(fuzzing.SHAPES)
    found: dict[str, Any] = {
        "variables": {chance.choice(names): _value(chance) for _ in range(4)},
        "processVariables": {
            chance.choice(names): {"value": _value(chance)} for _ in range(2)
        },
        "correlationKeys": {"key": {"value": _value(chance)}},
        "messageName": _value(chance),
        "name": _value(chance),
        "userId": _value(chance),
        "reason": "核实",
        "revision": 1,
    }
    for name in chance.sample(sorted(found), chance.randrange(4)):
        found[name] = _value(chance)
    return found


def _value(chance: random.Random) -> Any:
    texts = [*fuzzing.TEXTS, *fuzzing.NUMBERS, *fuzzing.DAYS]
    return (
        chance.choice(texts)
        if chance.random() < 0.6
        else chance.choice(fuzzing.SHAPES)
    )
