"""One table of a jurisdiction's folder, row by row; what is wrong is told with file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from orchestrator.domain.jurisdiction import (
    Jurisdiction,
)
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.jurisdictions.folder_rows import (
    TerritoryRow,
)


def text_of(content: bytes, where: str) -> str:
    """The file's text. Raises RuleViolated for a file that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RuleViolated(
            [
                say(
                    "{where}：不是 UTF-8 文本，请用 UTF-8 编码另存后再载入",
                    where=where,
                ),
            ],
        ) from None


class TableReader:
    def __init__(
        self,
        resources: Mapping[str, bytes],
        name: str,
        profile: Jurisdiction,
    ) -> None:
        self.resources = resources
        self.name = name
        self.profile = profile
        self.reasons: list[str] = []
        self.places: dict[str, TerritoryRow] = {}
        """Divisions and grids by code, as far as they were read."""

    def rows(
        self,
        file: str,
        fields: tuple[str, ...],
        key: str = "",
        optional: tuple[str, ...] = (),
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """(file and line, row) of a table that may be absent; lines that begin with # are remarks."""
        if file not in self.resources:
            return
        lines = text_of(
            self.resources[file],
            f"{self.name}/{file}",
        ).splitlines()
        numbered = [
            (number, line)
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith("#")
        ]
        rows = csv.DictReader(line for _number, line in numbered)
        missing = [
            field for field in fields if field not in (rows.fieldnames or ())
        ]
        if missing:
            self.reasons.append(
                say(
                    "{name}/{file} 第 1 行：缺少列 {listed}",
                    name=self.name,
                    file=file,
                    listed="、".join(missing),
                ),
            )
            return
        seen: set[str] = set()
        for (number, _line), row in zip(numbered[1:], rows, strict=False):
            where = say(
                "{name}/{file} 第 {number} 行",
                name=self.name,
                file=file,
                number=number,
            )
            clean = {
                field: (row.get(field) or "").strip()
                for field in (*fields, *optional)
            }
            if key and (not clean[key] or clean[key] in seen):
                self.refuse(
                    where,
                    say("“{clean}”重复", clean=clean[key])
                    if clean[key]
                    else say("缺少 {key}", key=key),
                )
                continue
            seen.add(clean.get(key, ""))
            yield where, clean

    def number(self, where: str, row: Mapping[str, str], field: str) -> int:
        """The whole number of that column; 0 where it is none, which is refused."""
        if row[field].isdigit():
            return int(row[field])
        self.refuse(
            where,
            say(
                "{field} 应为非负整数，现为“{row}”",
                field=field,
                row=row[field],
            ),
        )
        return 0

    def refuse(self, where: str, message: str) -> None:
        """One more reason, with its place."""
        self.reasons.append(f"{where}：{message}")
