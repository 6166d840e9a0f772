"""The words and signs of a script in Groovy or JavaScript."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.engine.translating import LONGEST_SCRIPT, Untranslatable
from orchestrator.sentences import say

GROOVY = "groovy"
JAVASCRIPT = "javascript"
_WORD = re.compile(
    r"(?P<number>\d++(?:\.\d++)?+L?+(?![\w.]*\w))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||\?:|\?\?|\+\+|--|\+=|-=|\*=|/=|[-+*/%!<>=?:()\[\]{},.;])",
)
_BLANK = re.compile(r"[ \t\r\n\f\ufeff]+|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TEXTS = {
    '"': re.compile(r'"((?:[^"\\\n]|\\.)*)"'),
    "'": re.compile(r"'((?:[^'\\\n]|\\.)*)'"),
    "`": re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL),
}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_INSIDE = re.compile(
    r"\\.|\$\{(?P<whole>[^{}]*)\}|\$(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)",
    re.DOTALL,
)
"""A value in a text: `${…}` in both languages, `$name` in Groovy."""
_UNHELD = re.compile(
    r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
"""What no diagram can hold (XML 1.0, 2.2)."""
MOST_WORDS = 3_000


@dataclass(frozen=True, slots=True)
class Word:
    kind: str
    """number, text, filled, name, sign; end behind the last."""
    text: str
    """As it is written; of a text what it says; of a filled one what stands between its quotes."""
    new_line: bool = False
    """Whether a line begins with it."""


def words(script: str, language: str) -> list[Word]:
    """The words of the script with an end behind them, remarks left out. Raises Untranslatable."""
    if len(script) > LONGEST_SCRIPT:
        raise Untranslatable(say("脚本太长，请拆开"))
    read: list[Word] = []
    at = 0
    new_line = False
    while at < len(script) and len(read) < MOST_WORDS:
        if blank := _BLANK.match(script, at):
            new_line = new_line or "\n" in blank[0]
            at = blank.end()
            continue
        word, at = _word(script, at, language, new_line)
        read.append(word)
        new_line = False
    if len(read) >= MOST_WORDS:
        raise Untranslatable(say("脚本太长，请拆开"))
    return [*read, Word("end", "", True)]


def _word(
    script: str,
    at: int,
    language: str,
    new_line: bool,
) -> tuple[Word, int]:
    """The word that begins there and where it ends."""
    quote = script[at]
    if quote in _TEXTS:
        match = _TEXTS[quote].match(script, at)
        tripled = script.startswith(quote * 3, at)
        other = quote == "`" and language == GROOVY
        if match is None or tripled or other:
            raise _unknown(script, at)
        filled = "`" if language == JAVASCRIPT else '"'
        if quote == filled and _values_in(match[1], language):
            return Word("filled", match[1], new_line), match.end()
        return Word("text", said(match[1]), new_line), match.end()
    found = _WORD.match(script, at)
    if found is None or script.startswith("/*", at):
        raise _unknown(script, at)
    kind = found.lastgroup or ""
    return Word(kind, found[0], new_line), found.end()


def _unknown(script: str, at: int) -> Untranslatable:
    line = script[at : at + 20].partition("\n")[0]
    return Untranslatable(say("“{text}”处的写法本系统没有", text=line))


def said(written: str) -> str:
    """What a text says whose escapes are as written. Raises Untranslatable for one of another language, and
    for a character that no diagram can hold."""
    text = _ESCAPE.sub(_escaped, written)
    # Two numbers of four digits each are one character beyond them.
    halves = text.encode("utf-16", "surrogatepass")
    text = halves.decode("utf-16", "surrogatepass")
    if unheld := _UNHELD.search(text):
        raise Untranslatable(
            say(
                "文字里有流程图不能保存的字符（U+{code:04X}）",
                code=ord(unheld[0]),
            ),
        )
    return text


def _escaped(match: re.Match[str]) -> str:
    sign = match[1]
    if len(sign) > 1:
        return chr(int(sign[1:], 16))
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign in "\\\"'`$":
        return sign
    raise Untranslatable(
        say("文字 {text} 里的反斜杠写法本系统没有", text=match[0]),
    )


def _values_in(written: str, language: str) -> bool:
    return any(kind for kind, _text in filled_parts(written, language) if kind)


def filled_parts(written: str, language: str) -> list[tuple[str, str]]:
    """The parts of a text with values in it: (empty, what the text says) or (`value`, the expression). Raises
    Untranslatable for a value that holds braces."""
    parts = []
    start = 0
    for match in _INSIDE.finditer(written):
        value = match["whole"]
        if value is None and language == GROOVY:
            value = match["name"]
        if value is None:
            continue
        parts.append(("", said(written[start : match.start()])))
        parts.append(("value", value))
        start = match.end()
    rest = written[start:]
    if re.search(r"(?<!\\)\$\{", rest):
        raise Untranslatable(
            say("“{text}”处的写法本系统没有", text=rest[:20]),
        )
    return [*parts, ("", said(rest))]
