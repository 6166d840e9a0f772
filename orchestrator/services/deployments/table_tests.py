"""Tests of decision tables: inputs with the rows and results that must come of them, kept in the city's
folder as `tables/KEY.json` beside `KEY.dmn` and run with every check."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator import engine
from orchestrator.engine import Decided
from orchestrator.errors import Finding, RuleViolated
from orchestrator.sentences import say

NAME, DECISION, GIVEN, ROWS, RESULT, NOW = (
    "name",
    "decision",
    "given",
    "rows",
    "result",
    "now",
)
"""Keys of a test in its file."""
MOST = 100
"""Tests of one file."""
LARGEST = 200_000
"""Characters of one file."""
LONGEST_NAME = 80
DEEPEST = 10
"""Lists and objects inside each other in what a test holds."""
_LONGEST_NUMBER = 40
"""Digits of a whole number."""
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")
_OWN_NAME = re.compile(r"tables/(shared/)?[a-z][a-z0-9_]{0,59}\.json")


@dataclass(frozen=True, slots=True)
class TableTest:
    name: str
    decision: str
    """Id of the decision."""
    given: Mapping[str, Any]
    """Variable → value."""
    rows: tuple[int, ...]
    """Numbers of the rows that must match, from 1."""
    result: Mapping[str, Any]
    """Output → value that must come of it."""
    now: datetime | None = None
    """What `today()` and `now()` are in it, aware; None where the table asked for neither when it was
    kept."""


def file_of(table: str) -> str:
    """Name of the file with the tests of a table's file."""
    return f"tables/{table.removesuffix('.dmn')}.json"


def is_test_file(name: str) -> bool:
    """Whether a file of that name holds tests of a table."""
    return name.startswith("tables/") and name.endswith(".json")


def is_own_file(name: str) -> bool:
    """Whether a draft may hold a file of that name with tests of a table."""
    return _OWN_NAME.fullmatch(name) is not None


def table_of(name: str) -> str:
    """Name of the table's file whose tests a file holds."""
    return f"{name.removeprefix('tables/').removesuffix('.json')}.dmn"


def without_table(name: str) -> str:
    """That the table of a file with tests is not there, as a sentence."""
    return say(
        "{name} 是决策表 {table} 的测试，但没有这张表",
        name=name,
        table=table_of(name),
    )


def parsed(text: str) -> Any:
    """The values that a JSON text writes, all of them such as a table can take. Raises JSONDecodeError for
    what is no JSON, another ValueError or RecursionError for what no table can take."""
    values = json.loads(
        text,
        parse_constant=_refuse,
        parse_float=_finite,
        parse_int=_whole,
    )
    _require_plain(values, DEEPEST)
    return values


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(digits[:_LONGEST_NUMBER])
    return int(digits)


def _require_plain(value: Any, depth: int) -> None:
    if isinstance(value, str) and _UNPRINTABLE.search(value):
        raise ValueError(ascii(value[:60]))
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    if isinstance(value, list):
        parts = value
    if parts and depth == 0:
        raise ValueError(DEEPEST)
    for part in parts:
        _require_plain(part, depth - 1)


def read(text: str) -> list[TableTest]:
    """The tests of a file's text; none for an empty one. Raises RuleViolated."""
    if not text:
        return []
    if len(text) > LARGEST:
        raise RuleViolated([say("决策表的测试文件太大，请删去一些")])
    try:
        tests = [_test(entry) for entry in parsed(text)]
    except (
        ValueError,
        TypeError,
        LookupError,
        RecursionError,
        OverflowError,
    ) as wrong:
        raise RuleViolated(
            [
                say(
                    "决策表的测试文件读不懂，请在决策表页面里重新保存测试，或恢复文件"
                )
            ]
        ) from wrong
    if len(tests) > MOST:
        raise RuleViolated(
            [say("一张决策表最多 {most} 条测试，请先删去一些", most=MOST)]
        )
    return tests


def _refuse(word: str) -> None:
    raise ValueError(word)


def _test(entry: Mapping[str, Any]) -> TableTest:
    return TableTest(
        str(entry[NAME])[:LONGEST_NAME],
        str(entry[DECISION]),
        dict(entry[GIVEN]),
        tuple(int(row) for row in entry[ROWS]),
        dict(entry[RESULT]),
        _instant(entry.get(NOW)),
    )


def _instant(text: Any) -> datetime | None:
    """The aware instant that the text writes. Raises ValueError."""
    if text is None:
        return None
    now = datetime.fromisoformat(str(text))
    if now.tzinfo is None:
        raise ValueError(text)
    return now


