"""Cases and grids as the script of a map draws them: for the map of cases and for the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from orchestrator.services import listed_instances
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import case_maps, grid_maps
from orchestrator.store import case_map as queries
from orchestrator.store.case_map import MapFilters
from web.auth import who


@dataclass(frozen=True, slots=True)
class MappedCases:
    cases: Sequence[case_maps.MappedCase]
    drawn: dict[str, Any]
    """The grids around them, as GeoJSON."""

    @property
    def points(self) -> list[dict[str, Any]]:
        """Those that have a place, with their names and pages."""
        pages = self.pages
        return [_point(case, pages) for case in self.cases if case.point]

    @property
    def pages(self) -> str:
        """What the id of a case follows in the address of its page."""
        # One address for hundreds of cases, whose ids need no quoting.
        return url_for("inbox.instance", instance_id="-").removesuffix("-")

    @property
    def places(self) -> list[dict[str, Any]]:
        """The same without names, for a screen that everybody sees."""
        return [{**point, "name": "", "url": ""} for point in self.points]


def mapped(filters: MapFilters) -> MappedCases:
    """The viewer's cases that fit, and the grids of his area or of the narrower place."""
    viewer = who()
    session = reading()
    rows = queries.cases(
        session,
        viewer.tenant_id,
        listed_instances.may_list(session, viewer),
        filters,
    )
    paths = viewer.places
    if filters.place:
        paths = [filters.place]
    drawn, _more = grid_maps.within(session, viewer.tenant_id, paths, None)
    return MappedCases(
        case_maps.placed(session, viewer.tenant_id, rows), drawn
    )


def _point(mapped_case: case_maps.MappedCase, pages: str) -> dict[str, Any]:
    case = mapped_case.case
    point = mapped_case.point
    assert point is not None
    return {
        "id": case.instance_id,
        "name": f"{case.case_no} {case.title}",
        "url": f"{pages}{case.instance_id}",
        "at": [point.latitude, point.longitude],
        "priority": case.priority,
        "open": case.state == "open",
        "exact": mapped_case.exact,
    }
