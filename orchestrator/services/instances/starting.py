"""Starting process instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.engine import commands as c
from orchestrator.engine.errors import EngineError
from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
    SubmittedOtherwise,
)
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_checks, form_options
from orchestrator.services.deployments.filled_forms import (
    FormFilledIn,
    validated,
)
from orchestrator.services.execution import persistence
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.instances import creation, places
from orchestrator.services.instances.starters import may_start
from orchestrator.services.records import (
    attachments,
    purposes,
    submission_keys,
    submitted,
)
from orchestrator.services.records.ids import new_id
from orchestrator.services.registers import list_changes
from orchestrator.services.registers.registered_lists import RegisteredLists
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, Territory
from orchestrator.store.user_tasks import UserTask


@dataclass(frozen=True, slots=True)
class Started:
    instance_id: str
    business_key: str
    task_ids: tuple[str, ...] = ()
    replayed: bool = False
    """The same key had started it before."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is started, by whom, in whose name and where."""

    tenant_id: str
    process_key: str
    data: Mapping[str, Any]
    """The start form's values."""
    by: int
    body_id: str
    now: datetime
    key: str | None = None
    """Of the submission: the same key starts it once."""
    about: str | None = None
    """The instance that it is about."""
    place: str = ""
    """Code of the place inside the body's territory where it stands; empty: the body's own."""


def begun_by_people(session: Session, instance: ProcessInstance) -> bool:
    """Whether people begin such a procedure, and not a message or the clock alone."""
    bundle = bundles.bundle_of(session, instance.definition_id)
    return bundle.definition.plain_start is not None


def start(
    tenant_id: str,
    process_key: str,
    data: Mapping[str, Any],
    by: int,
    body_id: str,
    now: datetime,
) -> Started:
    """Starts an instance at the body's own territory, as `start_at` does."""
    return start_at(Beginning(tenant_id, process_key, data, by, body_id, now))


def start_at(begins: Beginning) -> Started:
    """Starts an instance in a transaction of its own, as `start_in` does."""
    with transaction() as session:
        return start_in(session, begins)


def start_in(session: Session, begins: Beginning) -> Started:
    """Starts an instance in the capacity of a body with the start form's values: at the place that is named,
    at the body's territory, or at that of the instance it is about.

    Raises Forbidden when the body may not start it, NotFound for an instance he does not see, FormInvalid
    with every field's reason, RuleViolated when a register's rule forbids it or the place is not the body's,
    InstanceChanged when the instance it is about has ended, SubmissionKeyUsed for the `key` of something
    else, SubmittedOtherwise for that of a start with other values.
    """
    definition_id = bundles.definition_in_force(
        session, begins.tenant_id, begins.process_key, begins.now
    )
    bundle = bundles.bundle_of(session, definition_id)
    person, body = _capacity(session, begins.by, begins.body_id)
    _require_allowed(bundle, body)
    instance_id = new_id(begins.now)
    before = _claimed(session, begins, instance_id)
    if before is not None:
        return before
    subject = _subject(session, bundle, begins.about, begins.by)
    new = creation.NewInstance(
        begins.tenant_id,
        definition_id,
        bundle,
        Actor(person.id, person.username, person.display_name, body.id),
        _territory(session, bundle, body, begins, subject),
        begins.now,
        instance_id,
        about_id=begins.about,
        restricted=subject.restricted if subject else False,
    )
    applied = _applied(session, begins, new)
    instance = creation.open_instance(session, new)
    instance.remember(
        "started",
        None,
        form=bundle.definition.start_form_key,
        submitted=applied.values,
        **applied.read_then,
    )
    around = circumstances(
        Initiator(new.actor, body.name, body.role),
        new.territory.name,
        new.territory.path,
        begins.now,
        bundle,
    )
    variables = {
        **applied.values,
        **applied.derived,
        **around,
        **_about(subject, bundle),
    }
    try:
        task_ids = persistence.carry_out(
            instance, c.StartProcessInstance(variables)
        )
    except EngineError as refused:
        raise RuleViolated([refused.message]) from refused
    attachments.adopt(
        session,
        bundle.forms.get(bundle.definition.start_form_key or ""),
        applied.values,
        instance_id,
        None,
    )
    return Started(instance_id, instance.business_key, tuple(task_ids))


def _applied(
    session: Session, begins: Beginning, new: creation.NewInstance
) -> FormFilledIn:
    """Raises FormInvalid, and RuleViolated where a register forbids it."""
    bundle = new.bundle
    path = new.territory.path
    form_key = bundle.definition.start_form_key
    setting = form_options.Setting(
        path, begins.by, begins.now, begins.body_id, begins.about
    )
    form = bundle.forms.get(form_key or "")
    values, read_then = validated(session, bundle, form, begins.data, setting)
    attachments.require(
        session,
        form,
        values,
        attachments.Claim(begins.tenant_id, begins.by, _purpose(begins)),
    )
    occasion = form_checks.FormOccasion(path, begins.now)
    derived = form_checks.derive(session, bundle, form_key, values, occasion)
    change = list_changes.Change(
        bundle, {**values, **derived}, path, begins.now
    )
    registered = RegisteredLists(session, begins.tenant_id)
    list_changes.refuse(registered, change)
    return FormFilledIn(values, derived, read_then)


