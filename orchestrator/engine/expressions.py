"""The restricted evaluator: conditions, templates and assignments of designers, who are not programmers with
a shell.

A whitelist of syntax without statements that loop, attribute access to Python objects or calls other than
FUNCTIONS. The tree is walked by closures over `operations`, never run by Python, and every operation takes
its work from a counted budget. Compiled once and cached.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from typing import cast

from orchestrator.engine import (
    budgets,
    comparing,
    decimals,
    feel_clock,
    feel_temporal,
    functions,
    sizes,
    translating,
    visible_names,
    walking,
)
from orchestrator.engine.editions import (
    CURRENT,
    KINDS_IN_CELLS,
    Edition,
)
from orchestrator.engine.expression_syntax import (
    EXPRESSION_NODES,
    SCRIPT_NODES,
    refuse,
)
from orchestrator.engine.functions import FUNCTIONS
from orchestrator.engine.values import OwnVariables, Value, Variables
from orchestrator.engine.walking import (
    LITERALS,
    ExpressionRefused,
    Program,
)
from orchestrator.sentences import say

MAX_LENGTH = translating.MAX_LENGTH
MAX_TEMPLATE = 20_000
"""Characters of a template with `${…}` in it."""
EVALUATION = 300_000
"""Units of work of one expression or script; about half a second at the most."""
COMMAND = 2_000_000
"""Units of work of all the expressions, scripts and tables of one command, or of one table by itself."""


class ExpressionError(ValueError):
    """Evaluation failed on these variables; the message is a Chinese sentence."""


RESERVED = frozenset({*LITERALS, *keyword.kwlist})
"""Names that no expression can read: a field or variable called so would never be seen."""
__all__ = [
    "COMMAND",
    "FUNCTIONS",
    "LITERALS",
    "RESERVED",
    "ExpressionError",
    "ExpressionRefused",
    "aggregate",
    "are_equal",
    "as_text",
    "compile_checked",
    "compile_script",
    "evaluate",
    "evaluate_cell",
    "evaluate_leniently",
    "execute",
    "fill",
    "names_assigned",
    "names_read",
    "shared_work",
    "MAX_LENGTH",
    "split_list",
    "template_expressions",
    "unreadable",
    "unwrap",
]

_WRAPPED = re.compile(r"^\s*[$#]\{(?P<inner>[^{}]*)\}\s*$", re.DOTALL)
_TEMPLATE_PART = re.compile(r"[$#]\{([^{}]*)\}")
_clock: ContextVar[feel_clock.Clock | None] = ContextVar("clock", default=None)
_shared: ContextVar[visible_names.Work | None] = ContextVar(
    "shared_work",
    default=None,
)


def unwrap(text: str) -> str:
    """The expression inside a `${…}` or `#{…}` wrapper, or the text itself, stripped."""
    match = _WRAPPED.match(text)
    return (match["inner"] if match else text).strip()


def compile_checked(text: str) -> None:
    """Raises ExpressionRefused with the reason why the text is no expression."""
    _compiled(unwrap(text), False)


def compile_script(text: str) -> None:
    """Raises ExpressionRefused with the reason why the text is no script of assignments."""
    _compiled(text.strip(), True)


def unreadable(name: str) -> str:
    """Why no expression could read a variable of that name, as a Chinese clause; empty where one could."""
    if name in RESERVED:
        return say("是表达式的保留字")
    if name.startswith("_"):
        return say("以下划线开头")
    if not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        return say("不是变量名（字母、汉字、数字和下划线，不以数字开头）")
    return ""


def names_read(text: str, script: bool = False) -> frozenset[str]:
    """Variables the expression or script reads, without those it assigns; raises ExpressionRefused."""
    return _compiled(text.strip() if script else unwrap(text), script).read


def names_assigned(script: str) -> frozenset[str]:
    """Variables that the script sets; raises ExpressionRefused."""
    return _compiled(script.strip(), True).stored


@contextmanager
def shared_work(units: int = COMMAND) -> Iterator[None]:
    """All that is evaluated inside the block takes its work from one budget; inside another such block, from
    that one's."""
    if _shared.get() is not None:
        yield
        return
    work = visible_names.Work(units)
    token = _shared.set(work)
    try:
        yield
    finally:
        _shared.reset(token)
        budgets.charge(units - work.left)


