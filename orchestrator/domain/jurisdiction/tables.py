"""Reading TOML tables strictly: every wrong, missing or unknown setting becomes a sentence with its line, and
reading goes on."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from orchestrator.domain.jurisdiction.lines import LineIndex, Path
from orchestrator.sentences import say

T = TypeVar("T")


@dataclass
class Findings:
    """The reasons gathered so far, each with file and line."""

    source: str
    index: LineIndex
    reasons: list[str] = field(default_factory=list)

    def add(self, path: Path, message: str) -> None:
        sentence = say(
            "{source} 第 {line} 行：{message}",
            source=self.source,
            line=self.index.line(path),
            message=message,
        )
        if sentence not in self.reasons:
            self.reasons.append(sentence)


class Table:
    """One table of the file. Each getter tells what is wrong and answers with something of the right type, so
    that all is told at once."""

    def __init__(self, data: Any, path: Path, findings: Findings) -> None:
        self.path = tuple(path)
        self.findings = findings
        self._asked: set[str] = set()
        self._data: Mapping[str, Any] = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self.refuse(say("“{name}”应是一个表", name=self.name))

    @property
    def name(self) -> str:
        return ".".join(
            str(part)
            if isinstance(part, str)
            else say("第{part}项", part=part + 1)
            for part in self.path
        )

    def refuse(self, message: str, key: str = "") -> None:
        self.findings.add((*self.path, key) if key else self.path, message)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def text(
        self,
        key: str,
        default: str | None = None,
        of: Collection[str] = (),
        longest: int = 0,
        how: str = "",
    ) -> str:
        """A non-empty text, one of `of` when given, of at most `longest` letters when given. `how`: what is
        said to who writes something else than a text."""
        result = self._get(key, default)
        if result is None:
            return ""
        if not isinstance(result, str) or not result.strip():
            return self._wrong(key, how or say("应是不为空的文字"), "")
        if of and result not in of:
            return self._wrong(
                key,
                say(
                    "“{found}”不在可选之列，应为 {listed} 之一",
                    found=result,
                    listed="、".join(of),
                ),
                "",
            )
        if longest and len(result) > longest:
            return self._wrong(
                key, say("最多 {longest} 个字", longest=longest), ""
            )
        return result

    def template(self, key: str, places: Collection[str]) -> str:
        """A text with `{place}` parts; refuses unknown places and unbalanced braces."""
        text = self.text(key)
        try:
            used = {
                name
                for _text, name, _spec, _conversion in string.Formatter().parse(
                    text,
                )
                if name is not None
            }
        except ValueError:
            return self._wrong(
                key,
                say("“{found}”的花括号不成对", found=text),
                "",
            )
        if used - set(places):
            return self._wrong(
                key,
                say(
                    "“{found}”里只能用 {listed}",
                    found=text,
                    listed="、".join(f"{{{place}}}" for place in places),
                ),
                "",
            )
        return text

    def number(
        self,
        key: str,
        default: int | None = None,
        at_least: int = 0,
        at_most: int | None = None,
    ) -> int:
        result = self._get(key, default)
        if result is None:
            return at_least
        if (
            isinstance(result, bool)
            or not isinstance(result, int)
            or result < at_least
        ):
            return self._wrong(
                key,
                say("应是不小于 {at_least} 的整数", at_least=at_least),
                at_least,
            )
        if at_most is not None and result > at_most:
            return self._wrong(
                key,
                say("应是不大于 {at_most} 的整数", at_most=at_most),
                at_least,
            )
        return result

    def flag(self, key: str, default: bool) -> bool:
        result = self._get(key, default)
        if isinstance(result, bool):
            return result
        return self._wrong(key, say("应是 true 或 false"), default)

    def day(self, key: str) -> date | None:
        """A date, or None when the key is not there."""
        if key not in self._data:
            self._asked.add(key)
            return None
        result = self._get(key)
        if isinstance(result, date) and not isinstance(result, datetime):
            return result
        return self._wrong(key, say("应是日期，如 2022-02-01，不加引号"), None)

    def words(
        self,
        key: str,
        default: list[str] | None = None,
        of: Collection[str] = (),
    ) -> tuple[str, ...]:
        """A list of texts without repetition, each one of `of` when given."""
        result = self._get(key, default)
        if result is None:
            return ()
        if not isinstance(result, list) or not all(
            isinstance(value, str) and value for value in result
        ):
            return self._wrong(key, say('应是文字的列表，如 ["甲", "乙"]'), ())
        for value in result:
            if of and value not in of:
                self._wrong(
                    key,
                    say(
                        "“{each}”不在可选之列，应为 {listed} 之一",
                        each=value,
                        listed="、".join(of),
                    ),
                    None,
                )
        if len(set(result)) < len(result):
            self._wrong(key, say("有重复的内容"), None)
        return tuple(result)

    def pairs(self, key: str, required: bool = True) -> dict[str, str]:
        """A table of texts."""
        result = self._get(key, None if required else {})
        if result is None:
            return {}
        if not isinstance(result, dict) or not all(
            isinstance(value, str) and value for value in result.values()
        ):
            return self._wrong(key, say("应是一个表，每项的值是文字"), {})
        return dict(result)

    def names(self) -> tuple[str, ...]:
        """The names in the table, where the writer of the file chooses them."""
        self._asked.update(self._data)
        return tuple(self._data)

    def raw_list(self, key: str) -> list[Any]:
        """A list of anything, for shapes that only the caller knows."""
        result = self._get(key)
        if result is None:
            return []
        if isinstance(result, list):
            return result
        return self._wrong(key, say("应是一个列表"), [])

    def table(self, key: str, required: bool = True) -> Table | None:
        """The table below that key; None when it is not there."""
        result = self._get(key, None if required else {})
        if key in self._data:
            return Table(result, (*self.path, key), self.findings)
        return None

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """(name, table) of each table below that key."""
        below = self.table(key)
        for name, data in below._data.items() if below else ():
            yield name, Table(data, (*self.path, key, name), self.findings)

    def rows(self, key: str, required: bool = True) -> Iterator[Table]:
        """The tables of a list."""
        result = self._get(key, None if required else [])
        if result is not None and not isinstance(result, list):
            self._wrong(key, say("应是表的列表"), None)
            return
        for number, data in enumerate(result or ()):
            yield Table(data, (*self.path, key, number), self.findings)

    def done(self) -> None:
        """Refuses every key that nobody asked for."""
        for key in self._data:
            if key not in self._asked:
                if self.path:
                    shown = f"{self.name}.{key}"
                else:
                    shown = key
                self.refuse(
                    say(
                        "不认识的设置“{shown}”，请检查拼写或删除",
                        shown=shown,
                    ),
                    key,
                )

    def _get(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        if key in self._data:
            return self._data[key]
        if default is None and (self._data or not self.path):
            self.refuse(
                say(
                    "{part}缺少“{key}”",
                    part=f"“{self.name}”" if self.path else say("文件"),
                    key=key,
                ),
            )
        return default

    def _wrong(self, key: str, message: str, instead: T) -> T:
        if self.path:
            shown = f"{self.name}.{key}"
        else:
            shown = key
        self.refuse(f"“{shown}”{message}", key)
        return instead
