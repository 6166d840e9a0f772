"""Whom to be in the demonstration: the people of one instance in the order in which they act, and every
account by level. The instance is the city's own scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.services import bundles
from orchestrator.services.registers.list_changes import ADMITS
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.scenario_files import Scenario
from orchestrator.store import definitions
from orchestrator.store.people import Membership, Person, tenants
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

STEPS_AT_MOST = 6
CASES = "case.register"
"""Topic of the automatic step that puts a case into the register."""


@dataclass(frozen=True, slots=True)
class ExampleRole:
    step: str
    """What the person does; empty for the first one, who begins the instance."""
    username: str
    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Example:
    """An instance from its beginning to its end."""

    process: str
    """What the procedure is called."""
    roles: Sequence[ExampleRole]


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    name: str
    body: str
    title: str
    open_tasks: int
    """Tasks that wait for him or for his body."""


@dataclass(frozen=True, slots=True)
class ExampleCity:
    key: str
    name: str
    examples: Sequence[Example]
    platform: Sequence[Account]
    """Who design procedures and who operate the platform."""
    levels: Mapping[str, Sequence[Account]]
    """What a level is called → accounts, the widest level first."""


def example_cities(session: Session) -> list[ExampleCity]:
    """Every jurisdiction that has demonstration people."""
    cities = []
    for key in tenants(session):
        accounts = _accounts(session, key)
        if not accounts:
            continue
        profile = bundles.profile_in_force(session, key)
        by_level: dict[str, list[Account]] = {
            profile.levels.name(level): [] for level in profile.levels.keys
        }
        for body, account in accounts:
            if not body.platform:
                by_level.setdefault(
                    profile.levels.name(body.level),
                    [],
                ).append(account)
        platform = [account for body, account in accounts if body.platform]
        levels = {
            name: accounts for name, accounts in by_level.items() if accounts
        }
        cities.append(
            ExampleCity(
                key,
                profile.name,
                _examples(session, key),
                platform,
                levels,
            ),
        )
    return cities


def _accounts(session: Session, tenant_id: str) -> list[tuple[Body, Account]]:
    """With the first body that each person serves, in the order they were loaded."""
    first = (
        sa.select(sa.func.min(Membership.id))
        .where(Membership.until_on.is_(None))
        .group_by(Membership.person_id)
    )
    rows = session.execute(
        sa.select(Person, Body, Membership.title)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Person.tenant_id == tenant_id,
            Person.is_demo,
            Person.active,
            Membership.id.in_(first),
        )
        .order_by(Person.id),
    ).all()
    waiting = _waiting(session, tenant_id)
    accounts = []
    for person, body, title in rows:
        count = waiting.get(body.id, 0) + waiting.get(str(person.id), 0)
        accounts.append(
            (
                body,
                Account(
                    person.username,
                    person.display_name,
                    body.name,
                    title,
                    count,
                ),
            ),
        )
    return accounts


def _waiting(session: Session, tenant_id: str) -> dict[str, int]:
    """Candidate body or person id → open tasks."""
    offered = (
        sa.select(UserTaskCandidate.candidate, sa.func.count())
        .join(UserTask, UserTask.id == UserTaskCandidate.task_id)
        .where(
            UserTask.tenant_id == tenant_id,
            UserTask.state == "open",
            UserTask.assignee_id.is_(None),
        )
        .group_by(UserTaskCandidate.candidate)
    )
    taken = (
        sa.select(UserTask.assignee_id, sa.func.count())
        .where(
            UserTask.tenant_id == tenant_id,
            UserTask.state == "open",
            UserTask.assignee_id.is_not(None),
        )
        .group_by(UserTask.assignee_id)
    )
    rows = [*session.execute(offered).all(), *session.execute(taken).all()]
    return {str(who): count for who, count in rows}


def _examples(session: Session, tenant_id: str) -> list[Example]:
    """An instance that several bodies bring to its end, of the procedure that admits items and of the one
    that registers cases."""
    newest = definitions.newest_deployment(session, tenant_id)
    if newest is None:
        return []
    names = definitions.process_names(session, tenant_id)
    examples = []
    for topic in (ADMITS, CASES):
        for key in names:
            if topic not in _topics(session, tenant_id, key):
                continue
            content = definitions.file(
                session,
                newest.id,
                f"scenarios/{key}.yaml",
            )
            roles = _roles(
                session,
                tenant_id,
                _first(content, key) if content else (),
            )
            if roles:
                examples.append(Example(names[key], roles))
    return examples


def _topics(session: Session, tenant_id: str, process: str) -> frozenset[str]:
    definition_id = definitions.version_in_force(
        session,
        tenant_id,
        process,
        None,
    )
    if definition_id:
        return bundles.bundle_of(session, definition_id).definition.topics
    return frozenset()


@lru_cache(maxsize=32)
def _first(content: bytes, process: str) -> tuple[tuple[str, str], ...]:
    """(step, body) of the first of its scenarios in which three bodies bring one instance to its end, else
    two; nothing where there is none."""
    try:
        scenarios = scenario_files.parse(
            content.decode(),
            f"{process}.yaml",
            process,
        ).scenarios
    except (RuleViolated, UnicodeDecodeError):
        return ()
    sentences = [
        _acts(scenario) for scenario in scenarios if _is_one_instance(scenario)
    ]
    for bodies in (3, 2):
        row = next(
            (
                pair
                for pair in sentences
                if len({by for _step, by in pair}) >= bodies
            ),
            None,
        )
        if row is not None:
            return row
    return ()


def _is_one_instance(scenario: Scenario) -> bool:
    verbs = [step.verb for step in scenario.steps]
    refused = any("被拒" in step.details for step in scenario.steps)
    return verbs.count("发起") == 1 and "应办结" in verbs and not refused


def _acts(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """What people do, one after the other; whoever does several things in a row is named once."""
    acts: list[tuple[str, str]] = []
    for step in scenario.steps:
        if step.verb not in ("发起", "办理"):
            continue
        by = str(step.details.get("由") or "")
        what = str(step.subject or "") if step.verb == "办理" else ""
        if not acts or acts[-1][1] != by:
            acts.append((what, by))
    return tuple(acts)


def _roles(
    session: Session,
    tenant_id: str,
    acts: Sequence[tuple[str, str]],
) -> list[ExampleRole]:
    """With the first person of each body; empty where one of them has nobody."""
    rows = session.execute(
        sa.select(Body.name, Person.username, Person.display_name)
        .join(Membership, Membership.body_id == Body.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Body.tenant_id == tenant_id,
            Body.name.in_({by for _step, by in acts}),
        )
        .where(Person.is_demo, Person.active, Membership.until_on.is_(None))
        .order_by(Membership.id.desc()),
    )
    people = {body: (username, name) for body, username, name in rows}
    if any(by not in people for _step, by in acts):
        return []
    return [
        ExampleRole(step, *people[by], by) for step, by in acts[:STEPS_AT_MOST]
    ]
