"""Types as FEEL names them behind `instance of` (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

import json
from typing import Any

from orchestrator.engine import language_parts
from orchestrator.engine.translating import ATOM, Part, Untranslatable
from orchestrator.sentences import say

Kind = Any
"""A type as `feel_types` has it."""
BASE_TYPES: dict[str, Kind] = {
    **{name: name for name in ("number", "string", "boolean")},
    **{name: name for name in ("date", "time", "date and time")},
    "Any": "Any",
}
"""Types of FEEL that `instance of` asks for."""


class TypeReader(language_parts.WordReader):
    """Reads the names of types."""

    def instance_of(self, value: Part) -> Part:
        """Whether the value is of the type that is named behind `instance`."""
        self.demand("of")
        kind = json.dumps(
            self._type(),
            separators=(",", ":"),
        )
        return f'feel("instance of", {value[0]}, {kind!r})', ATOM

    def _type(self) -> Kind:
        words = [text for _kind, text in self.tokens[self.at : self.at + 5]]
        for name in sorted(
            BASE_TYPES,
            key=len,
            reverse=True,
        ):
            size = len(name.split())
            if name.split() == words[:size]:
                self.at += size
                return BASE_TYPES[name]
        if self.take("list"):
            self.demand("<")
            entry = self._type()
            self.demand(">")
            return [entry]
        if self.take("context"):
            return self._context_type()
        raise Untranslatable(
            say(
                "类型“{name}”本系统不比较",
                name=(words or [""])[0],
            ),
        )

    def _context_type(self) -> Kind:
        self.demand("<")
        parts: dict[str, Kind] = {}
        while not self.take(">"):
            if parts:
                self.demand(",")
            kind, name = self.token()
            if kind != "name":
                raise Untranslatable(
                    say(
                        "“{text}”处的写法本系统没有",
                        text=name,
                    ),
                )
            self.demand(":")
            parts[name] = self._type()
        return parts
