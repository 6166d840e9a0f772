"""The articles that an element cites in the first line of its documentation."""

from __future__ import annotations

import re

_CHINESE_DIGITS = {
    digit: value for value, digit in enumerate("零一二三四五六七八九")
} | {"〇": 0, "两": 2}


_CITATION = re.compile(
    r"第\s*([零〇一二两三四五六七八九十百\d]+)\s*条(?:第\s*([零〇一二两三四五六七八九十百\d]+)\s*款)?"
    r"|((?<![一-鿿])[一-鿿]{1,40}-[1-9]\d*|附件[一二三四五六七八九十\d]*|默认)",
)
"""An article in words, or a number as the profile writes it: a point `四-2`, an annex `附件二`, a companion
document's `队伍办法-16`."""


def citations(documentation: str) -> tuple[tuple[str, ...], str]:
    """The provisions of the first line `依据：第十三条第一款、第十四条`, and the documentation without that
    line."""
    first, _newline, rest = documentation.strip().partition("\n")
    if not re.match(r"^依据\s*[：:]", first):
        return (), documentation.strip()
    return named(first), rest.strip()


def named(ground: str) -> tuple[str, ...]:
    """The provisions that the words of a ground name, such as 第十三条第一款、第十四条."""
    results = [_cited(*groups) for groups in _CITATION.findall(ground)]
    return tuple(dict.fromkeys(results))


def _cited(article: str, paragraph: str, other: str) -> str:
    if other:
        if other == "默认":
            return "default"
        return other
    if paragraph:
        return f"{_number(article)}.{_number(paragraph)}"
    return str(_number(article))


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    total = current = 0
    for character in text:
        if character == "百":
            total = total + (current or 1) * 100
            current = 0
        elif character == "十":
            total = total + (current or 1) * 10
            current = 0
        else:
            current = _CHINESE_DIGITS[character]
    return total + current
