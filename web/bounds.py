"""What a request may carry: numbers and days that a row can hold, text without NUL, JSON of bounded depth, a
host name that is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from flask import Flask, Request, current_app, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, ValidationError

from orchestrator.errors import RuleViolated
from web.bodies import BoundedForms, FormTooLarge
from web.i18n import spoken_in

MOST = 2**31 - 1
"""The largest number that an integer column holds."""
FIRST_YEAR = 1900
LAST_YEAR = 2200
"""Days outside are slips of the pen, and at the ends of the calendar a time zone leads out of it."""
LONGEST_REASON = 200
"""Characters of a reason, a remark, a comment."""
_HOST = re.compile(
    r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|\[[0-9A-Fa-f:.]{2,45}\]",
)
_DEEPEST = 200
LARGEST_JSON = 12 * 1024 * 1024
"""Bytes of a message in JSON: the largest file of a draft, in Chinese."""
MOST_VALUES = 500_000
"""Of such a message: lists, objects and what stands between commas. Each takes some 60 bytes of memory."""


def register(app: Flask) -> None:
    """Bounds what every view of the application is given."""
    app.request_class = BoundedRequest
    app.json = BoundedJSON(app)
    app.url_map.converters["int"] = BoundedInteger
    app.wsgi_app = _HostsOnly(app.wsgi_app)  # type: ignore[method-assign]


def read_form() -> None:
    """Reads the posted form before anything asks for a part of it. Raises the 413 of one that is too
    large."""
    if request.method == "POST":
        _given = request.form


def day(text: str) -> date | None:
    """The day that the text names as 2026-12-01; None when it names none, or one outside FIRST_YEAR to
    LAST_YEAR."""
    try:
        result = date.fromisoformat(text.strip())
    except ValueError:
        return None
    if FIRST_YEAR <= result.year <= LAST_YEAR:
        return result
    return None


def day_typed(text: str) -> date | None:
    """As `day`; None for an empty text alone. Raises RuleViolated for one that names no day that counts:
    whoever typed one is not told that he typed none."""
    typed = text.strip()
    result = day(typed)
    if typed and result is None:
        raise RuleViolated(
            [
                _(
                    "“%(typed)s”不是可用的日期：请写成 2026-12-01 的样子，年份在 %(first)d 至 %(last)d 之间",
                    typed=typed[:20],
                    first=FIRST_YEAR,
                    last=LAST_YEAR,
                )
            ]
        )
    return result


def day_given(name: str) -> datetime:
    """The beginning of the day that this field of the form names, in the office's zone. Raises RuleViolated
    for a text that is no day."""
    moment = _beginning(day(request.form.get(name, "")[:10]))
    if moment is None:
        raise RuleViolated([_("请选择日期")])
    return moment


def day_asked(name: str) -> datetime | None:
    """The beginning of the day that this part of the address names, in the office's zone; None when it names
    none."""
    return _beginning(day(request.args.get(name, "")[:10]))


def _beginning(result: date | None) -> datetime | None:
    if result is None:
        return None
    zone = ZoneInfo(current_app.extensions["gridflow"].timezone)
    return datetime(result.year, result.month, result.day, tzinfo=zone)


def reason(missing: str = "", name: str = "reason") -> str:
    """The line that says why, as the form carries it; `missing` is the sentence for none, empty where none is
    needed.

    Raises RuleViolated: a line that is missing, or longer than the record holds, is never cut silently.
    """
    given = request.form.get(name, "").strip()
    if missing and not given:
        raise RuleViolated([missing])
    if len(given) > LONGEST_REASON:
        raise RuleViolated([too_long(given)])
    return given


def too_long(given: str, most: int = LONGEST_REASON) -> str:
    """The sentence for a line that is longer than the record holds."""
    return _(
        "最多写 %(most)d 字，现在有 %(count)d 字，请删减",
        most=most,
        count=len(given),
    )


def without_nul(value: Any) -> Any:
    """The value without NUL in any of its texts: PostgreSQL cannot hold it, and nobody types it."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [without_nul(part) for part in value]
    if isinstance(value, dict):
        return {
            without_nul(key): without_nul(part) for key, part in value.items()
        }
    return value


class Given(ImmutableMultiDict[str, str]):
    """Fields of a form or an address. A number that no column holds is as good as none."""

    def get(  # type: ignore[override]
        self,
        key: str,
        default: Any = None,
        type: Callable[[str], Any] | None = None,
    ) -> Any:
        if type is None:
            result = super().get(key, default)
        else:
            result = super().get(key, default, type)
        if isinstance(result, int) and not -MOST <= result <= MOST:
            return default
        return without_nul(result)

    def getlist(
        self,
        key: str,
        type: Callable[[str], Any] | None = None,
    ) -> list[Any]:
        if type is None:
            values = super().getlist(key)
        else:
            values = super().getlist(key, type)
        return [without_nul(value) for value in values]


class BoundedRequest(Request):
    """A request whose fields are bounded."""

    parameter_storage_class = Given
    form_data_parser_class = BoundedForms
    cut = False
    """Whether the form was too large: `form` then holds the part of it that could be read, and no view is
    called with it."""

    def get_json(self, *args: Any, **kwargs: Any) -> Any:
        """As the library's. Raises RequestEntityTooLarge for more than LARGEST_JSON, before it is read."""
        if (self.content_length or 0) > LARGEST_JSON:
            raise RequestEntityTooLarge
        return super().get_json(*args, **kwargs)

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except FormTooLarge as refused:
            self.cut = True
            self.__dict__.update(
                form=refused.form,
                files=refused.files,
                stream=BytesIO(),
            )
            raise


class BoundedJSON(DefaultJSONProvider):
    """Reads JSON with a parser that ends at a depth, and refuses what the format does not know: NaN,
    Infinity, half characters. Writes in the reader's language."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value. Raises ValueError for anything that is not JSON, or is deeper or of more values than a
        page ever sends."""
        if _count_values(s) > MOST_VALUES:
            raise ValueError("too many values")
        value = orjson.loads(s)
        if _deeper_than(value, _DEEPEST):
            raise ValueError("nested too deeply")
        return without_nul(value)

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """The JSON text, its sentences in the reader's language."""
        return super().dumps(spoken_in(obj), **kwargs)


def _count_values(text: str | bytes) -> int:
    """How many values the text has at most."""
    if isinstance(text, str):
        return sum(text.count(mark) for mark in "[{,")
    return sum(text.count(mark) for mark in (b"[", b"{", b","))


def _deeper_than(value: Any, most: int) -> bool:
    """Whether lists and objects are nested in one another more than `most` times."""
    level = [value]
    for _level in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list):
        return value
    return ()


class BoundedInteger(IntegerConverter):
    """`<int:…>` in an address: a number that no column holds leads to no page."""

    def to_python(self, value: str) -> int:
        if len(value) > 10:
            raise ValidationError
        number: int = super().to_python(value)
        if number > MOST:
            raise ValidationError
        return number


class _HostsOnly:
    """Refuses a request whose Host is no host name before anything tries to build an address with it."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
        if re.search(r":[0-9]{1,5}$", host):
            name, _colon, port = host.rpartition(":")
        else:
            name = host
            _colon = ""
            port = "0"
        if len(name) <= 253 and _HOST.fullmatch(name) and int(port) <= 65_535:
            return self.application(environ, start_response)
        outcome = "请求的主机名不正确，请检查地址。\nThe host name of this request is not valid.\n".encode()
        start_response(
            "400 Bad Request",
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", str(len(outcome))),
            ],
        )
        return [outcome]
