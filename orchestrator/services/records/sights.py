"""Who sees which answers of an instance: the city's grades, what he was granted for a term, and whether he
has opened them with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator.domain.data_grades import (
    ANY_LEVEL,
    ASKED,
    STARTED,
    DataGrade,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound
from orchestrator.services import access, bundles
from orchestrator.services.access import Viewer
from orchestrator.services.records import disclosures
from orchestrator.store import data_grants
from orchestrator.store.added_signers import is_asked_to_sign
from orchestrator.store.data_grants import DataGrant
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.once import once
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import Attachment, UserTaskCandidate


@dataclass(frozen=True, slots=True)
class InstanceSight:
    """What one person sees of the answers of one instance, in whichever form they were given."""

    disclosed: bool = False
    """Whether he has opened its personal data with a reason."""
    graded: frozenset[str] = frozenset()
    """Keys of all graded fields of the procedure."""
    opened: frozenset[str] = frozenset()
    """The graded fields that he may open."""
    plain: frozenset[str] = frozenset()
    """The graded fields that he reads without opening them."""
    everything: bool = False
    """Whether nothing is kept back."""
    needs_reason: frozenset[str] = frozenset()
    """The graded fields that he may open by a grant alone, and for which he has given no reason yet."""

    @property
    def of_forms(self) -> forms.Sight:
        """The same for the answers of a form."""
        return forms.Sight(
            self.disclosed,
            self.opened,
            self.plain,
            self.everything,
            self.needs_reason,
        )

    def shows(self, key: str) -> bool:
        """Whether he reads that field as it is, as far as the grades go."""
        if self.everything or key not in self.graded or key in self.plain:
            return True
        return self.disclosed and key in self.opened - self.needs_reason

    def shown(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the person may read. Of a list he gets each row without the columns that he may not
        read; a list that is graded as a whole he gets as a whole or not at all."""
        return {
            key: answer if key in self.graded else self._rows(answer)
            for key, answer in values.items()
            if self.shows(key)
        }

    def _rows(self, answer: Any) -> Any:
        if not isinstance(answer, list):
            return answer
        return [
            self.shown(row) if isinstance(row, Mapping) else row
            for row in answer
        ]

    def files(self, attachments: Iterable[Attachment]) -> list[Attachment]:
        """Those of the files that were given in fields which he reads."""
        return [file for file in attachments if self.shows(file.field_key)]


CAREFUL = InstanceSight()
"""Of somebody of whom nothing is known."""
EVERYTHING = InstanceSight(everything=True)


@dataclass(frozen=True, slots=True)
class InstanceReader:
    """Somebody who reads an instance, what of it, and when."""

    viewer: Viewer
    sight: InstanceSight
    now: datetime


def sight(
    session: Session,
    who: Viewer,
    instance: ProcessInstance,
    now: datetime,
) -> InstanceSight:
    """What the viewer sees of the instance's answers at `now`."""
    key = ("sight", who, instance.id, now)
    return once(session, key, lambda: _sight(session, who, instance, now))


def attachment(
    session: Session,
    who: Viewer,
    attachment_id: str,
    now: datetime,
) -> Attachment:
    """The attachment of a visible instance, or one's own upload. Raises NotFound otherwise, and where it was
    given in a field that he does not read."""
    row = access.visible_attachment(session, who, attachment_id)
    if row.instance_id is None or row.uploaded_by == who.person_id:
        return row
    instance = access.visible_instance(session, who, row.instance_id)
    if row.field_key not in graded_fields(session, instance):
        return row
    if not sight(session, who, instance, now).shows(row.field_key):
        raise NotFound(attachment_id)
    return row


def graded_fields(
    session: Session, instance: ProcessInstance
) -> frozenset[str]:
    """Keys of the graded fields of the instance's procedure."""
    profile = bundles.rules_of_sight(session, instance.tenant_id)
    if profile is None:
        return frozenset()
    return _fields(profile.data.of_process(instance.process_key))