def _purpose(begins: Beginning) -> str:
    return purposes.of_start(begins.process_key, begins.body_id, begins.about)


def _claimed(
    session: Session, begins: Beginning, instance_id: str
) -> Started | None:
    """What was started under the key before; None where it is new, and kept for this instance from now on.
    Raises as `start_in` for a key of something else."""
    key = begins.key
    submission_keys.require_sound(key)
    if key is None:
        return None
    content = submitted.digest(session, begins.data)
    purpose = _purpose(begins)
    answer = {"instance_id": instance_id, submitted.DIGEST: content}
    if submission_keys.claim(
        session, begins.by, key, purpose, answer, begins.now
    ):
        return None
    return _replayed(session, begins.by, key, purpose, content)


def _require_allowed(bundle: Bundle, body: Body) -> None:
    """Raises Forbidden where the body does not start the procedure, or where nobody does."""
    definition = bundle.definition
    starters = bundle.jurisdiction.spelled_out(definition.starter_groups)
    if not may_start(starters, body):
        raise Forbidden(
            say(
                "{name}不能发起“{process}”",
                name=body.name,
                process=definition.name,
            )
        )
    if definition.plain_start is None:
        raise Forbidden(
            say(
                "“{name}”只由定时、消息、信号或条件发起，不能由人发起",
                name=definition.name,
            )
        )


def _territory(
    session: Session,
    bundle: Bundle,
    body: Body,
    begins: Beginning,
    subject: ProcessInstance | None,
) -> Territory:
    """Where the instance begins: at the place of the one that it is about, else at the place that is named,
    or the body's own. Raises NotFound, and RuleViolated where the place is not the body's."""
    if subject:
        place = subject.territory_code
    else:
        place = places.of_start(bundle, body, begins.place)
    territory = session.get(Territory, (begins.tenant_id, place))
    if territory is None:
        raise NotFound(place)
    if subject is None:
        places.require_inside(session, bundle, body, territory)
    return territory


def _subject(
    session: Session, bundle: Bundle, about: str | None, by: int
) -> ProcessInstance | None:
    """The instance that the new one is about, as the person may see it."""
    wanted = bundle.definition.about
    if about is None:
        if wanted and not bundle.definition.about_is_optional:
            raise RuleViolated(
                [
                    say(
                        "“{name}”要从所涉事项的页面上发起",
                        name=bundle.definition.name,
                    )
                ]
            )
        return None
    viewer = access.viewer(session, by)
    if viewer is None:
        raise NotFound(about)
    subject = access.visible_instance(session, viewer, about)
    if subject.process_key not in wanted:
        raise Forbidden(
            say("“{name}”不能就这类事项发起", name=bundle.definition.name)
        )
    if subject.state != "active":
        raise InstanceChanged(say("该事项已经办结，不能再就它发起"))
    return subject


def _about(subject: ProcessInstance | None, bundle: Bundle) -> dict[str, Any]:
    if subject is None:
        if bundle.definition.about:
            return about_variables("", "", {})
        return {}
    return about_variables(
        subject.business_key, subject.title, subject.variables
    )


def about_variables(
    number: str, title: str, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """What an instance knows of the one it is about."""
    level = variables.get("handling_level") or variables.get("level")
    return {"about_number": number, "about_title": title, "about_level": level}


def _capacity(session: Session, by: int, body_id: str) -> tuple[Person, Body]:
    row = session.execute(
        sa.select(Person, Body)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Person.id == by, Body.id == body_id, Membership.until_on.is_(None)
        )
    ).first()
    if row is None:
        raise Forbidden(say("您不属于这个机构，不能以它的名义办理"))
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class Initiator:
    """Who begins an instance, and for which body."""

    actor: Actor
    body_name: str = ""
    """Empty where the clock or an event begins it for none."""
    role: str = ""
    """Of the body."""


def circumstances(
    initiator: Initiator,
    territory_name: str,
    path: str,
    now: datetime,
    bundle: Bundle,
) -> dict[str, Any]:
    """The variables every instance begins with: who started it, in which capacity, where and on what day."""
    actor = initiator.actor
    codes = path.strip("/").split("/")
    return {
        "initiator": actor.username,
        "initiator_name": actor.name,
        "initiator_body": actor.body_id,
        "initiator_body_name": initiator.body_name,
        "initiator_role": initiator.role,
        "territory": codes[-1],
        "territory_name": territory_name,
        "territory_path": path,
        "level": bundle.jurisdiction.levels.of(path),
        "started_on": now.astimezone(form_options.zone(bundle))
        .date()
        .isoformat(),
    }


def _replayed(
    session: Session,
    by: int,
    key: str,
    purpose: str,
    content: str,
) -> Started:
    """What was started under the key. Raises SubmittedOtherwise where the form said something else then."""
    result = submission_keys.answer(session, by, key, purpose) or {}
    instance = session.get_one(ProcessInstance, result["instance_id"])
    if submitted.is_other(result, content):
        raise SubmittedOtherwise(instance.business_key)
    opened = session.scalars(
        sa.select(UserTask.id).where(
            UserTask.instance_id == instance.id,
            UserTask.opened_at == instance.started_at,
        )
    ).all()
    return Started(
        instance.id, instance.business_key, tuple(opened), replayed=True
    )
