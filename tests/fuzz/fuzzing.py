"""Requests that nobody sends by hand: every route with values at and beyond every edge, from one seed the
same ones again."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from lxml import html
from werkzeug.routing import Rule

ROOT = Path(__file__).parents[2]
NUMBERS = [
    "0",
    "-1",
    "1",
    "2",
    "7",
    "99",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9" * 20,
    "9" * 40,
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "-Infinity",
    "1.5",
    "０１２",
    "١٢",
    "0x10",
    "1_000",
    "+3",
    " 5 ",
    "²",
    "1e-400",
    "0.1" * 2,
    "00000000001",
]
DAYS = [
    "0001-01-01",
    "9999-12-31",
    "2026-13-45",
    "2026-12-01",
    "2026-02-30",
    "20261201",
    "2026-W49-1",
    "-0001-01-01",
    "10000-01-01",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-12-01T10:00",
    "2026-12-01T10:00:00+08:00",
    "24:00",
    "2026",
    "0001-01-01T00:00:00+23:59_x",
    "9999-12-31T23:59:00-23:59_x",
    "2026-01-01T00:00:00+00:00_" + "x" * 300,
    "_x",
    "x_",
]
TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nX-Injected: 1",
    "\n",
    "\t",
    "\u202e倒",
    "\u200b\ufeff",
    "👵🏽",
    "𠮷",
    "\ufffe\uffff",
    "%",
    "_",
    "\\",
    "'",
    '"',
    "`",
    "{{7*7}}",
    "${7*7}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "//evil.com",
    "/\t/evil.com",
    "/%0d%0aX: 1",
    "null",
    "true",
    "[]",
    "{}",
    "[" * 3_000,
    '{"a":' * 3_000,
    "(" * 500,
    "a" * 5_000,
    "汉" * 5_000,
    "approve",
    "self",
    "reject",
    "county",
    "户" * 201,
    "1 OR 1=1",
    "user:admin",
    "zhenjiang",
    "321102",
    "item_admission",
    "case_handling",
    "R/PT0.000001S",
    "P9999999Y",
    "round(1,-99999999)",
    "a=[a,a]",
    "&a [*a]",
    "<<: *a",
]
SHAPES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "x",
    "",
    [],
    [1],
    [None],
    [[]],
    {},
    {"a": None},
    {"variables": None},
    {"variables": "x"},
    {"variables": [1]},
    {"variables": {"decision": {"value": {"value": 1}}}},
    {"variables": {"decision": ["approve"]}},
    {"variables": {"x": 10**400}},
    {"variables": {"attachments": [None, 1, {}, "x"]}},
    {"text": [1], "name": {}, "revision": "1"},
    {"revision": 10**30, "text": "x", "name": "y"},
    {"text": "x\0y", "name": "\0", "revision": True},
    {"selection": [1, 2], "element": None, "cursor": 10**30},
]
BODIES = [
    b"",
    b"[1]",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"variables": NaN}',
    b'{"variables": {"x": 1e999}}',
    b'"\\ud800"',
    b'"\\u0000"',
    b"\xff\xfe",
    b"nul",
]
FORMS = [
    '{"type":"default","components":[{"type":"number","key":"a","label":"a","decimalDigits":NaN}]}',
    '{"type":"default","components":[{"type":"textfield","key":"a","label":"a","validate":{"maxLength":1e999}}]}',
    '{"type":"default","components":[{"type":"dynamiclist","path":"a","defaultRepetitions":Infinity,"components":[]}]}',
    '{"type":"default","components":[{"type":"textfield","key":"a","label":"\\ud800"}]}',
    '{"type":"default","components":[{"type":"select","key":"a","label":1,"values":[{"label":null,"value":[]}]}]}',
    '{"type":"default","components":[{"type":"number","key":"a","label":"a","validate":{"min":"x","max":-1e999},"increment":"0"}]}',
    '{"type":"default","components":[{"type":"textfield","key":["a"],"label":{"b":1}}]}',
    '{"components":{"type":"textfield"}}',
    '{"components":[1,null,"x",[]]}',
    '{"components":[{"type":"group","components":[{}]}]}',
]
FILES = [
    ("现场.jpg", b"\xff\xd8\xff\xe0nothing"),
    ("a.pdf", b"%PDF-1.4\n%%EOF"),
    ("", b"x"),
    ("..", b"x"),
    ("a\0.pdf", b"%PDF-"),
    ("x" * 300 + ".png", b"\x89PNG\r\n"),
    ("人员.csv", "姓名,电话\n王五,1".encode("gbk")),
    ("x.bpmn", b"<a/>"),
    ("x.bpmn", b"<?xml version='1.0' encoding='punycode'?><a/>"),
    ("a.zip", b"PK\3\4"),
]
HOSTS = [
    "localhost",
    "localhost:99999",
    "a" * 3_000,
    "a" * 64 + ".cn",
    "[::1]:80",
    "x y",
    "\u4e2d",
    "-",
    ".",
    "a..b",
    "localhost:",
    "127.0.0.1",
    "例子.cn",
    "a:b:c",
]


@dataclass(frozen=True)
class Sent:
    """One request, ready for a test client."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    body: Mapping[str, Any]
    headers: Mapping[str, str]


