"""Functions of a DMN document put in place of their calls: `PMT(a, 12)` is the body of `PMT` with `a` and
`12` in place of its parameters. FEEL has no effects, so that this is what the call gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.engine import language_parts
from orchestrator.engine.syntaxes import WORDS
from orchestrator.engine.translating import (
    MAX_LENGTH,
    Untranslatable,
    require_short,
)
from orchestrator.sentences import say

Token = tuple[str, str]
_OPEN = ("(", "[", "{")
_CLOSED = (")", "]", "}")
_GIVES_NAMES = ("for", "some", "every", "[", "{")
"""Words and signs of a body behind which its names may be others than those that are handed in."""


@dataclass(
    frozen=True,
    slots=True,
)
class Function:
    name: str
    parameters: tuple[str, ...]
    body: str
    """FEEL that reads the parameters alone."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Parameter → its type as a text of FEEL; any other value of it is null."""


def type_check(described_as: str) -> str:
    """A type, as `feel_types` describes it, as a text of FEEL."""
    return repr(described_as)


def inlined(
    text: str,
    functions: Mapping[str, Function],
) -> str:
    """The FEEL with the calls of these functions written out. Raises Untranslatable."""
    if not any(name in text for name in functions):
        return text
    if "@" in text or "//" in text or "/*" in text:
        raise Untranslatable(
            say("调用业务知识模型的表达式里不能有 @ 和备注，请去掉"),
        )
    return _joined(
        _expanded(
            language_parts.tokens(text),
            functions,
        )
    )


def called(
    function: Function,
    given: Mapping[str, str],
) -> str:
    """The body with what is given for each parameter. Raises Untranslatable."""
    if set(given) != set(function.parameters):
        raise Untranslatable(
            say(
                "调用“{name}”给出的参数与它的参数不符，应为 {listed}",
                name=function.name,
                listed="、".join(function.parameters) or say("（无）"),
            ),
        )
    arguments = {
        name: language_parts.tokens(text) for name, text in given.items()
    }
    return _joined(
        _put_in(
            function,
            arguments,
        )
    )


def one_call(text: str) -> tuple[str, list[list[Token]]]:
    """The name and the arguments of the one call that the FEEL is; empty where it is anything else."""
    try:
        tokens = language_parts.tokens(text)
        if [kind for kind, _text in tokens[:1]] != ["name"]:
            return "", []
        if tokens[1:2] != [("sign", "(")]:
            return "", []
        parts, end = _arguments(tokens, 2)
    except Untranslatable:
        return "", []
    return (tokens[0][1], parts) if end == len(tokens) else ("", [])


def named(function: Function, parts: list[list[Token]]) -> dict[str, str]:
    """Parameter → what the call hands in. Raises Untranslatable."""
    given = _by_name(function, parts)
    return {name: _joined(part) for name, part in given.items()}


def filled(function: Function, text: str, given: Mapping[str, str]) -> str:
    """A cell of the function's table with what is given in place of the parameters. Raises Untranslatable."""
    if not any(name in text for name in function.parameters):
        return text
    whole = Function(function.name, function.parameters, text, function.types)
    return called(whole, given).removeprefix("(").removesuffix(")").strip()


def _expanded(
    tokens: Sequence[Token],
    functions: Mapping[str, Function],
) -> list[Token]:
    results: list[Token] = []
    at = 0
    while at < len(tokens):
        kind, text = tokens[at]
        behind_dot = at > 0 and tokens[at - 1] == ("sign", ".")
        # The last word of a function of FEEL: `string length(`.
        inside_name = at > 0 and _is_word(tokens[at - 1])
        called_here = tokens[at + 1 : at + 2] == [("sign", "(")]
        if (
            kind != "name"
            or text not in functions
            or behind_dot
            or inside_name
            or not called_here
        ):
            results.append((kind, text))
            at += 1
            continue
        parts, at = _arguments(
            tokens,
            at + 2,
        )
        given = _by_name(
            functions[text],
            [
                _expanded(
                    part,
                    functions,
                )
                for part in parts
            ],
        )
        results += _put_in(
            functions[text],
            given,
        )
        _require_few(results)
    return results


def _is_word(token: Token) -> bool:
    kind, text = token
    return kind == "name" and text not in WORDS


def _arguments(
    tokens: Sequence[Token],
    at: int,
) -> tuple[list[list[Token]], int]:
    """What stands between the brackets, parted at commas, and the place behind them."""
    parts: list[list[Token]] = [[]]
    depth = 0
    while at < len(tokens):
        kind, text = tokens[at]
        at += 1
        sign = "" if kind == "string" else text
        if depth == 0 and sign == ")":
            return ([] if parts == [[]] else parts), at
        if depth == 0 and sign == ",":
            parts.append([])
            continue
        depth += (sign in _OPEN) - (sign in _CLOSED)
        parts[-1].append((kind, text))
    raise Untranslatable(say("括号没有写完"))


