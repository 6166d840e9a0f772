"""How the answers of an instance are read back: what the forms deployed last call personal is masked in
instances that began on older forms too."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy.orm import Session

import forms
from orchestrator.domain.grid_work import GRADED_FIELDS
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services.bundles import frozen
from orchestrator.services.bundles.bundle import Bundle
from orchestrator.store import definitions as queries
from orchestrator.store.once import once
from orchestrator.store.session import address


@dataclass(frozen=True)
class _Marks:
    """What the forms of a deployment call personal."""

    known: Mapping[str, frozenset[str]]
    """Form → all its fields."""
    personal: Mapping[str, frozenset[str]]
    """Form → those that are personal."""
    anywhere: frozenset[str]
    """Fields that some form calls personal."""
    profile: Jurisdiction
    """Of the same deployment: which fields are graded, and for whom."""
    deployed: Mapping[str, forms.Form]
    read_back: dict[int, tuple[Bundle, Bundle]] = field(default_factory=dict)
    """Identity of a bundle → itself, and as it is read back: each page of an instance asks for it."""

    def of(self, form: str, keys: frozenset[str]) -> frozenset[str]:
        """Those of an older form's fields that are personal: as the form of the same name says, and where it
        does not know the field any more, as any form says."""
        gone = keys - self.known.get(form, frozenset())
        return self.personal.get(form, frozenset()) | (gone & self.anywhere)

    def marked(self, bundle: Bundle) -> Bundle:
        """The bundle with these marks, made once."""
        known = self.read_back.get(id(bundle))
        if known is None:
            if len(self.read_back) >= MOST_READ_BACK:
                self.read_back.clear()
            known = (bundle, self._marked(bundle))
            self.read_back[id(bundle)] = known
        return known[1]

    def _marked(self, bundle: Bundle) -> Bundle:
        read = {}
        process = bundle.definition.key
        for name, form in bundle.forms.items():
            personal = forms.with_personal(
                form, self.of(name, forms.value_keys(form))
            )
            read[name] = forms.with_graded(
                personal, self.graded(process, name)
            )
        return replace(bundle, forms=read)

    def graded(self, process: str, form: str) -> frozenset[str]:
        """Keys of the graded fields of a form in a procedure; of a form that is not deployed any more, all
        that are graded there."""
        rules = self.profile.data
        if form in self.known:
            return rules.fields_of(process, form)
        return frozenset(
            field
            for grade in rules.of_process(process)
            for field in grade.fields
        )


MOST_READ_BACK = 200
"""Bundles that are kept as they are read back; trials make others, which are not kept for good."""
FRESH = timedelta(minutes=1)
"""So long a writer takes the newest deployment that it knows for the newest."""


def readable(
    session: Session, bundle: Bundle, now: datetime | None = None
) -> Bundle:
    """The bundle by which a person reads back what was filled in. What its own forms call personal stays so.

    `now`: for what is only indexed; a deployment of the last minute may be missed, and no statement is spent.
    """
    marks = _marks_in_force(session, bundle.jurisdiction.key, now)
    if marks is None:
        return bundle
    return marks.marked(bundle)


def personal_marks(session: Session, tenant_id: str) -> str:
    """A digest of what the forms deployed last call personal and the rules deployed with them grade; empty
    where nothing is deployed."""
    marks = _marks_in_force(session, tenant_id, None)
    if marks is None:
        return ""
    sentences: list[object] = [
        (form, sorted(keys)) for form, keys in sorted(marks.personal.items())
    ]
    # As it always was where nothing is graded: nothing is looked through again for that.
    sentences += [
        (grade.processes, grade.forms, grade.fields)
        for grade in marks.profile.data.grades
        if not grade.registers
    ]
    return hashlib.sha256(repr(sentences).encode()).hexdigest()


def rules_of_sight(session: Session, tenant_id: str) -> Jurisdiction | None:
    """The profile whose rules say who sees what: the one deployed last, for instances of every version; None
    where nothing is deployed."""
    marks = _marks_in_force(session, tenant_id, None)
    if marks is None:
        return None
    return marks.profile


def graded_labels(
    session: Session, tenant_id: str
) -> Mapping[str, Mapping[str, str]]:
    """Key of a grade in force → key of each of its fields → its label in the forms deployed last."""
    marks = _marks_in_force(session, tenant_id, None)
    if marks is None:
        return {}
    labels: dict[str, dict[str, str]] = {}
    for grade in marks.profile.data.grades:
        if grade.registers:
            labels[grade.key] = {
                key: GRADED_FIELDS[key] for key in grade.fields
            }
            continue
        names = grade.forms or tuple(marks.deployed)
        known: dict[str, str] = {}
        for name in names:
            if name in marks.deployed:
                known |= forms.labels_of(marks.deployed[name], grade.fields)
        labels[grade.key] = {key: known.get(key, key) for key in grade.fields}
    return labels


def profile_lately(
    session: Session, tenant_id: str, now: datetime
) -> Jurisdiction:
    """The profile in force, for words that stand on every page: one that came into force in the last minute
    may be missed, and hardly any page spends a statement. Raises NotFound."""
    known = _lately(address())
    kept = known.get(tenant_id)
    if kept is None or abs(now - kept[0]) > FRESH:
        profile = frozen.profile_in_force(session, tenant_id, now)
        kept = known[tenant_id] = (now, profile)
    return kept[1]


def forget(but: Collection[str] = ()) -> None:
    """Another database stands at an address that is known: everything is read again."""
    frozen.forget(but)
    _cache.cache_clear()
    _newest.cache_clear()
    _lately.cache_clear()


def _newest_deployment(
    session: Session, tenant_id: str, now: datetime | None
) -> str | None:
    if now is None:
        return once(
            session,
            ("newest-deployment", tenant_id),
            lambda: queries.newest_deployment_id(session, tenant_id),
        )
    known = _newest(address())
    asked_at, text = known.get(tenant_id, (None, None))
    if asked_at is None or abs(now - asked_at) > FRESH:
        text = queries.newest_deployment_id(session, tenant_id)
        known[tenant_id] = (now, text)
    return text


def _marks_in_force(
    session: Session, tenant_id: str, now: datetime | None
) -> _Marks | None:
    deployment_id = _newest_deployment(session, tenant_id, now)
    if deployment_id is None:
        return None
    known = _cache(address())
    if deployment_id not in known:
        known[deployment_id] = _marks_of(queries.files(session, deployment_id))
    return known[deployment_id]


def _marks_of(resources: Mapping[str, bytes]) -> _Marks:
    digest = frozen.digest_of(resources)
    known = _by_digest.get(digest)
    if known is None:
        known = _marks(
            frozen.deployed_forms(resources), frozen.profile_of(resources)
        )
        frozen.keep(_by_digest, digest, known)
    return known


_by_digest: dict[str, _Marks] = {}
"""Digest of a deployment's files → its marks."""


def _marks(
    deployed: Mapping[str, forms.Form], profile: Jurisdiction
) -> _Marks:
    personal = {
        name: forms.personal_keys(form) for name, form in deployed.items()
    }
    return _Marks(
        {name: forms.value_keys(form) for name, form in deployed.items()},
        personal,
        frozenset().union(*personal.values()),
        profile,
        deployed,
    )


@lru_cache(maxsize=64)
def _cache(url: str) -> dict[str, _Marks]:
    return {}


@lru_cache(maxsize=64)
def _newest(url: str) -> dict[str, tuple[datetime, str | None]]:
    return {}


@lru_cache(maxsize=64)
def _lately(url: str) -> dict[str, tuple[datetime, Jurisdiction]]:
    return {}
