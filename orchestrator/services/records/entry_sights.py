"""Who sees which fields of the entries of a grid's register and of residents' reports, as the city grades
them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from forms.summary import masked
from orchestrator.domain.data_grades import DataGrade, DataRules
from orchestrator.domain.grid_work import (
    GRADED_FIELDS,
    GRID_GROUP,
    PERSONAL_FIELDS,
)
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.records import sights
from orchestrator.store import data_grants
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.resident_reports import ResidentReport

Graded = GridEntry | ResidentReport
"""What has fields that may be graded."""
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
    graded: frozenset[str] = frozenset()
    """The fields that the city grades."""
    unexplained: frozenset[str] = frozenset()
    """Those that he may open by a grant alone, which is later than what he opened."""

    def shows(self, field: str) -> bool:
        """Whether he reads the field as it is."""
        way = self.ways[field]
        if way == OPENABLE:
            return self.opened and field not in self.unexplained
        return way == PLAIN

    def hides(self, field: str) -> bool:
        """Whether he sees nothing of the field, opened or not."""
        return self.ways[field] == HIDDEN

    def hides_all(self, entry: Graded) -> bool:
        """Whether something of the entry is hidden from him and a reason would open nothing."""
        ways = {
            way
            for field, way in self.ways.items()
            if getattr(entry, field, None)
        }
        return HIDDEN in ways and OPENABLE not in ways

    def told(self, entry: Graded, field: str) -> str:
        """The field as he sees it: as it is, masked, or nothing."""
        text: str = getattr(entry, field)
        if self.shows(field):
            return text
        if self.hides(field):
            return ""
        return masked(text)

    def to_open(self, entry: Graded) -> list[str]:
        """The fields of the entry that a reason would open to him; those in which nothing stands are not
        among them."""
        return [
            field
            for field, way in self.ways.items()
            if way == OPENABLE
            and not self.shows(field)
            and bool(getattr(entry, field, None))
        ]

    def takes_over(self, field: str) -> bool:
        """Whether a file of his may change the field: one that is graded he must read as it is."""
        return field not in self.graded or self.ways[field] == PLAIN

    def may_write(self, entry: GridEntry, field: str) -> bool:
        """Whether he changes the field: he reads it, or might open it and nothing stands in it."""
        empty = not getattr(entry, field)
        return self.shows(field) or (empty and self.ways[field] == OPENABLE)


@dataclass
class _Ways:
    """How one person sees the fields of a kind of entry at a place."""

    ways: dict[str, str]
    graded: set[str] = field(default_factory=set)
    granted: dict[str, datetime] = field(default_factory=dict)
    """Field that he may open by a grant alone → since when."""


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
                data_grants.in_force(session, who.addresses, now),
            )
        self._known: dict[tuple[str, str], _Ways] = {}

    def of(
        self,
        entry: GridEntry,
        opened_at: datetime | None = None,
    ) -> EntrySight:
        """How he sees that entry. `opened_at`: when he gave a reason that still counts."""
        return self.at(entry.kind, entry.territory_path, opened_at)

    def at(
        self,
        kind: str,
        path: str,
        opened_at: datetime | None = None,
    ) -> EntrySight:
        """How he sees what is of that kind at that place."""
        known = self._ways_of(kind, path)
        later = {
            field
            for field, granted_at in known.granted.items()
            if opened_at is not None and granted_at >= opened_at
        }
        return EntrySight(
            known.ways,
            opened_at is not None,
            frozenset(known.graded),
            frozenset(later),
        )

    def sees_alike(self, kind: str, other: str, path: str) -> bool:
        """Whether entries of both kinds are graded alike for him at that place."""
        return self._ways_of(kind, path) == self._ways_of(other, path)

    def _ways_of(self, kind: str, path: str) -> _Ways:
        key = (kind, path)
        if key not in self._known:
            self._known[key] = self._read(kind, path)
        return self._known[key]

    def _read(self, kind: str, path: str) -> _Ways:
        ways = dict.fromkeys(GRADED_FIELDS, PLAIN)
        if kind != GRID_GROUP:
            ways |= dict.fromkeys(PERSONAL_FIELDS, OPENABLE)
        known = _Ways(ways)
        for grade in self._rules.of_register(kind):
            known.graded |= set(grade.fields)
            if self._reads(grade.seen_by, path):
                ways |= dict.fromkeys(grade.fields, PLAIN)
            elif self._reads(grade.opened_by, path):
                ways |= dict.fromkeys(grade.fields, OPENABLE)
            else:
                granted = self._granted_of(grade, path)
                ways |= dict.fromkeys(grade.fields, HIDDEN)
                ways |= dict.fromkeys(granted, OPENABLE)
                known.granted |= granted
        return known

    def _granted_of(self, grade: DataGrade, path: str) -> dict[str, datetime]:
        """Field that he may open by a grant → since when."""
        granted: dict[str, datetime] = {}
        for given in self._granted:
            there = path.startswith(given.territory_path)
            if given.grade != grade.key or not there:
                continue
            for name in set(given.fields).intersection(grade.fields):
                since = granted.get(name, given.granted_at)
                granted[name] = min(since, given.granted_at)
        return granted

    def _reads(self, readers: tuple[str, ...], path: str) -> bool:
        if self._profile is None:
            return False
        return sights.may_read(self._profile, readers, self._bodies, path)