def write(tests: Sequence[TableTest]) -> str:
    """The text of a file with these tests."""
    entries = [
        {
            NAME: test.name,
            DECISION: test.decision,
            GIVEN: test.given,
            ROWS: test.rows,
            RESULT: test.result,
            **_clock(test),
        }
        for test in tests
    ]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def _clock(test: TableTest) -> dict[str, str]:
    if test.now is None:
        return {}
    return {NOW: test.now.isoformat(timespec="seconds")}


def kept_test(
    name: str,
    decision: str,
    given: Mapping[str, Any],
    decided: Decided,
    now: datetime | None = None,
) -> TableTest:
    """What a decision has given as a test: the same must come of it from now on, at the same time."""
    return TableTest(
        name,
        decision,
        given,
        decided.rows,
        plain(decided.result),
        now,
    )


def plain(value: Any) -> Any:
    """The value as JSON holds it: numbers without a fraction are whole."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, Decimal | float):
        if not math.isfinite(value):
            return str(value)
        if value == int(value):
            return int(value)
        return float(value)
    return value


def differences(content: bytes, tests: Sequence[TableTest]) -> list[str]:
    """For each test how what the table's file makes of its inputs differs from what must be, in words; empty
    where it does not."""
    tried = _tried(content)
    return [_difference(tried, test) for test in tests]


@lru_cache(maxsize=8)
def _tried(content: bytes) -> engine.TriedFile:
    return engine.TriedFile(content)


def _difference(tried: engine.TriedFile, test: TableTest) -> str:
    if test.decision not in tried.ids:
        return say(
            "决策“{decision}”不存在或有错误", decision=test.decision[:60]
        )
    decided = tried.decide(test.decision, test.given, test.now)
    if decided.failure:
        return _failure(tried, test, decided.failure)
    sentences = []
    if decided.rows != test.rows:
        sentences.append(
            say(
                "应命中{wanted}，实际命中{rows}",
                wanted=rows_in_words(test.rows),
                rows=rows_in_words(decided.rows),
            )
        )
    result = plain(decided.result)
    if result != plain(test.result):
        sentences.append(
            say(
                "应得 {wanted}，实际得 {result}",
                wanted=values_in_words(test.result),
                result=values_in_words(result),
            )
        )
    return "；".join(sentences)


def _failure(tried: engine.TriedFile, test: TableTest, failure: str) -> str:
    if test.now is None and tried.asks_clock(test.decision):
        return say(
            "{failure}；这条测试没有当前时间，请重新存为测试", failure=failure
        )
    return failure


def rows_in_words(rows: Sequence[int]) -> str:
    """第 1、2 行, or that none matches."""
    if rows:
        return say("第 {rows} 行", rows="、".join(map(str, rows)))
    return say("不到任何一行")


def given_in_words(test: TableTest) -> str:
    """The inputs of a test, and its time where it has one."""
    words = [values_in_words(test.given)]
    if test.now is not None:
        now = say("当前时间 = {now}", now=time_in_words(test.now))
        words.append(now)
    return "，".join(filter(None, words))


def time_in_words(now: datetime) -> str:
    """To the minute, in the zone of the deployments."""
    zone = ZoneInfo(engine.Environment().timezone)
    return f"{now.astimezone(zone):%Y-%m-%d %H:%M}"


def values_in_words(values: Mapping[str, Any]) -> str:
    """name = value for each."""
    return "，".join(
        f"{name} = {_in_words(value)}" for name, value in values.items()
    )


def _in_words(value: Any) -> str:
    if value is None:
        return say("（空）")
    if isinstance(value, bool):
        return {True: say("是"), False: say("否")}[value]
    if isinstance(value, list):
        return "、".join(_in_words(part) for part in value)
    return str(value)


def findings(resources: Mapping[str, bytes]) -> Iterator[Finding]:
    """The tests that no longer hold, each at the file of its table."""
    for name in sorted(filter(is_test_file, resources)):
        table = table_of(name)
        if table not in resources:
            message = without_table(name)
            yield Finding(
                "table-test",
                None,
                message,
                "note",
                name,
            )
            continue
        yield from _of_file(table, resources[table], resources[name])


def _of_file(table: str, content: bytes, tests: bytes) -> Iterator[Finding]:
    try:
        kept = read(tests.decode())
    except (RuleViolated, UnicodeDecodeError) as wrong:
        reasons = getattr(
            wrong, "reasons", [say("决策表的测试文件不是 UTF-8")]
        )
        for reason in reasons:
            yield Finding("table-test", None, reason, resource=table)
        return
    reasons = differences(content, kept)
    for test, why in zip(kept, reasons, strict=True):
        if why:
            message = say(
                "决策表测试“{name}”不通过：{why}", name=test.name, why=why
            )
            yield Finding("table-test", test.decision, message, resource=table)
