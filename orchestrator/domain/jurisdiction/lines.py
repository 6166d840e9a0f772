"""Where a TOML path stands: the line a reader of the file must look at, which tomllib does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = Sequence[str | int]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*(\.|$)""")
_QUOTES = ('"' * 3, "'" * 3, '"', "'")


class LineIndex:
    """Lines (from 1) of the tables and keys of a TOML text; what stands inside a value counts as the line of
    its key."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[tuple[str | int, ...], int] = {}
        self._counts: dict[tuple[str | int, ...], int] = {}

    def _read(self) -> None:
        here: tuple[str | int, ...] = ()
        depth = 0
        quote = ""
        for number, line in enumerate(self._text.splitlines(), 1):
            if depth == 0 and not quote:
                header = _HEADER.match(line)
                if header:
                    here = self._enter(
                        _parts(header[2]),
                        header[1] == "[[",
                        number,
                    )
                    continue
                key = line.partition("=")[0]
                if "=" in line and not key.lstrip().startswith("#"):
                    self._lines.setdefault((*here, *_parts(key)), number)
            depth, quote = _after(line, depth, quote)

    def line(self, path: Path) -> int:
        """The line of the path, or of the nearest table around it; 1 for what stands nowhere."""
        # Only a text with something wrong in it is asked for its lines.
        if not self._lines:
            self._read()
        wanted = tuple(path)
        while wanted and wanted not in self._lines:
            wanted = wanted[:-1]
        return self._lines.get(wanted, 1)

    def _enter(
        self,
        parts: tuple[str, ...],
        many: bool,
        number: int,
    ) -> tuple[str | int, ...]:
        path: tuple[str | int, ...] = ()
        for part in parts[:-1]:
            path = (*path, part)
            if path in self._counts:
                path = (*path, self._counts[path])
        if parts:
            path = (*path, parts[-1])
        if many:
            self._lines.setdefault(path, number)
            self._counts[path] = self._counts.get(path, -1) + 1
            path = (*path, self._counts[path])
        self._lines.setdefault(path, number)
        return path


def _parts(key: str) -> tuple[str, ...]:
    return tuple(
        match[1] or match[2] or match[3] or ""
        for match in _PART.finditer(key.strip())
        if match[0]
    )


def _after(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How deep in brackets, and in which many-line string, the next line begins."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return depth, quote if len(quote) == 3 else ""
            position = end + len(quote)
            quote = ""
            continue
        if line[position] == "#":
            break
        opened = next(
            (quote for quote in _QUOTES if line.startswith(quote, position)),
            "",
        )
        if opened:
            quote = opened
            position = position + len(opened)
            continue
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(line[position], 0)
        position += 1
    return max(depth, 0), quote if len(quote) == 3 else ""
