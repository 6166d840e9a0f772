"""jurisdiction.toml with some of its settings changed: remarks, order and all else stay as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

import tomlkit
from tomlkit.items import AoT, Item, Table

from orchestrator.domain.jurisdiction import (
    Jurisdiction,
    JurisdictionInvalid,
    parse_jurisdiction,
)
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.bundles import PROFILE
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSection,
)
from orchestrator.services.designing.regulation.sections import SECTIONS

Path = Sequence[str | int]


class ProfileText:
    """The text of a profile that is being changed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._changed: tomlkit.TOMLDocument | None = None

    def __str__(self) -> str:
        if self._changed is None:
            return self._text
        return tomlkit.dumps(self._changed)

    @property
    def _document(self) -> tomlkit.TOMLDocument:
        """What is changed; reading it with its remarks takes long, and most texts are only looked at."""
        if self._changed is None:
            self._changed = tomlkit.parse(self._text)
        return self._changed

    def value(self, path: Path) -> Any:
        """What stands there, as plain values; None where nothing does."""
        here: Any = self._changed
        if here is None:
            here = _values(self._text)
        for part in path:
            here = _below(here, part)
            if here is None:
                return None
        return _plain(here)

    def put(self, path: Path, value: Any) -> None:
        """Makes the value stand there; None takes it away. What is already so is left as it is written."""
        if _same(self.value(path), value):
            return
        if value is None:
            del self._table(path[:-1])[path[-1]]
            self._prune(path[:-1])
            return
        table = self._table(path[:-1])
        key = path[-1]
        there = _below(table, key)
        if isinstance(value, list) and isinstance(value[0], Mapping):
            if there is None:
                table[key] = tomlkit.aot()
            _put_rows(table[key], value)
            return
        if isinstance(value, Mapping) and isinstance(there, Table):
            _replace(there, value)
            return
        table[key] = _item(value)

    def add(self, path: Path) -> None:
        """A new table at the end of the list of tables there."""
        rows = self._table(path[:-1])
        there = _below(rows, path[-1])
        if there is None:
            rows[path[-1]] = tomlkit.aot()
        if isinstance(rows[path[-1]], AoT):
            rows[path[-1]].append(tomlkit.table())
        else:
            # Tables in one line, such as the parts of a grid's code.
            rows[path[-1]].append(tomlkit.inline_table())

    def begin(self, path: Path) -> None:
        """Makes the table there, where it is missing."""
        self._table(path)

    def remove(self, path: Path) -> None:
        """Takes the table or the row there away. Raises NotFound."""
        if self.value(path) is None:
            raise NotFound(".".join(str(part) for part in path))
        del self._table(path[:-1])[path[-1]]
        self._prune(path[:-1])

    def _table(self, path: Path) -> Any:
        """The table there, made where it is missing."""
        here: Any = self._document
        for depth, part in enumerate(path):
            below = _below(here, part)
            if below is None:
                leads_on = depth < len(path) - 1
                here[part] = tomlkit.table(is_super_table=leads_on)
                below = here[part]
            here = below
        return here

    def _prune(self, path: Path) -> None:
        """A table or list that has become empty is not written."""
        if not path or self.value(path):
            return
        here = self._table(path[:-1])
        if _below(here, path[-1]) is not None:
            del here[path[-1]]


def read(text: str) -> Jurisdiction:
    """The profile of the text. Raises RuleViolated with every reason, in the words of the forms."""
    try:
        return parse_jurisdiction(text, PROFILE)
    except JurisdictionInvalid as invalid:
        raise RuleViolated(list(invalid.reasons)) from None


def require_same_place(before: Jurisdiction, after: Jurisdiction) -> None:
    """What places, accounts and instances of the installation hang on cannot be another. Raises
    RuleViolated."""
    fixed = (
        ("key", before.key, after.key),
        ("city_code", before.city_code, after.city_code),
        ("timezone", before.timezone, after.timezone),
        ("levels", before.levels.keys, after.levels.keys),
    )
    wrong = [
        say(
            "“{name}”不能在页面上改：区划、账号和在办事项都按它登记，请改回原来的值",
            name=name,
        )
        for name, old, new in fixed
        if old != new
    ]
    if wrong:
        raise RuleViolated(wrong)


def section(name: str) -> ProfileSection:
    """The section of that name. Raises NotFound."""
    result = SECTIONS.get(name)
    if result is None:
        raise NotFound(name)
    return result


@lru_cache(maxsize=8)
def _values(text: str) -> Mapping[str, Any]:
    """All values of the text; nobody changes them."""
    return tomllib.loads(text)


def _below(here: Any, part: str | int) -> Any:
    if isinstance(part, int):
        if isinstance(here, Sequence) and 0 <= part < len(here):
            return here[part]
        return None
    if isinstance(here, Mapping) and part in here:
        return here[part]
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, AoT):
        return [_plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, Item):
        return value.unwrap()
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value


def _same(there: Any, value: Any) -> bool:
    if isinstance(there, str) and isinstance(value, str):
        return there.strip() == value
    if value is None and there in (False, {}, [], ""):
        # An empty control stands for them.
        return True
    return type(there) is type(value) and there == value


def _replace(
    there: MutableMapping[str, Any],
    value: Mapping[str, Any],
) -> None:
    """Makes a table hold these values, leaving lines that are already so."""
    for key in [entry for entry in there if entry not in value]:
        del there[key]
    for key, entry in value.items():
        if not _same(_plain(there.get(key)), entry):
            there[key] = _item(entry)


def _put_rows(there: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Makes a list of tables hold these rows; a row is the one with the same first value."""
    names = [next(iter(row.values())) for row in rows]
    for place in reversed(range(len(there))):
        present = _plain(there[place])
        if next(iter(present.values()), None) not in names:
            del there[place]
    for place, row in enumerate(rows):
        if place == len(there):
            there.append(tomlkit.table())
        _replace(there[place], row)
    while len(there) > len(rows):
        del there[len(there) - 1]


def _item(value: Any) -> Any:
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for key, entry in value.items():
            table[key] = _item(entry)
        return table
    if isinstance(value, str) and "\n" in value:
        quoted = tomlkit.string(value, multiline=True).as_string()
        # The first line end after the quotes is not part of the text.
        return tomlkit.parse(f'text = """\n{quoted[3:]}')["text"]
    return tomlkit.item(value)
