"""FEEL's functions in our words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence

from orchestrator.engine import (
    feel_clock,
    feel_numbers,
    feel_strict,
    feel_values,
    juel_methods,
)
from orchestrator.engine.decimals import Refused
from orchestrator.engine.translating import (
    ADD,
    ATOM,
    COMPARE,
    MULTIPLY,
    TERNARY,
    UNARY,
    Part,
    Untranslatable,
    bound,
    short,
)
from orchestrator.sentences import sentence_of

METHODS = {
    ("contains", 2): "contains",
    ("starts with", 2): "startsWith",
    ("ends with", 2): "endsWith",
    ("string length", 1): "length",
    ("is empty", 1): "isEmpty",
}
"""FEEL's function and how many arguments it has → the method of the first of them that says the same."""
OF_ONE_KIND = {
    "contains": '""',
    "starts with": '""',
    "ends with": '""',
    "string length": '""',
    "is empty": "[]",
}
"""FEEL's function that ours would also ask of another kind → the empty value of its own."""
OF_EVERY_EDITION = ("is defined", "context put")
"""Functions that were always read; the others only since the third edition of the rules."""
THREE = 3
CUTTING = ("substring", "sublist")
"""Functions that are strict in what an import translates too: a place that is none would be nothing."""
_PLAIN = re.compile(r"[^\\\[\](){}.*+?^$|]+")
"""A text without signs that mean something in a pattern."""
_Made = Callable[..., Part | None]


def call(name: str, arguments: Sequence[Part]) -> Part | None:
    """The function of these arguments; None where we have no words for it."""
    if name in ("append", "concatenate") and len(arguments) > 1:
        return _joined(name, arguments)
    if name == "mean" and arguments:
        return _mean(arguments)
    if len(arguments) > 1 and name in feel_numbers.OF_SEVERAL:
        listed = f"[{', '.join(part[0] for part in arguments)}]"
        return f'feel("{name}", {listed})', ATOM
    if (name, len(arguments)) == ("number", THREE):
        return _evaluated("number by signs", arguments)
    if name in feel_clock.BY_THE_CLOCK and not arguments:
        return f'clock("{name}")', ATOM
    if len(arguments) in feel_values.ARGUMENTS.get(name, ()):
        if name in feel_clock.MAKERS:
            _require_written(name, arguments)
        return _evaluated(name, arguments)
    made = _MADE.get((name, len(arguments)))
    return None if made is None else made(*arguments)


def strict_call(name: str, arguments: Sequence[Part]) -> Part | None:
    """The function where it takes no other kinds than FEEL's, and gives null for what is unknown; None where
    it is the same in every edition."""
    if (name, len(arguments)) == ("is defined", 1):
        (part,) = arguments
        if not part[0].isidentifier():
            return None
        return f"variable('{part[0]}') != null", COMPARE
    if len(arguments) not in feel_strict.STRICT.get(name, ()):
        return None
    listed = ", ".join(part[0] for part in arguments)
    return f'feel("{name}", {listed})', ATOM


def _evaluated(name: str, arguments: Sequence[Part]) -> Part | None:
    """A function that `feel(…)` works out. A text is split at what is written, or at a pattern."""
    if name == "split" and not _is_plain(arguments[1]):
        name = "split by pattern"
    listed = ", ".join(part[0] for part in arguments)
    return f'feel("{name}", {listed})', ATOM


def _require_written(name: str, arguments: Sequence[Part]) -> None:
    """Raises Untranslatable for a day, time or duration that is written and is none."""
    try:
        values = [ast.literal_eval(part[0].strip()) for part in arguments]
    except (ValueError, SyntaxError):
        return
    try:
        feel_clock.written(name, values)
    except Refused as refused:
        raise Untranslatable(sentence_of(refused)) from None


def _is_plain(mark: Part) -> bool:
    if not is_text(mark):
        return False
    return bool(_PLAIN.fullmatch(ast.literal_eval(mark[0].strip())))


def of_kind(part: Part, nothing: str | None) -> Part:
    """What a function of texts or of lists is asked of: adding the empty one to what is of another kind is
    refused then."""
    if nothing is None:
        return part
    written = is_text(part) if nothing == '""' else is_list(part)
    if written:
        return part
    return f"{bound(part, ADD)} + {nothing}", ADD


def is_text(part: Part) -> bool:
    """Whether the part is a text as it is written."""
    node = ast.parse(part[0].strip(), mode="eval").body
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_list(part: Part) -> bool:
    """Whether the part is a list as it is written."""
    node = ast.parse(part[0].strip(), mode="eval").body
    return isinstance(node, (ast.List, ast.ListComp))


def entry(holder: Part, index: Part) -> Part | None:
    """`list[1]` of FEEL, which counts from 1; None where no number is written."""
    number = _number(index)
    if not number:
        return None
    place = number - 1 if number > 0 else number
    return f"{bound(of_kind(holder, '[]'), ATOM)}[{place}]", ATOM


