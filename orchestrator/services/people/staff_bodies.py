"""The bodies that a staff list names: which of them stand, which can be set up with the list, and what keeps
the others from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.territory import body_id
from orchestrator.errors import Forbidden, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services import bundles
from orchestrator.services.people import bodies
from orchestrator.services.people.full_names import name_at
from orchestrator.store.territories import Body, Territory

Row = dict[str, str]
"""A line of the list: column → text."""
Lines = Mapping[int, Row]
"""By their numbers in the file."""
MOST_NEW = 300
"""Bodies that one list sets up: as many as a page shows to the administrator who confirms them."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose list it is."""

    tenant_id: str
    paths: Sequence[str] | None
    """Territories of its administrator; None: a command on the server, which sets up no body."""


@dataclass(frozen=True, slots=True)
class NewBody:
    """A body that is not there and is set up with the list."""

    role: str
    place: str
    place_name: str
    kind: str
    """Name of the role."""
    name: str
    given: str = ""
    """The name in the list; empty: the profile's."""


@dataclass(slots=True)
class NamedBodies:
    """What was found."""

    new: dict[str, NewBody] = field(default_factory=dict)
    """By `role:place`."""
    wrong: list[str] = field(default_factory=list)
    """A sentence for each line whose body is none."""
    names: dict[str, str] = field(default_factory=dict)
    """By `role:place`, also of those that stand."""


def find(
    session: Session,
    reach: Reach,
    lines: Lines,
    now: datetime,
) -> NamedBodies:
    """Fills role and place of the lines in which the name of a body stands alone, and a role's key where its
    name was written. Lines that are wrong stay as they are."""
    directory = _Directory(session, reach, now)
    result = NamedBodies()
    for number, row in lines.items():
        row["role"] = directory.kinds.get(row["role"], row["role"])
        try:
            if row["role"]:
                new = directory.at(row)
            elif row["body"]:
                new = directory.named(row)
            else:
                continue
        except RuleViolated as refused:
            (told,) = refused.reasons
            sentence = say(
                "第 {number} 行：{told}",
                number=number,
                told=told,
            )
            result.wrong.append(sentence)
            continue
        key = f"{row['role']}:{row['place']}"
        if new is not None:
            result.new.setdefault(key, new)
            result.names.setdefault(key, new.name)
        else:
            result.names.setdefault(key, directory.name_of(key))
    return result


def set_up(
    by: int,
    new: Sequence[NewBody],
    now: datetime,
) -> list[NewBody]:
    """Sets them up, each in a transaction of its own; returns those that it set up. One that somebody else
    has set up meanwhile is passed over. Raises Forbidden, RuleViolated: with the names of those that were set
    up before."""
    done: list[NewBody] = []
    for body in new:
        try:
            bodies.create(
                by,
                body.role,
                body.place,
                body.given,
                now,
            )
        except bodies.StandsAlready:
            continue
        except RuleViolated as refused:
            raise RuleViolated([*refused.reasons, *_told(done)]) from None
        except Forbidden as refused:
            if not done:
                raise
            raise RuleViolated([str(refused), *_told(done)]) from None
        done.append(body)
    return done


def _told(done: Sequence[NewBody]) -> list[str]:
    """What to know about the bodies that stand by now; nothing where there are none."""
    if not done:
        return []
    names = joined("、", [body.name for body in done])
    return [
        say(
            "已经设立的机构：{names}。改好名册以后再导入，不会重复设立",
            names=names,
        )
    ]


