"""What one person sees of the answers of a form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from forms.definition import Field


@dataclass(frozen=True, slots=True)
class Sight:
    """Personal data are masked until they are disclosed; graded fields are not shown to whom they are not
    named for."""

    disclosed: bool = False
    """Whether personal data that may be opened are open."""
    opened: frozenset[str] = frozenset()
    """Keys of the graded fields that may be opened."""
    plain: frozenset[str] = frozenset()
    """Keys of the fields that are shown as they are."""
    everything: bool = False
    """Whether nothing at all is kept back: what one typed oneself, and an archive's record."""
    needs_reason: frozenset[str] = frozenset()
    """Keys of those that may be opened, but were not by what he opened so far."""
    tells_hidden: bool = True
    """Whether a field that is not shown is named, with words in place of its value."""

    def hides(self, field: Field) -> bool:
        """Whether the field is not shown at all."""
        named = field.key in self.opened or field.key in self.plain
        return field.graded and not named and not self.everything

    def masks(self, field: Field) -> bool:
        """Whether the field is shown masked, and can be opened."""
        if self.everything or field.key in self.plain:
            return False
        if self.disclosed and field.key not in self.needs_reason:
            return False
        return field.personal and not self.hides(field)

    def within(self, rows_of: Field) -> Sight:
        """The same for the columns of that list: who is named for the list is named for them. A field outside
        of it that has a column's key stays as it was."""
        columns = frozenset(_keys(rows_of.components))
        return replace(
            self,
            opened=self._with(columns, rows_of, self.opened),
            plain=self._with(columns, rows_of, self.plain),
            needs_reason=self._with(columns, rows_of, self.needs_reason),
        )

    @staticmethod
    def _with(
        columns: frozenset[str], rows_of: Field, keys: frozenset[str]
    ) -> frozenset[str]:
        if rows_of.key in keys:
            return keys | columns
        return keys


def _keys(fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        if field.carries_value:
            yield field.key
        else:
            yield from _keys(field.components)


CAREFUL = Sight()
"""Of somebody of whom nothing is known: what is personal is masked, what is graded is not shown."""
EVERYTHING = Sight(everything=True)
