"""Who sees which fields of the entries of a grid's register, as the city grades them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from forms.summary import masked
from orchestrator.domain.data_grades import DataRules
from orchestrator.domain.grid_work import GRADED_FIELDS, PERSONAL_FIELDS
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.records import sights
from orchestrator.store import data_grants
from orchestrator.store.grid_entries import GridEntry

PLAIN = "plain"
OPENABLE = "openable"
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class EntrySight:
    """How one person sees the fields of one entry."""

    ways: Mapping[str, str]
    """Field that may be graded → PLAIN, OPENABLE or HIDDEN."""
    opened: bool = False
    """Whether he has opened what may be opened."""

    def shows(self, field: str) -> bool:
        """Whether he reads the field as it is."""
        way = self.ways[field]
        return way == PLAIN or (way == OPENABLE and self.opened)

    def hides(self, field: str) -> bool:
        """Whether he sees nothing of the field, opened or not."""
        return self.ways[field] == HIDDEN

    def told(self, entry: GridEntry, field: str) -> str:
        """The field as he sees it: as it is, masked, or nothing."""
        text: str = getattr(entry, field)
        if self.shows(field):
            return text
        if self.hides(field):
            return ""
        return masked(text)

    def to_open(self, entry: GridEntry) -> list[str]:
        """The fields of the entry that a reason would open to him; those in which nothing stands are not
        among them."""
        return [
            field
            for field, way in self.ways.items()
            if way == OPENABLE and not self.opened and getattr(entry, field)
        ]

    def may_write(self, entry: GridEntry, field: str) -> bool:
        """Whether he changes the field: he reads it, or might open it and nothing stands in it."""
        empty = not getattr(entry, field)
        return self.shows(field) or (empty and self.ways[field] == OPENABLE)


class EntrySights:
    """What one person sees of entries at one instant."""

    def __init__(self, session: Session, who: Viewer, now: datetime) -> None:
        self._profile = bundles.rules_of_sight(session, who.tenant_id)
        self._bodies = sights.reading_bodies(who)
        rules = DataRules()
        if self._profile is not None:
            rules = self._profile.data
        self._rules = rules
        self._granted: list[data_grants.DataGrant] = []
        if any(grade.registers for grade in rules.grades):
            self._granted = list(
                data_grants.in_force(session, who.addresses, now)
            )
        self._known: dict[tuple[str, str], Mapping[str, str]] = {}

    def of(self, entry: GridEntry, opened: bool = False) -> EntrySight:
        """How he sees that entry. `opened`: whether he gave a reason."""
        return self.of_kind(entry.kind, entry.territory_path, opened)

    def of_kind(
        self, kind: str, path: str, opened: bool = False
    ) -> EntrySight:
        """The same for any entry of the kind at that place."""
        key = (kind, path)
        if key not in self._known:
            self._known[key] = self._ways(kind, path)
        return EntrySight(self._known[key], opened)

    def _ways(self, kind: str, path: str) -> Mapping[str, str]:
        ways = dict.fromkeys(GRADED_FIELDS, PLAIN)
        ways |= dict.fromkeys(PERSONAL_FIELDS, OPENABLE)
        for grade in self._rules.of_register(kind):
            granted: set[str] = set()
            for given in self._granted:
                there = path.startswith(given.territory_path)
                if given.grade == grade.key and there:
                    granted |= set(given.fields)
            for field in grade.fields:
                ways[field] = HIDDEN
                if field in granted or self._reads(grade.opened_by, path):
                    ways[field] = OPENABLE
                if self._reads(grade.seen_by, path):
                    ways[field] = PLAIN
        return ways

    def _reads(self, readers: tuple[str, ...], path: str) -> bool:
        if self._profile is None:
            return False
        return sights.may_read(self._profile, readers, self._bodies, path)
