"""Who is meant: bodies and people of a jurisdiction folder by the names a reader knows them by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestrator.domain.territory import body_id
from orchestrator.sentences import say
from orchestrator.services.execution.candidates import (
    MissingCandidate,
    resolve,
)
from orchestrator.services.execution.instance import Instance
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.jurisdictions.folder_rows import TerritoryRow


class Unknown(ValueError):
    """A name that means nothing, or several things; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class KnownBody:
    id: str
    name: str
    role: str
    family: str
    place: TerritoryRow


@dataclass(frozen=True, slots=True)
class KnownPerson:
    username: str
    name: str
    body: KnownBody
    """The body in whose name he acts here."""


@dataclass(frozen=True)
class FolderDirectory:
    folder: Folder
    stand_ins: bool = False
    """Whether a body that has nobody in the folder acts all the same: a city in use has no demonstration
    people."""

    @cached_property
    def places(self) -> dict[str, TerritoryRow]:
        """Divisions and grids by code."""
        return {
            place.code: place
            for place in (
                *self.folder.places,
                *(grid.place for grid in self.folder.grids),
            )
        }

    @cached_property
    def bodies(self) -> dict[str, KnownBody]:
        """Every role of the profile at every place of its levels, by id."""
        profile = self.folder.profile
        known_bodies = {}
        for place in self.places.values():
            for role in profile.roles.values():
                if place.level in role.levels:
                    row_id = body_id(profile.key, role.key, place.code)
                    name = role.body_name(place.name, profile.name)
                    known_bodies[row_id] = KnownBody(
                        row_id,
                        name,
                        role.key,
                        role.family,
                        place,
                    )
        return known_bodies

    @cached_property
    def _by_name(self) -> dict[str, list[KnownBody]]:
        result: dict[str, list[KnownBody]] = {}
        for body in self.bodies.values():
            result.setdefault(body.name, []).append(body)
        return result

    def body(self, name: str) -> KnownBody:
        """The body of that name or id. Raises Unknown."""
        if name in self.bodies:
            return self.bodies[name]
        known_bodies = self._by_name.get(name, [])
        if len(known_bodies) > 1:
            # Villages share names: the one whose people the folder has is meant.
            served = {(row.role, row.place) for row in self.folder.people}
            known_bodies = [
                body
                for body in known_bodies
                if (body.role, body.place.code) in served
            ] or known_bodies
        if len(known_bodies) != 1:
            if known_bodies:
                raise Unknown(
                    say("机构“{name}”不止一个，请写机构编号", name=name)
                )
            self.require_body(name)
        return known_bodies[0]

    def require_body(self, name: str) -> None:
        """Raises Unknown when there is no body of that id or name."""
        if name not in self.bodies and name not in self._by_name:
            raise Unknown(say("机构“{name}”不存在，请核对名称", name=name))

    def person(self, text: str) -> KnownPerson:
        """By username, by name, or the first person of the body of that name. Raises Unknown."""
        rows = [row for row in self.folder.people if row.username == text]
        rows = rows or [
            row for row in self.folder.people if row.display_name == text
        ]
        if len({row.username for row in rows}) > 1:
            raise Unknown(
                say("叫“{text}”的不止一人，请写用户名或机构名称", text=text)
            )
        if not rows:
            body = self.body(text)
            rows = [
                row
                for row in self.folder.people
                if (row.role, row.place) == (body.role, body.place.code)
            ]
            if not rows and self.stand_ins:
                return stand_in(body)
            if not rows:
                raise Unknown(
                    say(
                        "“{text}”没有演示人员，请在 people.csv 中补上",
                        text=text,
                    )
                )
        row = rows[0]
        served = self.bodies[
            body_id(self.folder.profile.key, row.role, row.place)
        ]
        return KnownPerson(row.username, row.display_name, served)

    def place(self, name: str) -> TerritoryRow:
        """The division or grid of that name or code. Raises Unknown."""
        if name in self.places:
            territory_rows = [self.places[name]]
        else:
            territory_rows = [
                place for place in self.places.values() if place.name == name
            ]
        if len(territory_rows) != 1:
            if territory_rows:
                raise Unknown(say("区划“{name}”不止一个，请写代码", name=name))
            raise Unknown(say("区划“{name}”不存在，请核对名称", name=name))
        return territory_rows[0]


def stand_in(body: KnownBody) -> KnownPerson:
    """Somebody who acts for a body without people of its own; his username is the body's id."""
    return KnownPerson(body.id, say("{name}经办人", name=body.name), body)


@dataclass(frozen=True)
class FolderCandidates:
    """Whom tasks are offered to, as the folder says; every body is taken to have somebody at work."""

    directory: FolderDirectory

    def bodies(
        self, instance: Instance, groups: Iterable[str]
    ) -> tuple[list[str], list[MissingCandidate]]:
        """Ids of the bodies the groups mean for this instance, and the groups that mean none."""
        return resolve(instance, groups, self._bodies_at, self._place_name)

    def users(self, instance: Instance, usernames: Iterable[str]) -> list[str]:
        """Candidates `user:NAME` for those whom the folder knows."""
        return [
            f"user:{name}"
            for name in usernames
            if self.person_id(instance, name) is not None
        ]

    def person_id(
        self, instance: Instance, username: str | None
    ) -> int | None:
        """The place of the person in the folder's list; None when it has nobody of that name."""
        people = self.directory.folder.people
        profile = self.directory.folder.profile
        return next(
            (
                number
                for number, row in enumerate(people)
                if row.username == username and not profile.platform(row.role)
            ),
            None,
        )

    def named(
        self,
        instance: Instance,
        text: str,
        bodies: Sequence[str],
    ) -> int | None:
        """The place in the folder's list of the one person of these bodies whom the text names."""
        profile = self.directory.folder.profile
        results = [
            number
            for number, row in enumerate(self.directory.folder.people)
            if body_id(profile.key, row.role, row.place) in bodies
            and text in (row.username, row.display_name)
        ]
        if len(results) == 1:
            return results[0]
        return None

    def any_at_work(
        self,
        instance: Instance,
        usernames: Iterable[str],
        bodies: Iterable[str],
    ) -> bool:
        """True: who is at work is not the folder's business."""
        return True

    def names(self, bodies: Iterable[str]) -> list[str]:
        """The bodies' names, in the same order."""
        return [self.directory.bodies[body].name for body in bodies]

    def _place_name(self, _tenant: str, code: str) -> str:
        place = self.directory.places.get(code)
        return place.name if place else ""

    def _bodies_at(self, tenant: str, code: str, role: str) -> list[str]:
        ids = [
            body_id(tenant, key, code)
            for key in self.directory.folder.profile.roles_of(role)
        ]
        return [value for value in ids if value in self.directory.bodies]