class _Directory:
    """The bodies, kinds and places of a city, read once for a list."""

    def __init__(
        self,
        session: Session,
        reach: Reach,
        now: datetime,
    ) -> None:
        self.session = session
        self.reach = reach
        self.profile: Jurisdiction = bundles.profile_in_force(
            session, reach.tenant_id, now
        )
        self.kinds = {
            role.name: key for key, role in self.profile.roles.items()
        }
        query = sa.select(
            Body.id,
            Body.name,
            Body.territory_path,
            Body.dissolved_at,
            Body.successor_id,
        ).where(Body.tenant_id == reach.tenant_id)
        self.bodies = {row.id: row for row in session.execute(query)}
        self.by_name: dict[str, list[str]] = {}
        for value, row in self.bodies.items():
            if self._within(row.territory_path):
                self.by_name.setdefault(row.name, []).append(value)
        self._by_profile: dict[str, list[NewBody]] | None = None

    def at(self, row: Row) -> NewBody | None:
        """The body to be set up for the row's role and place; None where one stands, or nothing can be said
        before the line is complete. Raises RuleViolated."""
        role, place = row["role"], row["place"]
        value = body_id(self.reach.tenant_id, role, place)
        known = self.bodies.get(value)
        if known is not None:
            self._require_standing(known)
        if known is not None or not place or self.reach.paths is None:
            return None
        territory = self.session.get(Territory, (self.reach.tenant_id, place))
        return self._new(role, place, territory, row["body"])

    def named(self, row: Row) -> NewBody | None:
        """As `at`, for a row that tells a name alone. Raises RuleViolated."""
        name = row["body"]
        found = self.by_name.get(name, [])
        standing = [
            value for value in found if self.bodies[value].dissolved_at is None
        ]
        if len(standing) > 1:
            raise RuleViolated([_several(name)])
        if standing:
            _city, row["role"], row["place"] = standing[0].split(":")
            return None
        if found:
            self._require_standing(self.bodies[found[0]])
        meant = self._of_profile().get(name, [])
        if len(meant) > 1:
            raise RuleViolated([_several(name)])
        if not meant:
            raise RuleViolated([self._unknown(name)])
        row["role"], row["place"] = meant[0].role, meant[0].place
        return meant[0]

    def name_of(self, key: str) -> str:
        """What the body is called; its key where there is none."""
        known = self.bodies.get(f"{self.reach.tenant_id}:{key}")
        if known is None:
            return key
        return str(known.name)

    def _unknown(self, name: str) -> str:
        if self.reach.paths is None:
            return say("没有机构“{name}”，请核对名称", name=name)
        return say(
            "没有机构“{name}”，请核对名称；新设的机构请写明角色和区划代码，可以随名册一并设立",
            name=name,
        )

    def _within(self, path: str) -> bool:
        paths = self.reach.paths
        return paths is None or any(path.startswith(each) for each in paths)

    def _require_standing(self, body: sa.Row[*tuple[Any, ...]]) -> None:
        if body.dissolved_at is None:
            return
        successor = self._standing_successor(body)
        if successor is None:
            told = say(
                "“{name}”已经撤销，请改写现在的机构，或删去这一行",
                name=body.name,
            )
        else:
            told = say(
                "“{name}”已经撤销，请改写接续的“{successor}”",
                name=body.name,
                successor=successor.name,
            )
        raise RuleViolated([told])

    def _standing_successor(
        self,
        body: sa.Row[*tuple[Any, ...]],
    ) -> sa.Row[*tuple[Any, ...]] | None:
        """The first of its successors that is not dissolved itself."""
        seen = {body.id}
        successor = self.bodies.get(body.successor_id)
        while successor is not None and successor.dissolved_at is not None:
            if successor.id in seen:
                return None
            seen.add(successor.id)
            successor = self.bodies.get(successor.successor_id)
        return successor

    def _new(
        self,
        role: str,
        place: str,
        territory: Territory | None,
        given: str,
    ) -> NewBody:
        known = self.profile.roles.get(role)
        if known is None:
            raise RuleViolated(
                [
                    say(
                        "机构种类里没有“{role}”。写错的请改正；新的种类请全辖区的管理员在“设立机构”页申请，"
                        "发布以后再导入",
                        role=role,
                    )
                ]
            )
        grid_level = self.profile.levels.grid
        if territory is None or territory.level == grid_level:
            raise RuleViolated(
                [
                    say(
                        "没有区划代码“{place}”，请核对；网格由网格调整流程设立",
                        place=place,
                    )
                ]
            )
        if not self._within(territory.path):
            raise RuleViolated(
                [
                    say(
                        "“{place}”不在您管理的地方，请上级管理员办理",
                        place=territory.name,
                    )
                ]
            )
        bodies.require_place(self.profile, role, territory)
        if given:
            name = bodies.checked_name(given)
        else:
            name = name_at(known, territory.name, self.profile.name)
        return NewBody(
            role,
            place,
            territory.name,
            known.name,
            name,
            given,
        )

    def _of_profile(self) -> Mapping[str, list[NewBody]]:
        """The bodies that could be set up within reach, by the names that the profile gives them."""
        if self._by_profile is None:
            self._by_profile = {}
            for new in self._possible():
                self._by_profile.setdefault(new.name, []).append(new)
        return self._by_profile

    def _possible(self) -> Iterator[NewBody]:
        if self.reach.paths is None:
            return
        query = sa.select(Territory).where(
            Territory.tenant_id == self.reach.tenant_id,
            Territory.active,
            Territory.level != self.profile.levels.grid,
        )
        for place in self.session.scalars(query):
            if not self._within(place.path):
                continue
            for role in self.profile.roles:
                if body_id(place.tenant_id, role, place.code) in self.bodies:
                    continue
                # A place may be none for that kind.
                with suppress(RuleViolated):
                    yield self._new(role, place.code, place, "")


def _several(name: str) -> str:
    return say("机构“{name}”有几个，请写角色和区划代码", name=name)