@contextmanager
def by_clock(now: datetime, timezone: str) -> Iterator[None]:
    """Inside the block `today()` and `now()` are those of this instant in this zone."""
    token = _clock.set((now, timezone))
    try:
        yield
    finally:
        _clock.reset(token)


def evaluate(
    text: str,
    variables: Variables,
    edition: Edition = CURRENT,
) -> Value:
    """The value of the expression over the variables; raises ExpressionRefused or ExpressionError."""
    return _run(_compiled(unwrap(text), False), variables, text, edition)


def evaluate_cell(
    text: str,
    variables: Variables,
    edition: Edition = CURRENT,
) -> Value:
    """As evaluate, of a cell of a table: in FEEL a text beside a number is another value, and stops
    nothing."""
    return _run(
        _compiled(unwrap(text), False),
        variables,
        text,
        edition,
        kinds=min(edition, KINDS_IN_CELLS),
    )


def execute(
    text: str,
    variables: Variables,
    edition: Edition = CURRENT,
) -> OwnVariables:
    """The variables that the script assigns, with their values; raises ExpressionRefused or
    ExpressionError."""
    assigned = _run(
        _compiled(text.strip(), True),
        variables,
        text,
        edition,
    )
    return cast("OwnVariables", assigned)


def fill(
    template: str,
    variables: Variables,
    edition: Edition = CURRENT,
    *,
    lenient: bool = True,
) -> str | None:
    """The template with each `${…}` replaced by its value as text; a lone `${…}` of value None gives None. A
    variable that does not exist is None, or an error where that is not `lenient`.

    Raises ExpressionRefused, and ExpressionError where the text becomes longer than a text may be.
    """
    if "{" not in template:
        return template
    if len(template) > MAX_TEMPLATE:
        raise ExpressionRefused(
            say(
                "文字超过 {max_template} 个字符，不能再含有 ${{…}}",
                max_template=MAX_TEMPLATE,
            ),
        )
    value_of = evaluate_leniently if lenient else evaluate
    if _WRAPPED.match(template):
        value = value_of(template, variables, edition)
        if value is None:
            return None
        return as_text(value, edition)
    parts = []
    size = 0
    at = 0
    for part in _TEMPLATE_PART.finditer(template):
        parts += [
            template[at : part.start()],
            as_text(value_of(part[1], variables, edition), edition),
        ]
        size = size + len(parts[-1])
        at = part.end()
        if size > sizes.MAX_TEXT:
            raise ExpressionError(
                say(
                    "“{template}…”填入变量后超过 {max_text} 个字符",
                    template=template[:40],
                    max_text=sizes.MAX_TEXT,
                ),
            )
    return "".join([*parts, template[at:]])


def split_list(text: str) -> list[str]:
    """The parts between the commas that stand outside `{…}`, stripped, without empty ones."""
    parts = []
    start = 0
    inside = False
    for i, character in enumerate(text):
        if character == "," and not inside:
            parts.append(text[start:i])
            start = i + 1
        elif character in "{}":
            inside = character == "{"
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def template_expressions(template: str) -> list[str]:
    """The expressions that stand in the template's `${…}` parts."""
    return _TEMPLATE_PART.findall(template)


def evaluate_leniently(
    text: str,
    variables: Variables,
    edition: Edition = CURRENT,
) -> Value:
    """As evaluate, but a variable that does not exist is None."""
    program = _compiled(unwrap(text), False)
    return _run(program, variables, text, edition, lenient=True)


