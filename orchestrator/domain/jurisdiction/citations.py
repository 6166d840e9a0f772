"""How a regulation numbers its provisions: articles (13, 13.1), points of parts (四-2), annexes (附件二),
articles of a companion document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_ARTICLE = re.compile(r"[1-9]\d*")
_POINT = re.compile(r"([一二三四五六七八九十百]+)-([1-9]\d*)")
_ANNEX = re.compile(r"附件[一二三四五六七八九十\d]*")
_COMPANION = re.compile(r"([一-鿿]+)-([1-9]\d*)")
ITEM = re.compile(r"（[一二三四五六七八九十]+）|[①-⑳]")
"""How a numbered item of a paragraph begins."""

HOW = (
    "应是阿拉伯数字，如 13；分部分编号的写 四-2，附件写 附件二，配套文件写 简称-16 并在 "
    "[regulation.documents] 中列出简称"
)


def is_provision(key: str, documents: Mapping[str, str]) -> bool:
    """Whether the key numbers a provision; `documents` are the companion documents by their short names."""
    if (
        _ARTICLE.fullmatch(key)
        or _POINT.fullmatch(key)
        or _ANNEX.fullmatch(key)
    ):
        return True
    companion = _COMPANION.fullmatch(key)
    return companion is not None and companion[1] in documents


def provision(citation: str) -> str:
    """The provision that a citation lies in: `13.1` → `13`, `四-2` → itself."""
    return citation.partition(".")[0]


def in_words(citation: str, short: str = "") -> str:
    """`13.1` → 第十三条第一款, `四-2` → 第四部分第2项, `队伍办法-16` → 队伍办法第十六条 (`short`: the
    companion's name to write instead)."""
    if citation == "default":
        return "默认设置"
    base, _dot, paragraph = citation.partition(".")
    if paragraph:
        below = f"第{chinese_number(int(paragraph))}款"
    else:
        below = ""
    if point := _POINT.fullmatch(base):
        return f"第{point[1]}部分第{point[2]}项{below}"
    if companion := _COMPANION.fullmatch(base):
        return f"{short or companion[1]}第{chinese_number(int(companion[2]))}条{below}"
    if base.isdigit():
        return f"第{chinese_number(int(base))}条{below}"
    return base


def number_of(words: str, known: Iterable[str]) -> str:
    """`第十三条第一款` → 13, of the numbers that are known; empty for anything else."""
    if provision(words) in known:
        return provision(words)
    for number in known:
        called = in_words(number)
        rest = words.removeprefix(called)
        if rest != words and (not rest or rest.startswith("第")):
            return number
    return ""


def companion_of(citation: str) -> str:
    """Short name of the companion document that the citation means; empty for the regulation itself."""
    match = _COMPANION.fullmatch(provision(citation))
    if match and not _POINT.fullmatch(provision(citation)):
        return match[1]
    return ""


def chinese_number(number: int) -> str:
    """13 → 十三; for articles, up to 999."""
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    if hundreds:
        text = f"{digits[hundreds]}百"
    else:
        text = ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")
