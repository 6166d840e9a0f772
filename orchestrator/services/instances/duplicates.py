"""Open cases that look like one that is registered or triaged: what the viewer may see of them, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import duplicates as rules
from orchestrator.domain.points import GroundPoint
from orchestrator.services import access, bundles
from orchestrator.services.access import Viewer
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.kept_statements import kept, rows_of
from orchestrator.store.registers import GridCase, is_of_state

MOST = 3
MOST_COMPARED = 400
"""Latest open cases of the office's area that are compared."""
LOOKED_AT = 20
"""Of the most alike, so many at once are asked whether the viewer may see them."""
_COMPARED = (
    GridCase.instance_id,
    GridCase.case_no,
    GridCase.title,
    GridCase.location,
    GridCase.item_id,
    GridCase.grid_code,
    GridCase.latitude,
    GridCase.longitude,
    GridCase.found_at,
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that looks like it."""

    instance_id: str
    """Empty for a case that the viewer may not see."""
    case_no: str
    title: str
    why: Sequence[str]
    """Empty for a case that the viewer may not see: it would tell of its place, time and item."""


def finding_of(case: Any) -> rules.Sighting:
    """What is compared of a case, or of a row of _COMPARED."""
    point = None
    if case.latitude is not None and case.longitude is not None:
        point = GroundPoint(case.latitude, case.longitude)
    return rules.Sighting(
        case.title,
        case.location,
        case.item_id,
        case.grid_code,
        point,
        case.found_at,
    )


def alike_to(
    session: Session,
    who: Viewer,
    around: str,
    wanted: rules.Sighting,
    but: str = "",
) -> list[Alike]:
    """The cases under the path that look most like it, the best first; of one that he may not see only that
    there is one. `but`: the case itself."""
    rows = rows_of(
        session,
        kept(_open_cases, session.get_bind().dialect.name),
        {
            "tenant": who.tenant_id,
            "around": _escaped(around),
            "since": wanted.at - rules.LOOKS_BACK,
            "but": but,
        },
    ).all()
    results = []
    for case in rows:
        likeness = rules.likeness(wanted, finding_of(case))
        if likeness is not None:
            results.append((likeness, case))
    results.sort(key=lambda pair: -pair[0].points)
    shown: list[Alike] = []
    for first in range(0, len(results), LOOKED_AT):
        part = results[first : first + LOOKED_AT]
        visible = _visible(session, who, [case for _why, case in part])
        known = [pair for pair in part if pair[1].instance_id in visible]
        # Why they look alike is worded for those that are shown only.
        shown += [
            _shown(case, visible[case.instance_id], likeness)
            for likeness, case in known[: MOST - len(shown)]
        ]
        if len(shown) == MOST:
            break
    return shown


def _escaped(path: str) -> str:
    """The path as a pattern of LIKE that takes each of its characters as it is."""
    return "".join(f"/{mark}" if mark in "/%_" else mark for mark in path)


def _open_cases(dialect: str) -> Any:
    """Those that are compared, of the area whose path begins as `around` says."""
    path = sa.bindparam("around", type_=sa.String())
    return (
        sa.select(*_COMPARED)
        .where(
            GridCase.tenant_id == sa.bindparam("tenant"),
            is_of_state(dialect, "open"),
            GridCase.territory_path.startswith(path, escape="/"),
            GridCase.found_at > sa.bindparam("since"),
            GridCase.instance_id != sa.bindparam("but"),
        )
        .order_by(GridCase.found_at.desc())
        .limit(MOST_COMPARED)
    )


def _visible(
    session: Session, who: Viewer, cases: Sequence[Any]
) -> dict[str, bool]:
    """Cases of which he may know that there are such → whether he may see them."""
    result = rows_of(
        session,
        access.kept_for(who, _known),
        {"instances": [case.instance_id for case in cases]},
    )
    return {instance_id: bool(may) for instance_id, may in result}


def _known(seen: Any) -> Any:
    return sa.select(ProcessInstance.id, seen).where(
        ProcessInstance.id.in_(sa.bindparam("instances", expanding=True)),
        sa.or_(~ProcessInstance.restricted, seen),
    )


def _shown(case: Any, visible: bool, likeness: rules.Resemblance) -> Alike:
    if visible:
        return Alike(case.instance_id, case.case_no, case.title, likeness.why)
    return Alike("", "", "", ())


def alike_to_case(
    session: Session,
    who: Viewer,
    instance: ProcessInstance,
    case: GridCase,
) -> list[Alike]:
    """The open cases of the same office's area that look like the instance's case; none for one that is not
    open."""
    if case.state != "open":
        return []
    levels = bundles.bundle_of(
        session, instance.definition_id
    ).jurisdiction.levels
    around = levels.office_path(case.territory_path)
    return alike_to(session, who, around, finding_of(case), case.instance_id)