def as_text(value: Value, edition: Edition = CURRENT) -> str:
    """A value as it stands in a template: lists joined by commas, None empty, truths as JSON writes them, in
    the first edition as Python does."""
    if value is None:
        return ""
    if isinstance(value, bool) and edition is not Edition.FIRST:
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(as_text(entry, edition) for entry in value)
    return str(value)


def aggregate(way: str, values: list[Value]) -> Value:
    """SUM, MIN, MAX or COUNT of the values, numbers in decimals. Raises ExpressionError."""
    work = visible_names.Work(EVALUATION)
    try:
        return sizes.plain(
            functions.AGGREGATIONS[way](values, work.spend),
            work.spend,
        )
    except decimals.Refused as refused:
        raise ExpressionError(
            say("{way} 无法计算：{refused}", way=way, refused=refused),
        ) from None


def are_equal(left: Value, right: Value) -> bool:
    """Whether two values are the same as an expression would say. Raises ExpressionError."""
    work = visible_names.Work(EVALUATION)
    try:
        return comparing.equal(left, right, work.spend)
    except decimals.Refused as refused:
        raise ExpressionError(str(refused)) from None


def _run(
    program: Program,
    variables: Variables,
    text: str,
    edition: Edition,
    lenient: bool = False,
    kinds: Edition | None = None,
) -> Value:
    """The value of the program. What is said of two kinds beside each other is that of the edition `kinds`,
    where it is another one."""
    shared = _shared.get()
    if shared is None:
        granted = EVALUATION
    else:
        granted = min(EVALUATION, shared.left)
    work = visible_names.Work(granted)
    token = feel_temporal.IN_FORCE.set(edition)
    try:
        return program.run(
            visible_names.VisibleNames(
                variables,
                work.spend,
                lenient,
                kinds or edition,
                _clock.get(),
            ),
        )
    except visible_names.MissingVariable as missing:
        raise ExpressionError(
            say(
                "表达式“{shortened}”用到的变量“{missing}”还没有值",
                shortened=_shortened(text),
                missing=missing,
            ),
        ) from None
    except (decimals.Refused, ExpressionRefused) as refused:
        raise ExpressionError(
            say(
                "表达式“{shortened}”无法计算：{refused}",
                shortened=_shortened(text),
                refused=refused,
            ),
        ) from None
    finally:
        feel_temporal.IN_FORCE.reset(token)
        if shared is not None:
            shared.left -= granted - work.left


def _shortened(text: str) -> str:
    """As much of an expression or script as a sentence takes."""
    if len(text) <= 80:
        return text
    return f"{text[:80]}…"


@lru_cache(maxsize=8_192)
def _compiled(text: str, script: bool) -> Program:
    if not text:
        raise ExpressionRefused(say("表达式为空"))
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused(
            say("表达式超过 {max_length} 个字符", max_length=MAX_LENGTH),
        )
    try:
        tree: ast.Module | ast.Expression = (
            ast.parse(text, mode="exec")
            if script
            else ast.parse(text, mode="eval")
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionRefused(
            say("写法有误，{advice}", advice=_advice(text)),
        ) from None
    refuse(tree, SCRIPT_NODES if script else EXPRESSION_NODES)
    return walking.program(tree)


def _advice(text: str) -> str:
    """What a designer most likely meant by a text that does not compile."""
    if any(mark in text for mark in "“”‘’＂"):
        return say('引号请用英文半角的 "，如 decision == "approve"')
    if re.search(r"(?<![=!<>])=(?!=)", text) or "= =" in text:
        return say('判断相等要连写两个等号，如 decision == "approve"')
    if "&&" in text or "||" in text:
        return say("并且写 and，或者写 or，不写 && 和 ||")
    if re.search(r"[＝（）＞＜，]", text):
        return say("括号和运算符请用英文半角的")
    return say('请检查括号、引号和运算符，写成 decision == "approve" 这样')