def submissions(
    page: str, seed: int, count: int
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """`count` submissions of the page's own forms: (address, fields). Most fields are filled as a person
    would, a few with what nobody types."""
    chance = random.Random(seed)
    found = [
        form
        for form in html.fromstring(page).forms
        if (form.method or "").upper() == "POST"
        and "sign-out" not in (form.action or "")
    ]
    for number in range(count if found else 0):
        form = found[number % len(found)]
        filled = {
            name: [_filled(chance, control)]
            for name in form.fields
            for control in (form.inputs[name],)
            if name
        }
        for name in chance.sample(
            sorted(filled), min(len(filled), chance.randrange(0, 4))
        ):
            filled[name] = [
                _text(chance) for _ in range(chance.choice([1, 1, 1, 0, 3]))
            ]
        yield form.action or "", filled


def _filled(chance: random.Random, control: Any) -> str:
    """A value that the control accepts."""
    options = getattr(control, "value_options", None)
    if options:
        return str(chance.choice(list(options)))
    value = getattr(control, "value", None)
    if isinstance(value, str) and value:
        return value
    match getattr(control, "type", "text"):
        case "number":
            return "3"
        case "date":
            return "2027-01-15"
        case _:
            return "核实无误"


def names_of_fields() -> list[str]:
    """Names that the pages' own forms and the forms of the procedures use, and those that views read."""
    found: set[str] = set()
    for template in (ROOT / "web" / "templates").rglob("*.html"):
        found |= set(re.findall(r'name="([\w:]+)"', template.read_text()))
    for view in (ROOT / "web").rglob("*.py"):
        found |= set(
            re.findall(
                r'request\.(?:form|args|files)\.get(?:list)?\(\s*"([\w:]+)"',
                view.read_text(),
            )
        )
    for form in (ROOT / "forms" / "definitions").glob("*.form"):
        found |= set(re.findall(r'"key":\s*"(\w+)"', form.read_text()))
    return sorted(found)


def requests(
    app: Flask, ids: Mapping[str, Sequence[str]], seed: int, count: int
) -> Iterator[Sent]:
    """`count` requests over all routes. `ids`: values that exist for the arguments of routes, by the
    argument's name."""
    chance = random.Random(seed)
    rules = [
        rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"
    ]
    names = names_of_fields()
    for number in range(count):
        rule = rules[number % len(rules)]
        yield _request(chance, rule, ids, names)


def _request(
    chance: random.Random,
    rule: Rule,
    ids: Mapping[str, Sequence[str]],
    names: Sequence[str],
) -> Sent:
    method = chance.choice(
        sorted((rule.methods or {"GET"}) - {"OPTIONS", "HEAD"})
    )
    path = path_of(chance, rule, ids)
    query = [
        (chance.choice(names), _text(chance))
        for _ in range(chance.randrange(4))
    ]
    headers = (
        {
            "Referer": chance.choice(TEXTS)
            .replace("\n", "")
            .replace("\r", "")
            .replace("\0", "")
        }
        if chance.random() < 0.1
        else {}
    )
    if chance.random() < 0.08:
        headers["Host"] = chance.choice(HOSTS)
    if chance.random() < 0.1:
        headers["Idempotency-Key"] = chance.choice(["x" * 500, "键", "a"])
    headers = {
        name: value.encode().decode("latin-1")
        for name, value in headers.items()
    }
    return Sent(
        method,
        path,
        query,
        {} if method == "GET" else _body(chance, names, ids),
        headers,
    )


def path_of(
    chance: random.Random, rule: Rule, ids: Mapping[str, Sequence[str]]
) -> str:
    """An address of the route: most of its arguments are of something that exists."""
    return re.sub(
        r"<(?:[^:>]*:)?(\w+)>",
        lambda found: _argument(chance, found[1], ids),
        rule.rule,
    )


def _argument(
    chance: random.Random, name: str, ids: Mapping[str, Sequence[str]]
) -> str:
    from urllib.parse import quote

    known = ids.get(name, ())
    if known and chance.random() < 0.8:
        return quote(chance.choice(known), safe="")
    return quote(
        chance.choice([*NUMBERS, *TEXTS[:30], *DAYS])[:300] or "x", safe=""
    )


def _body(
    chance: random.Random,
    names: Sequence[str],
    ids: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    kind = chance.random()
    if kind < 0.15:
        return {
            "data": chance.choice(BODIES),
            "content_type": chance.choice(
                [
                    "application/json",
                    "text/plain",
                    "multipart/form-data; boundary=x",
                    "x",
                ]
            ),
        }
    if kind < 0.3:
        shape = chance.choice(SHAPES)
        return {"data": json.dumps(shape), "content_type": "application/json"}
    if kind < 0.36:
        text = chance.choice([*FORMS, *TEXTS])
        return {
            "json": {
                "name": chance.choice(
                    ["x.form", "x.dmn", "x.bpmn", "item_application.form"]
                ),
                "text": text,
                "revision": 1,
            }
        }
    fields: dict[str, Any] = {}
    for name in chance.sample(names, min(len(names), chance.randrange(1, 14))):
        values = [
            _text(chance, ids)
            for _ in range(1 if chance.random() < 0.9 else 3)
        ]
        fields[name] = values
    if chance.random() < 0.3:
        name, content = chance.choice(FILES)
        fields[
            chance.choice(["file", "photo", "file:attachments", "file:photos"])
        ] = (
            io.BytesIO(content),
            name,
        )
    return {"data": fields}


def _text(
    chance: random.Random, ids: Mapping[str, Sequence[str]] | None = None
) -> str:
    pools: list[Sequence[str]] = [NUMBERS, DAYS, TEXTS, TEXTS]
    if ids:
        pools += list(ids.values())
    return chance.choice(chance.choice(pools) or [""])