def _number(part: Part) -> int | None:
    """The whole number that the part is; None for anything else."""
    try:
        value = ast.literal_eval(part[0].strip())
    except (ValueError, SyntaxError):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return None


def _joined(name: str, arguments: Sequence[Part]) -> Part:
    first, *rest = arguments
    parts = [bound(of_kind(first, "[]"), ADD)]
    if name == "append":
        parts.append(f"[{', '.join(part[0] for part in rest)}]")
    else:
        parts += [bound(part, MULTIPLY) for part in rest]
    return " + ".join(parts), ADD


def _mean(arguments: Sequence[Part]) -> Part:
    if len(arguments) > 1:
        listed = f"[{', '.join(part[0] for part in arguments)}]"
        return f"sum({listed}) / {len(arguments)}", MULTIPLY
    listed = arguments[0][0]
    return short(
        f"sum({listed}) / len({listed}) if len({listed}) > 0 else null",
        TERNARY,
    )


def _extreme(name: str) -> _Made:
    def made(part: Part) -> Part:
        listed = of_kind(part, "[]")[0]
        node = ast.parse(listed.strip(), mode="eval").body
        if isinstance(node, ast.List) and node.elts:
            return f"{name}({listed})", ATOM
        return short(
            f"{name}({listed}) if len({listed}) > 0 else null",
            TERNARY,
        )

    return made


def _cut(nothing: str) -> _Made:
    """A part of a text or list, from a number that is written, counted from 1 or from the end."""

    def made(
        whole: Part,
        start: Part,
        length: Part | None = None,
    ) -> Part | None:
        first = _number(start)
        size = None if length is None else _number(length)
        if not first or (length is not None and (size is None or first < 0)):
            return None
        begin = first - 1 if first > 0 else first
        end = "" if size is None else str(begin + size)
        held = of_kind(whole, nothing)
        text = f"{bound(held, ATOM)}[{begin}:{end}]"
        if begin >= 0:
            return text, ATOM
        # Before the first character there is none, which is null.
        return short(
            f"{text} if len({held[0]}) >= {-begin} else null",
            TERNARY,
        )

    return made


def _from_text(part: Part) -> Part:
    text = of_kind(part, '""')
    return f"float({text[0]})", ATOM


def _or_else(part: Part, otherwise: Part) -> Part:
    value = part
    if part[0].isidentifier():
        value = f"variable('{part[0]}')", ATOM
    return short(
        f"{value[0]} if {bound(value, ADD)} is not null else {otherwise[0]}",
        TERNARY,
    )


def _called(name: str) -> _Made:
    return lambda *parts: (f"{name}({', '.join(p[0] for p in parts)})", ATOM)


def _remains(rest: str) -> _Made:
    return lambda part: (f"{bound(part, UNARY)} % 2 == {rest}", COMPARE)


_MADE: Mapping[tuple[str, int], _Made] = {
    ("floor", 1): lambda part: (f"{bound(part, UNARY)} // 1", MULTIPLY),
    ("ceiling", 1): lambda part: (f"-(-{bound(part, ATOM)} // 1)", UNARY),
    ("modulo", 2): lambda part, by: (
        f"{bound(part, UNARY)} % {bound(by, UNARY)}",
        MULTIPLY,
    ),
    ("even", 1): _remains("0"),
    ("odd", 1): _remains("1"),
    ("decimal", 2): _called("round"),
    ("round half even", 2): _called("round"),
    ("number", 1): _from_text,
    ("min", 1): _extreme("min"),
    ("max", 1): _extreme("max"),
    ("upper case", 1): _called("upper"),
    ("lower case", 1): _called("lower"),
    ("trim", 1): _called("trim"),
    ("is blank", 1): lambda part: (f'trim({part[0]}) == ""', COMPARE),
    ("substring", 2): _cut('""'),
    ("substring", 3): _cut('""'),
    ("sublist", 2): _cut("[]"),
    ("sublist", 3): _cut("[]"),
    ("reverse", 1): lambda part: (
        f"{bound(of_kind(part, '[]'), ATOM)}[::-1]",
        ATOM,
    ),
    ("is defined", 1): lambda part: (
        (f"defined('{part[0]}')", ATOM) if part[0].isidentifier() else None
    ),
    ("context put", 3): _called("put"),
    ("get value", 2): lambda part, key: juel_methods.call(part, "get", [key]),
    ("get or else", 2): _or_else,
}
"""(FEEL's function, how many arguments) → ours."""
NAMES = frozenset(
    name
    for name in (
        "list contains",
        *(name for name, _count in (*METHODS, *_MADE)),
        *feel_values.ARGUMENTS,
    )
    if " " in name
)
"""Names of several words."""