def _by_name(
    function: Function,
    parts: list[list[Token]],
) -> dict[str, list[Token]]:
    colon = ("sign", ":")
    if parts and all(
        len(part) > 1 and part[0][0] == "name" and part[1] == colon
        for part in parts
    ):
        given = {part[0][1]: part[2:] for part in parts}
    else:
        given = dict(
            zip(
                function.parameters,
                parts,
                strict=False,
            )
        )
    if len(parts) != len(function.parameters) or set(given) != set(
        function.parameters
    ):
        raise Untranslatable(
            say(
                "调用“{name}”给出的参数与它的参数不符，应为 {listed}",
                name=function.name,
                listed="、".join(function.parameters) or say("（无）"),
            ),
        )
    return given


def _put_in(
    function: Function,
    given: Mapping[str, list[Token]],
) -> list[Token]:
    body = language_parts.tokens(function.body)
    names = [
        text
        for part in given.values()
        for kind, text in part
        if kind == "name" and text not in (*WORDS, "true", "false", "null")
    ]
    if names and any(
        text in _GIVES_NAMES for kind, text in body if kind != "string"
    ):
        raise Untranslatable(
            say(
                "“{name}”里有循环、筛选或上下文，调用它时只能给出写明的值，请先存成变量",
                name=function.name,
            ),
        )
    if _is_hidden(body, given):
        raise Untranslatable(
            say(
                "“{name}”里的循环、筛选或上下文另有与参数同名的名称，请把参数改名",
                name=function.name,
            ),
        )
    results: list[Token] = [("sign", "(")]
    for at, (kind, text) in enumerate(body):
        before = body[at - 1] if at else ("", "")
        after = body[at + 1] if at + 1 < len(body) else ("", "")
        is_read = before != ("sign", ".") and after != ("sign", ":")
        if kind == "name" and text in given and is_read:
            results += _argument(given[text], function.types.get(text))
            _require_few(results)
        else:
            results.append((kind, text))
    return [*results, ("sign", ")")]


def _argument(given: Sequence[Token], kind: str | None) -> list[Token]:
    """What is handed in, in brackets; of a parameter that has a type null where it is of another one."""
    inside = [("sign", "("), *given, ("sign", ")")]
    if kind is None:
        return inside
    called_as = [("name", "of"), ("name", "type"), ("sign", "(")]
    checked = [("sign", ","), ("string", kind), ("sign", ")")]
    return [*called_as, *inside, *checked]


def _is_hidden(
    body: Sequence[Token], given: Mapping[str, Sequence[Token]]
) -> bool:
    """Whether a parameter's name may be another value somewhere in the body: a key of a context, the variable
    of a loop, or an entry of the contexts that a filter goes through."""
    written = [*body, *(token for part in given.values() for token in part)]
    has_contexts = ("sign", "{") in written
    filters: list[bool] = []
    loops_begun = False
    for at, (kind, text) in enumerate(body):
        after = body[at + 1] if at + 1 < len(body) else ("", "")
        if kind == "name" and text in ("for", "some", "every"):
            loops_begun = True
        if kind == "name" and text in given:
            if after in (("sign", ":"), ("name", "in")) and (
                after[0] == "sign" or loops_begun
            ):
                return True
            if has_contexts and any(filters):
                return True
        if kind == "sign" and text == "[":
            before = body[at - 1] if at else ("", "")
            filters.append(
                before[0] == "string"
                or _is_word(before)
                or before in [("sign", closed) for closed in _CLOSED]
            )
        elif kind == "sign" and text == "]" and filters:
            filters.pop()
    return False


def _require_few(tokens: Sequence[Token]) -> None:
    """Raises Untranslatable as soon as a text of them is too long: calls inside each other double it."""
    if len(tokens) > MAX_LENGTH:
        raise Untranslatable(
            say(
                "表达式超过 {max_length} 个字符",
                max_length=MAX_LENGTH,
            ),
        )


def _joined(tokens: Sequence[Token]) -> str:
    """The words and signs as a text again: no space before a bracket, so that a function stays one."""
    text = ""
    for kind, word in tokens:
        tight = kind == "sign" and word in ("(", ".", ",", ")")
        tight = tight or (text.endswith(".") and kind != "string")
        text += word if tight or not text else f" {word}"
    require_short(text)
    return text
