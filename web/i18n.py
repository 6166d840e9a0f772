"""Interface language: Simplified Chinese first, English second. Message ids are the Chinese sentences."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from numbers import Number
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, Domain, get_translations
from markupsafe import Markup

from orchestrator.sentences import language, speak_with, spoken
from web.page_code import html

LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
_CATALOGUE = "gridflow.catalogue"
_PAGES = "gridflow_pages"
_WITHOUT_SENTENCE = frozenset({str, int, float, bool, type(None)})
"""Types of the values in a map's thousands that no language changes; a Sentence is a type of its own."""
LookUp = Callable[[str], str]
KEPT = 10_000
"""Sentences of a language that are kept as HTML."""
TRANSLATIONS = Path(__file__).parent / "translations"


def register(app: Flask) -> None:
    """Compiles the catalogues that changed and lets each request choose its language."""
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    babel = Babel(
        app,
        locale_selector=current_locale,
        default_locale="zh_Hans_CN",
        default_timezone="Asia/Shanghai",
    )
    babel.domain_instance = _Sentences()
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=_translated,
        ngettext=lambda one, more, n: get_translations().ungettext(
            one,
            more,
            n,
        ),
        newstyle=True,
    )
    # A page has hundreds of sentences: each is made HTML once for all pages of its language.
    app.jinja_env.globals.update(gettext=_in_a_page, _=_in_a_page)
    # A page asks for its language once, not at each sentence.
    app.context_processor(lambda: {"_": _written_by(_look_up())})
    speak_with(_catalogue)
    app.jinja_env.globals["locales"] = LOCALES
    app.jinja_env.globals["current_locale"] = current_locale


def spoken_in(value: Any) -> Any:
    """A JSON value whose sentences are in the reader's language."""
    if type(value) in _WITHOUT_SENTENCE:
        return value
    if isinstance(value, str):
        return spoken(value)
    # Most entries need no call: a map has thousands.
    if isinstance(value, Mapping):
        return {
            key: entry
            if type(entry) in _WITHOUT_SENTENCE
            else spoken_in(entry)
            for key, entry in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [
            entry if type(entry) in _WITHOUT_SENTENCE else spoken_in(entry)
            for entry in value
        ]
    return value


def _catalogue(pattern: str) -> str:
    """The pattern in the language of whoever reads; Chinese where no request is answered."""
    chosen = language()
    if chosen in LOCALES:
        return str(_catalogue_of(chosen).ugettext(pattern))
    if has_request_context():
        return _translated(pattern)
    return pattern


@cache
def _catalogue_of(locale: str) -> Any:
    return Translations.load(str(TRANSLATIONS), [locale])


class _Sentences(Domain):
    """What `gettext` and `lazy_gettext` ask; the library's own finds its catalogue anew for each sentence."""

    def gettext(self, string: str, **variables: Any) -> str:
        """The text in the request's language, filled with the values."""
        text = _look_up()(string)
        if variables:
            return text % variables
        return text


def _translated(text: str) -> str:
    """The text in the request's language."""
    return str(_look_up()(text))


def _look_up() -> LookUp:
    """What finds a text in the request's language; found once a request."""
    known: dict[str, LookUp] = {}
    if has_request_context():
        known = request.environ
    if _CATALOGUE not in known:
        known[_CATALOGUE] = get_translations().ugettext
    return known[_CATALOGUE]


def _in_a_page(text: str, /, **values: object) -> Markup:
    """The text in the request's language as HTML, filled with the escaped values."""
    return _written_by(_look_up())(text, **values)


def _written_by(look_up: LookUp) -> Callable[..., Markup]:
    """What `_in_a_page` does in the language of that look-up, kept with the catalogue."""
    catalogue: Any = look_up.__self__  # type: ignore[attr-defined]
    known = vars(catalogue)
    if _PAGES not in known:
        known[_PAGES] = _writer(look_up)
    write: Callable[..., Markup] = known[_PAGES]
    return write


def _writer(look_up: LookUp) -> Callable[..., Markup]:
    pages: dict[str, Markup] = {}

    def write(text: str, /, **values: object) -> Markup:
        pattern = pages.get(text)
        if pattern is None:
            if len(pages) >= KEPT:
                pages.clear()
            pattern = pages[text] = Markup(look_up(text))
        if "%" in pattern:
            parts = {
                name: value if isinstance(value, Number) else html(value)
                for name, value in values.items()
            }
            return Markup(str.__mod__(pattern, parts))
        return pattern

    return write


def current_locale() -> str:
    """The session's choice, else Chinese; Chinese too where no request is answered."""
    if not has_request_context():
        return "zh_Hans_CN"
    chosen = session.get("locale") or request.args.get("lang", "")
    if chosen in LOCALES:
        return chosen
    return "zh_Hans_CN"


def compile_catalogues() -> None:
    """Writes what is read at run time beside each catalogue that changed; an installation does so once, since
    its services cannot write there."""
    for po in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source:
            catalog = read_po(source)
        # Several processes may start at once, each with a part of its own.
        part = mo.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as target:
            write_mo(target, catalog)
        part.replace(mo)
