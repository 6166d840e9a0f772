"""The Java methods and Flowable's functions that a JUEL expression may call and that our language can say
otherwise.

`name.equals("x")` is `given(name) == "x"`, `execution.getVariable("x")` is `variable("x")`. Every other
method is told by its name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from orchestrator.engine import truths
from orchestrator.engine.translating import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    TERNARY,
    Part,
    Untranslatable,
    bound,
    is_empty,
    negated,
    short,
)
from orchestrator.sentences import say

_Method = Callable[[Part, Sequence[Part]], Part]


def of_java(
    receiver: Part,
    name: str,
    arguments: Sequence[Part],
) -> Part:
    """As `call`, where a method of nothing and of a value of another kind fails. Raises Untranslatable."""
    method = _OF_JAVA.get((name, len(arguments)))
    if method is None:
        return call(receiver, name, arguments)
    return method(receiver, arguments)


def call(
    receiver: Part,
    name: str,
    arguments: Sequence[Part],
) -> Part:
    """`receiver.name(arguments)` in our language. Raises Untranslatable for a method without an equal."""
    if receiver[0] == "execution":
        return _of_the_instance(name, arguments)
    method = _METHODS.get((name, len(arguments)))
    if method is None:
        raise Untranslatable(
            say("本系统不调用方法“{name}(…)”，请改用变量和比较", name=name),
        )
    return method(receiver, arguments)


def function(
    space: str,
    name: str,
    arguments: Sequence[Part],
) -> Part:
    """Flowable's `variables:name(variable, …)` in our language: a missing variable is null. Raises
    Untranslatable."""
    result = None
    if space in ("variables", "vars", "var") and arguments:
        result = _FUNCTIONS.get(name)
    if result is None:
        raise Untranslatable(
            say(
                "本系统没有函数“{space}:{name}(…)”，请改用变量和比较",
                space=space,
                name=name,
            ),
        )
    variable = _text(arguments[0]) or arguments[0][0]
    if not variable.isidentifier():
        raise Untranslatable(
            say(
                "“{space}:{name}”的变量名应写明，不能由表达式算出",
                space=space,
                name=name,
            ),
        )
    return result(repr(variable), arguments[1:])


def _of_the_instance(
    name: str,
    arguments: Sequence[Part],
) -> Part:
    variable = None
    if len(arguments) == 1:
        variable = _text(arguments[0])
    if name in ("getVariable", "getVariableLocal") and variable:
        return f"variable({variable!r})", ATOM
    if name in ("hasVariable", "hasVariableLocal") and variable:
        return f"defined({variable!r})", ATOM
    raise Untranslatable(
        say(
            "本系统不调用“execution.{name}(…)”，请改用变量和比较",
            name=name,
        ),
    )


def _text(part: Part) -> str | None:
    """The value of a string literal; None for anything else."""
    try:
        result = ast.literal_eval(part[0])
    except (ValueError, SyntaxError):
        return None
    if isinstance(result, str):
        return result
    return None


def entry(holder: Part, place: Part) -> Part:
    """`holder[place]`: by a written name, or by a number or name that is worked out, which a text knows
    not."""
    if _text(place) is not None:
        return f"{bound(holder, ATOM)}[{place[0]}]", ATOM
    return f"entry({holder[0]}, {place[0]})", ATOM


def only(part: Part, *kinds: str) -> Part:
    """The part, which is of one of the kinds or stops the instance."""
    for kind, written in (("text", '"'), ("text", "'"), ("list", "[")):
        if kind in kinds and part[0].startswith(written) and part[1] == ATOM:
            return part
    named = ", ".join(f'"{kind}"' for kind in kinds)
    return f"only({part[0]}, {named})", ATOM


def _equals(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    return f"{bound(receiver, ADD)} == {bound(arguments[0], ADD)}", COMPARE


def _contains(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    return f"{bound(arguments[0], ADD)} in {bound(receiver, ADD)}", COMPARE


def _starts_with(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    start = bound(arguments[0], ADD)
    return (
        f"{bound(receiver, ATOM)}[:{_length(arguments[0])}] == {start}",
        COMPARE,
    )


def _ends_with(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    whole = bound(receiver, ATOM)
    return (
        f"{whole}[len({whole}) - {_length(arguments[0])}:] == {bound(arguments[0], ADD)}",
        COMPARE,
    )


def _length(part: Part) -> str:
    text = _text(part)
    if text is None:
        return f"len({part[0]})"
    return str(len(text))


def _get(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    """Of a group of values, where a name that is not there gives null; of a list by number."""
    name = _text(arguments[0])
    if name is not None and name.isidentifier():
        return f"{bound(receiver, ATOM)}.{name}", ATOM
    place = arguments[0][0]
    if place.lstrip("( ").startswith("-"):
        raise Untranslatable(
            say("位置“{place}”不能是负数，各语言对它的理解不同", place=place),
        )
    return f"{bound(receiver, ATOM)}[{place}]", ATOM


def _place(part: Part) -> int:
    """The place in a text, from 0, that is written. Raises Untranslatable for anything else: a place below 0
    counts from the end with us, fails in Java and is 0 in JavaScript."""
    if not part[0].strip("( )").isdecimal():
        raise Untranslatable(
            say(
                "文字里的位置“{place}”应写明为不小于 0 的整数",
                place=part[0],
            ),
        )
    return int(part[0].strip("( )"))


def _character(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    return f"{bound(receiver, ATOM)}[{_place(arguments[0])}]", ATOM


def _cut(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    places = [_place(part) for part in arguments]
    if places != sorted(places):
        raise Untranslatable(
            say(
                "截取文字的起点 {begin} 在终点 {end} 之后，请改正",
                begin=places[0],
                end=places[1],
            ),
        )
    begin, end = (*map(str, places), "")[:2]
    return f"{bound(receiver, ATOM)}[{begin}:{end}]", ATOM


_METHODS: Mapping[tuple[str, int], _Method] = {
    ("equals", 1): _equals,
    ("contains", 1): _contains,
    ("containsKey", 1): _contains,
    ("startsWith", 1): _starts_with,
    ("endsWith", 1): _ends_with,
    ("get", 1): _get,
    ("isEmpty", 0): lambda receiver, _none: (
        f"len({receiver[0]}) == 0",
        COMPARE,
    ),
    ("size", 0): lambda receiver, _none: (f"len({receiver[0]})", ATOM),
    ("length", 0): lambda receiver, _none: (f"len({receiver[0]})", ATOM),
    ("charAt", 1): _character,
    ("substring", 1): _cut,
    ("substring", 2): _cut,
    ("toUpperCase", 0): lambda receiver, _none: (
        f"upper({receiver[0]})",
        ATOM,
    ),
    ("toLowerCase", 0): lambda receiver, _none: (
        f"lower({receiver[0]})",
        ATOM,
    ),
    ("trim", 0): lambda receiver, _none: (f"trim({receiver[0]})", ATOM),
    ("equalsIgnoreCase", 1): lambda receiver, given: (
        f"lower({receiver[0]}) == lower({given[0][0]})",
        COMPARE,
    ),
    ("booleanValue", 0): lambda receiver, _none: receiver,
    ("intValue", 0): lambda receiver, _none: (f"int({receiver[0]})", ATOM),
}
"""(method, number of arguments) → ours. Methods that replace or search have no equal."""


def _require_no_number(
    part: Part,
    name: str,
) -> None:
    """Java's `equals` takes no conversion: a 5 that is an Integer is not the 5 of an expression, a Long.
    Raises Untranslatable for what gives a number."""
    if truths.is_number(part[0]):
        raise Untranslatable(
            say(
                "“{name}”在 Java 里不把 5 的各种数字类型当作同一个值，请改写成 ==",
                name=name,
            ),
        )


def _java_equals(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    for part in (receiver, arguments[0]):
        _require_no_number(part, "equals")
    if _text(receiver) is not None:
        return _equals(receiver, arguments)
    return _equals((f"given({receiver[0]})", ATOM), arguments)


def _java_contains(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    _require_no_number(arguments[0], "contains")
    return _contains(only(receiver, "text", "list"), arguments)


def _java_get(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    written = _get(receiver, arguments)
    if _text(arguments[0]) is not None:
        return written
    return entry(receiver, arguments[0])


def _java_cut(
    receiver: Part,
    arguments: Sequence[Part],
) -> Part:
    """Beyond the end it fails, where ours would give what there is: the last character must be there."""
    cut = _cut(receiver, arguments)
    last = _place(arguments[-1]) - 1
    if last < 0:
        return cut
    there = f'{bound(receiver, ATOM)}[{last}] != ""'
    return short(
        f"{bound(cut, ADD)} if {there} else null",
        TERNARY,
    )


_OF_JAVA: Mapping[tuple[str, int], _Method] = {
    ("equals", 1): _java_equals,
    ("contains", 1): _java_contains,
    ("containsKey", 1): lambda receiver, given: _contains(
        only(receiver, "group"),
        given,
    ),
    ("startsWith", 1): lambda receiver, given: _starts_with(
        only(receiver, "text"),
        given,
    ),
    ("endsWith", 1): lambda receiver, given: _ends_with(
        only(receiver, "text"),
        given,
    ),
    ("charAt", 1): lambda receiver, given: _character(
        only(receiver, "text"),
        given,
    ),
    ("get", 1): _java_get,
    ("size", 0): lambda receiver, _none: (
        f"len({only(receiver, 'list', 'group')[0]})",
        ATOM,
    ),
    ("substring", 1): _java_cut,
    ("substring", 2): _java_cut,
    ("length", 0): lambda receiver, _none: (
        f'len({bound(receiver, ADD)} + "")',
        ATOM,
    ),
    ("booleanValue", 0): lambda receiver, _none: (
        f"truth({receiver[0]})",
        ATOM,
    ),
    ("intValue", 0): lambda receiver, _none: (
        f"int({bound(receiver, ADD)} + 0)",
        ATOM,
    ),
}


def _compared(sign: str) -> Callable[[str, Sequence[Part]], Part]:
    def compared(variable: str, given: Sequence[Part]) -> Part:
        value = _only(given)
        if sign in ("==", "!="):
            return f"variable({variable}) {sign} {value}", COMPARE
        return (
            f"variable({variable}) != null and variable({variable}) {sign} {value}",
            AND,
        )

    return compared


def _only(given: Sequence[Part]) -> str:
    if len(given) != 1:
        raise Untranslatable(say("函数的参数个数不对"))
    return bound(given[0], ADD)


def _empty(
    variable: str,
    _given: Sequence[Part],
) -> Part:
    return is_empty((f"variable({variable})", ATOM))


def _all_in(
    variable: str,
    given: Sequence[Part],
) -> Part:
    parts = [f"{bound(pair, ADD)} in variable({variable})" for pair in given]
    return " and ".join([f"variable({variable}) != null", *parts]), AND


def _value(
    variable: str,
    given: Sequence[Part],
) -> Part:
    return (
        f"variable({', '.join([variable, *(pair[0] for pair in given)])})",
        ATOM,
    )


_FUNCTIONS: Mapping[str, Callable[[str, Sequence[Part]], Part]] = {
    "get": _value,
    "getOrDefault": _value,
    **dict.fromkeys(
        ("exists", "exist"),
        lambda variable, _given: (f"defined({variable})", ATOM),
    ),
    **dict.fromkeys(("equals", "eq"), _compared("==")),
    **dict.fromkeys(("notEquals", "ne"), _compared("!=")),
    **dict.fromkeys(("lowerThan", "lessThan", "lt"), _compared("<")),
    **dict.fromkeys(
        ("lowerThanOrEquals", "lessThanOrEquals", "lte"),
        _compared("<="),
    ),
    **dict.fromkeys(("greaterThan", "gt"), _compared(">")),
    **dict.fromkeys(("greaterThanOrEquals", "gte"), _compared(">=")),
    **dict.fromkeys(("isEmpty", "empty"), _empty),
    **dict.fromkeys(
        ("isNotEmpty", "notEmpty"),
        lambda variable, given: negated(_empty(variable, given)),
    ),
    "contains": _all_in,
}
