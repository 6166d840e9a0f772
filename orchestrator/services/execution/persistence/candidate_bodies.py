"""Who may take the tasks that opened: candidate groups to bodies, usernames to people, for many tasks in one
look-up each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from orchestrator.domain.territory import candidate_codes, parse_body_ref
from orchestrator.services.execution.candidates import (
    MissingCandidate,
    named_roles,
    resolve,
)
from orchestrator.services.execution.instance import Instance
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.services.execution.persistence.rows import RowChanges
from orchestrator.store.people import (
    Person,
    at_work,
    named_at_work,
    takes_part,
)
from orchestrator.store.territories import Body, place_name


class DatabaseDirectory:
    """The bodies and people that the opened tasks of some steps name, read with at most one statement for
    each."""

    def __init__(self, session: Session, steps: Sequence[RowChanges]) -> None:
        self._session = session
        self._known: _Details = {}
        opened = [
            (step.instance, effect)
            for step in steps
            for effect in step.opened.values()
        ]
        self.look_up(
            session,
            [
                (instance, group)
                for instance, effect in opened
                for group in effect.candidate_groups
            ],
        )
        named = {
            name
            for _instance, effect in opened
            for name in (effect.assignee, *effect.candidate_users)
            if name
        }
        self._people = _read_people(session, named)

    def named(
        self,
        instance: Instance,
        text: str,
        bodies: Sequence[str],
    ) -> int | None:
        """The one person at work in these bodies whom the text names."""
        return named_at_work(self._session, text, bodies)

    def person_id(
        self, instance: Instance, username: str | None
    ) -> int | None:
        """None when nobody at work in the instance's jurisdiction has that name."""
        person_id, active = self._people.get(
            (instance.tenant_id, username or ""), (None, False)
        )
        if active:
            return person_id
        return None

    def users(self, instance: Instance, usernames: Iterable[str]) -> list[str]:
        """Candidates `user:NAME` for those of the instance's jurisdiction."""
        return [
            f"user:{name}"
            for name in usernames
            if (instance.tenant_id, name) in self._people
        ]

    def any_at_work(
        self,
        instance: Instance,
        usernames: Iterable[str],
        bodies: Iterable[str],
    ) -> bool:
        """Whether somebody is there who could take a task offered to them."""
        people = any(
            self.person_id(instance, name) is not None for name in usernames
        )
        return people or any(
            self._known.get(body, ("", True))[1] for body in bodies
        )

    def names(self, bodies: Iterable[str]) -> list[str]:
        """The bodies' names, in the same order."""
        return [
            self._known[body][0] if body in self._known else body
            for body in bodies
        ]

    def look_up(self, session: Session, wanted: _Wanted) -> None:
        """Reads the bodies that the groups may mean."""
        self._bodies, self._known = _read_bodies(session, wanted)

    def bodies(
        self, instance: Instance, groups: Iterable[str]
    ) -> tuple[list[str], list[MissingCandidate]]:
        """Ids of the bodies the groups mean for this instance, and the groups that mean none."""
        return resolve(
            instance,
            groups,
            lambda tenant, code, role: self._bodies.get(
                (tenant, code, role), ()
            ),
            partial(place_name, self._session),
        )


def resolve_group(instance: LockedInstance, group: str) -> list[str]:
    """Ids of the bodies a candidate group means for this instance; empty when there is none."""
    return resolve_groups(instance.session, instance, [group])[0]


def resolve_groups(
    session: Session, instance: Instance, groups: Sequence[str]
) -> tuple[list[str], list[MissingCandidate]]:
    """Ids of the bodies the groups mean for this instance, and the groups that mean none."""
    directory = DatabaseDirectory(session, ())
    directory.look_up(session, [(instance, group) for group in groups])
    return directory.bodies(instance, groups)


_STANDING = aliased(Body)


def _bodies_named(among: Callable[[Any, str], Any]) -> Any:
    """`among`: a condition that the column is one of the parameter's texts."""
    # What is meant for a dissolved body goes to its successor.
    standing = sa.case(
        (Body.dissolved_at.is_(None), Body.id), else_=Body.successor_id
    )
    query: Any = (
        sa.select(
            _STANDING.id,
            Body.tenant_id,
            Body.territory_code,
            Body.role,
            Body.family,
            _STANDING.name,
            at_work(_STANDING.id).label("staffed"),
        )
        .join(_STANDING, _STANDING.id == standing)
        .where(
            _STANDING.platform == "",
            among(Body.tenant_id, "tenants"),
            among(Body.territory_code, "codes"),
            sa.or_(among(Body.role, "roles"), among(Body.family, "roles")),
        )
    )
    return query


_BODIES = {
    # An array is one parameter, however many texts it holds: the statement stays the same.
    "postgresql": _bodies_named(
        lambda column, name: (
            column == sa.any_(sa.bindparam(name, type_=ARRAY(sa.Text())))
        )
    ),
    "sqlite": _bodies_named(
        lambda column, name: column.in_(sa.bindparam(name, expanding=True))
    ),
}
"""Name of the database → the statement."""


_Place = tuple[str, str, str]
"""Tenant, territory code, role or family."""
_Bodies = dict[_Place, list[str]]
_Details = dict[str, tuple[str, bool]]
"""By id, the name and whether somebody is at work there."""
_Wanted = Sequence[tuple[Instance, str]]
"""Groups, each with the instance that names it."""


def _read_bodies(
    session: Session,
    wanted: _Wanted,
) -> tuple[_Bodies, _Details]:
    """Ids of the bodies at each place that the groups may mean, and what is shown of them."""
    tenants = set[str]()
    codes = set[str]()
    roles = set[str]()
    for running, group in wanted:
        try:
            reference = parse_body_ref(group)
        except ValueError:
            continue
        tenants.add(reference.tenant or running.tenant_id)
        codes.update(
            candidate_codes(
                reference,
                running.territory_path,
                running.bundle.jurisdiction.levels,
            )
        )
        roles.update(named_roles(running, reference))
    bodies: _Bodies = {}
    details: _Details = {}
    if not codes:
        return bodies, details
    connection = session.connection()
    rows = connection.execute(
        _BODIES[connection.dialect.name],
        {
            "tenants": sorted(tenants),
            "codes": sorted(codes),
            "roles": sorted(roles),
        },
    )
    for row in rows:
        details[row.id] = (row.name, row.staffed)
        for role in {row.role, row.family}:
            bodies.setdefault(
                (row.tenant_id, row.territory_code, role), []
            ).append(row.id)
    return bodies, details


_PEOPLE = sa.select(
    Person.tenant_id, Person.username, Person.id, Person.active
).where(
    Person.username.in_(sa.bindparam("usernames", expanding=True)),
    takes_part(Person.id),
)


def _read_people(
    session: Session, usernames: set[str]
) -> Mapping[tuple[str, str], tuple[int, bool]]:
    if not usernames:
        return {}
    rows = session.connection().execute(
        _PEOPLE, {"usernames": sorted(usernames)}
    )
    return {
        (row.tenant_id, row.username): (row.id, row.active) for row in rows
    }
