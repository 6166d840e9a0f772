"""Sentences for people, as values: each knows its Chinese pattern, so that a page says it in other languages.

A sentence is the Chinese text itself: what stores, compares or logs it has a text. Where a page writes it
into HTML, or calls spoken(), the pattern's entry in the reader's catalogue is filled with the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from markupsafe import Markup, escape

_QUOTED = re.compile(r"“\{(\w+)\}”")
_INNER_MARKS = str.maketrans("“”", "‘’")


class Sentence(str):
    """A Chinese sentence with its pattern and the values that fill it."""

    pattern: str
    """The message id in the catalogues; of joined sentences, what stands between them."""
    values: Mapping[str, object]
    parts: tuple[str, ...]
    """The sentences that were joined; empty for a single one."""

    def __html__(self) -> Markup:
        return escape(str(spoken(self)))

    def format(self, *args: object, **kwargs: object) -> str:
        """Itself: it is filled already, and a library that fills its error messages leaves it as it is."""
        return self


_catalogue: list[Callable[[str], str]] = [lambda pattern: pattern]


_language: ContextVar[str] = ContextVar("language", default="")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within the block sentences are said in this language, whoever asks: a letter is its reader's."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def language() -> str:
    """The language of the block; empty where the reader is whoever asks."""
    return _language.get()


def speak_with(catalogue: Callable[[str], str]) -> None:
    """From now on `catalogue` gives the pattern in the language of whoever reads."""
    _catalogue[0] = catalogue


def say(pattern: str, **values: object) -> str:
    """The Sentence of the pattern with its `{name}` filled; without values the pattern is taken as it is."""
    known = {name: _plain(value) for name, value in values.items()}
    return _made(pattern.format(**known) if known else pattern, pattern, known)


def joined(between: str, sentences: Iterable[str]) -> str:
    """Several sentences as one Sentence, with `between` between them."""
    parts = tuple(sentences)
    return _made(between.join(parts), between, {}, parts)


def spoken(text: str) -> str:
    """The text in the reader's language; what is no Sentence stays as it is."""
    if not isinstance(text, Sentence):
        return text
    if text.pattern:
        pattern = _catalogue[0](text.pattern)
    else:
        pattern = ""
    if text.parts:
        return pattern.join(spoken(part) for part in text.parts)
    if not text.values:
        return pattern
    said = {
        name: spoken(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    for name in _QUOTED.findall(pattern):
        said[name] = _within_marks(said[name])
    return pattern.format(**said)


def _within_marks(value: object) -> object:
    """What stands between “ and ”: its own marks are ‘ and ’ (GB/T 15834-2011)."""
    if isinstance(value, str):
        return value.translate(_INNER_MARKS)
    return value


def sentence_of(error: BaseException) -> str:
    """What the error says: its sentence where it has one, else its text."""
    if len(error.args) == 1 and isinstance(error.args[0], str):
        return error.args[0]
    return str(error)


def _plain(value: object) -> object:
    if isinstance(value, BaseException):
        return sentence_of(value)
    return value


def _made(
    text: str,
    pattern: str,
    values: Mapping[str, object],
    parts: tuple[str, ...] = (),
) -> Sentence:
    sentence = Sentence(text)
    sentence.pattern = pattern
    sentence.values = values
    sentence.parts = parts
    return sentence