def may_read(
    profile: Jurisdiction,
    readers: Collection[str],
    bodies: Iterable[Body],
    path: str,
) -> bool:
    """Whether one of the bodies is among the readers `ROLE@LEVEL`, of what lies at that place."""
    around = [body for body in bodies if path.startswith(body.territory_path)]
    for reader in readers:
        name, _at, level = reader.partition("@")
        roles = profile.roles_of(name)
        if any(
            body.role in roles and level in (ANY_LEVEL, body.level)
            for body in around
        ):
            return True
    return False


def reading_bodies(who: Viewer) -> list[Body]:
    """The bodies for which he reads: his own, and those that they succeeded."""
    own = {body.id for body in who.bodies}
    succeeded = [body for body in who.succeeded if body.successor_id in own]
    return [*who.bodies, *succeeded]


def _sight(
    session: Session,
    who: Viewer,
    instance: ProcessInstance,
    now: datetime,
) -> InstanceSight:
    opened_at = disclosures.opened_at(session, instance.id, who.person_id, now)
    disclosed = opened_at is not None
    profile = bundles.rules_of_sight(session, instance.tenant_id)
    grades: Sequence[DataGrade] = ()
    if profile is not None:
        grades = profile.data.of_process(instance.process_key)
    if profile is None or not grades:
        return InstanceSight(disclosed)
    known = _Relations(session, profile, who, instance)
    graded = _fields(grades)
    plain = _fields(grade for grade in grades if known.reads(grade.seen_by))
    opened = _fields(grade for grade in grades if known.reads(grade.opened_by))
    if graded <= plain | opened:
        return InstanceSight(disclosed, graded, opened, plain)
    given = data_grants.in_force(session, who.addresses, now)
    granted = _granted(given, instance, grades)
    explained = [
        row for row in given if opened_at and row.granted_at < opened_at
    ]
    needs_reason = granted - opened - _granted(explained, instance, grades)
    return InstanceSight(
        disclosed,
        graded,
        opened | granted,
        plain,
        needs_reason=needs_reason,
    )


def _granted(
    grants: Iterable[DataGrant],
    instance: ProcessInstance,
    grades: Sequence[DataGrade],
) -> frozenset[str]:
    """Those of the graded fields that somebody may open by these grants."""
    fields: set[str] = set()
    of_grade = {grade.key: set(grade.fields) for grade in grades}
    for given in grants:
        if given.instance_id == instance.id:
            return _fields(grades)
        there = instance.territory_path.startswith(given.territory_path)
        if given.instance_id is None and there:
            known = of_grade.get(given.grade, set())
            fields |= known.intersection(given.fields)
    return frozenset(fields)


def _fields(grades: Iterable[DataGrade]) -> frozenset[str]:
    return frozenset(key for grade in grades for key in grade.fields)


class _Relations:
    """How the viewer is related to the instance."""

    def __init__(
        self,
        session: Session,
        profile: Jurisdiction,
        who: Viewer,
        instance: ProcessInstance,
    ) -> None:
        self._session = session
        self._profile = profile
        self._who = who
        self._instance = instance
        self._bodies = reading_bodies(who)
        self._known: dict[str, bool] = {}

    def reads(self, readers: Collection[str]) -> bool:
        """Whether he is among the readers of a grade."""
        if may_read(
            self._profile,
            readers,
            self._bodies,
            self._instance.territory_path,
        ):
            return True
        return any(self._is(relation) for relation in readers)

    def _is(self, relation: str) -> bool:
        if relation not in (STARTED, ASKED):
            return False
        if relation not in self._known:
            self._known[relation] = (
                self._started() if relation == STARTED else self._asked()
            )
        return self._known[relation]

    def _started(self) -> bool:
        instance = self._instance
        return (
            instance.started_by == self._who.person_id
            or instance.started_by_body in self._who.body_ids
        )

    def _asked(self) -> bool:
        instance_id = self._instance.id
        asked = sa.select(UserTaskCandidate.task_id).where(
            UserTaskCandidate.instance_id == instance_id,
            UserTaskCandidate.candidate.in_(self._who.addresses),
        )
        if self._session.scalar(asked.limit(1)) is not None:
            return True
        if is_asked_to_sign(
            self._session,
            self._who.addresses,
            instance_id,
            self._who.standing_in,
        ):
            return True
        return bool(
            access.stood_in_for(self._session, self._who, [instance_id])
        )
