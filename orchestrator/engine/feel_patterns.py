"""FEEL's functions of patterns: `matches`, `replace`, `split` (DMN 1.5, 10.3.4.3). The standard has the
patterns of XPath, Camunda those of Java; what the two take differently is refused."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from orchestrator.engine import feel_arguments
from orchestrator.engine.decimals import Refused
from orchestrator.engine.sizes import CHARACTERS, MAX_TEXT, Spend
from orchestrator.sentences import say

LONGEST = 500
"""Characters of a pattern."""
_MEMORY = 1_000_000
"""Bytes that a pattern may need."""
_SAME = re.compile(
    r"\\[dDsSntr]|\\[pP]\{[A-Z][a-z]?\}|\\[^\w\s]|\(\?:|(?P<other>\\.?|\(\?)"
)
"""What stands behind a backslash or a question mark in brackets; `other`: what is not the same everywhere."""
_IN_CLASSES = ("-[", "&&", "[[", "[:")
_FLAGS = {"i": "i", "m": "m", "s": "s"}
_BREAKS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
"""Line breaks that only some take for one."""
_REFERENCE = re.compile(r"\$\d(?!\d)|\\[\\$]|(?P<other>[\\$])")


def matches(
    spend: Spend,
    value: Any,
    pattern: Any,
    flags: Any = "",
) -> bool | None:
    """Whether the pattern is found somewhere in the text. Raises Refused."""
    if pattern is None or flags is None:
        return None
    text, compiled = _prepared(spend, value, pattern, flags)
    return compiled.search(text) is not None


def replaced(
    spend: Spend,
    value: Any,
    pattern: Any,
    by: Any,
    flags: Any = "",
) -> str | None:
    """The text with each place of the pattern replaced; `$1` is what its first brackets found. Raises
    Refused."""
    if pattern is None or by is None or flags is None:
        return None
    text, compiled = _prepared(spend, value, pattern, flags)
    _refuse_nothing(compiled)
    template = feel_arguments.text(by, spend)
    if any(match["other"] for match in _REFERENCE.finditer(template)):
        raise Refused(say("替换成的文字里 $ 和 \\ 只能写 $1 至 $9、\\$、\\\\"))
    parts = []
    at = 0
    size = 0
    for match in compiled.finditer(text):
        filled = _filled(template, match)
        parts += [text[at : match.start()], filled]
        size += len(filled)
        at = match.end()
        spend(1 + len(filled) // CHARACTERS)
        if size > MAX_TEXT:
            raise Refused(say("文字超过 {max_text} 个字符", max_text=MAX_TEXT))
    return "".join([*parts, text[at:]])


def parted(spend: Spend, value: Any, pattern: Any) -> list[str] | None:
    """The text cut at each place of the pattern. Raises Refused."""
    if pattern is None:
        return None
    text, compiled = _prepared(spend, value, pattern, "")
    _refuse_nothing(compiled)
    parts = []
    at = 0
    for match in compiled.finditer(text):
        parts.append(text[at : match.start()])
        at = match.end()
    spend(len(parts))
    return [*parts, text[at:]]


def _filled(template: str, match: Any) -> str:
    def part(reference: re.Match[str]) -> str:
        sign = reference[0]
        if sign.startswith("\\"):
            return sign[1]
        number = int(sign[1])
        if number > match.re.groups:
            raise Refused(
                say("替换成的文字里的 {sign} 没有对应的括号", sign=sign)
            )
        return match[number] or ""

    return _REFERENCE.sub(part, template)


def _prepared(
    spend: Spend,
    value: Any,
    pattern: Any,
    flags: Any,
) -> tuple[str, Any]:
    text = feel_arguments.text(value, spend)
    written = feel_arguments.text(pattern, spend)
    marks = feel_arguments.text(flags, spend)
    spend(len(text) * (1 + len(written)) // (CHARACTERS * CHARACTERS))
    compiled = _compiled(written, marks)
    _refuse_differences(text, written, marks)
    return text, compiled


@lru_cache(maxsize=500)
def _compiled(pattern: str, flags: str) -> Any:
    if len(pattern) > LONGEST:
        raise Refused(say("匹配规则超过 {longest} 个字符", longest=LONGEST))
    if not set(flags) <= set(_FLAGS):
        raise Refused(
            say("匹配规则的标志“{flags}”只支持 i、m、s", flags=flags[:20])
        )
    others = [match["other"] for match in _SAME.finditer(pattern)]
    others += [sign for sign in _IN_CLASSES if sign in pattern]
    other = next(filter(None, others), None)
    if other is not None:
        raise Refused(
            say("匹配规则里的“{sign}”各引擎读法不同，请改写", sign=other)
        )
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    marks = f"(?{flags})" if flags else ""
    try:
        return re2.compile(marks + pattern, options)
    except re2.error:
        raise Refused(
            say("匹配规则“{written}”不能用，请改写", written=pattern[:40])
        ) from None


def _refuse_differences(text: str, pattern: str, flags: str) -> None:
    """Raises Refused where the standard and Camunda would find different places in this text."""
    breaks = any(sign in text for sign in _BREAKS)
    about_breaks = "." in pattern or "\\s" in pattern.lower()
    at_the_end = "$" in pattern and text.endswith("\n")
    foreign = not text.isascii()
    digits = foreign and any(
        sign.isdecimal() and not sign.isascii() for sign in text
    )
    cased = foreign or not pattern.isascii()
    cased = cased and any(
        sign.lower() != sign.upper()
        for sign in text + pattern
        if not sign.isascii()
    )
    if (
        (breaks and (about_breaks or "m" in flags or "$" in pattern))
        or at_the_end
        or (digits and "\\d" in pattern.lower())
        or (cased and "i" in flags)
    ):
        raise Refused(
            say("文字里的换行、数字或字母，各引擎按这条匹配规则读法不同")
        )


def _refuse_nothing(compiled: Any) -> None:
    """Raises Refused for a pattern that is found between any two characters."""
    if compiled.search("") is not None:
        raise Refused(say("匹配规则在空文字里也成立，请改写"))
