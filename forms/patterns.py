"""Patterns of forms: whatever is typed, the time they take grows with its length alone.

They are searched for anywhere in the text, as form-js does; `^` and `$` tie them to its ends.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from orchestrator.sentences import say

MAX_LENGTH = 500
_MEMORY = 1 << 20
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_BEYOND = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=|\\k<")


class PatternRefused(ValueError):
    """The message is a Chinese sentence for the designer."""


def check(pattern: str) -> None:
    """Raises PatternRefused for a pattern that cannot be searched for."""
    if len(pattern) > MAX_LENGTH:
        raise PatternRefused(
            say(
                "正则表达式超过 {max_length} 个字符，请简化",
                max_length=MAX_LENGTH,
            ),
        )
    if _BEYOND.search(pattern):
        raise PatternRefused(
            say(
                "正则表达式里的前后断言（?=、?!、?<=、?<!）和反向引用（\\1）不受支持，请改"
                "用普通写法，或在流程图中判断",
            ),
        )
    try:
        _compiled(pattern)
    except re2.error as error:
        if error.args:
            outcome = error.args[0]
        else:
            outcome = ""
        if isinstance(outcome, bytes):
            reason = outcome.decode(errors="replace")
        else:
            reason = str(outcome)
        raise PatternRefused(
            say(
                "正则表达式有误或太大：{reason}，请检查括号和次数",
                reason=reason,
            ),
        ) from None


def whole(pattern: str) -> str:
    """The pattern for the whole text instead of any part of it."""
    return rf"\A(?:{pattern})\z"


def occurs(pattern: str, text: str) -> bool:
    """Whether the pattern occurs in the text."""
    return _compiled(pattern).search(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    # JavaScript writes \\u4e00 where RE2 writes \\x{4e00}.
    return re2.compile(_UNICODE.sub(r"\\x{\1}", pattern), options)
