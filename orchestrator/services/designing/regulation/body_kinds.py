"""A kind of body that the profile does not know, as administrators ask for it: it goes into the draft of the
regulation, and a designer publishes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction, Role
from orchestrator.errors import Forbidden, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.access import Viewer, is_whole
from orchestrator.services.designing.drafts import FIRST_REVISION
from orchestrator.services.designing.regulation import drafting, profile_text
from orchestrator.services.designing.regulation.profile_entries import (
    new_entry,
)
from orchestrator.services.designing.regulation.profile_text import (
    ProfileText,
)
from orchestrator.services.designing.regulation.sections import ROLES
from orchestrator.services.people.full_names import name_at
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory

LONGEST_NAME = 30
EXAMPLES = 3
"""Kinds of a family that are named on the page."""


@dataclass(frozen=True, slots=True)
class WantedKind:
    """What the administrator typed."""

    key: str
    """Its name in the file: small letters, digits and hyphens."""
    name: str
    levels: Sequence[str]
    name_template: str
    """Full name of a body, with {territory} for the place."""
    family: str = ""
    """The kinds beside which diagrams and forms offer it; empty: none."""


def families(profile: Jurisdiction) -> Mapping[str, str]:
    """Family → the names of some kinds in it, for the families that have more than one kind."""
    by_family: dict[str, list[str]] = {}
    for role in profile.roles.values():
        by_family.setdefault(role.family, []).append(role.name)
    return {
        family: "、".join(names[:EXAMPLES])
        for family, names in by_family.items()
        if len(names) > 1
    }


def may_ask(who: Viewer) -> bool:
    """Whether he administers the whole city, whose kinds these are."""
    return any(is_whole(path) for path in who.administered_paths)


def ask(
    who: Viewer,
    profile: Jurisdiction,
    wanted: WantedKind,
    now: datetime,
) -> None:
    """Writes the kind into the open draft of the regulation, or begins one; a refused request begins none.

    Raises Forbidden, InstanceChanged, RuleViolated with every reason.
    """
    if not may_ask(who):
        raise Forbidden(say("机构的种类由全辖区的管理员申请新增"))
    _require_whole(profile, wanted)
    with transaction(writing=False) as session:
        draft, text = drafting.present(session, who.tenant_id)
        if draft is not None and draft.proposed:
            raise RuleViolated(
                [
                    say(
                        "法规修订正等待另一位流程设计员确认，请在它发布或退回之后再申请"
                    )
                ]
            )
        revision = draft.revision if draft is not None else FIRST_REVISION
    entry = new_entry(ROLES, wanted.key, ProfileText(text))
    typed = {
        "name": [wanted.name],
        "levels": [*wanted.levels],
        "name_template": [wanted.name_template],
        "family": [wanted.family],
    }
    made = drafting.set_section(ROLES.name, entry, typed, new=True)
    tried = ProfileText(text)
    made(tried)
    # All that may refuse the change comes before a draft is begun.
    drafting.require_kept(text, str(tried))
    role = profile_text.read(str(tried)).roles[wanted.key]
    reasons = _alike(profile_text.read(text), wanted)
    with transaction(writing=False) as session:
        reasons += _too_long(session, who.tenant_id, profile, role)
    if reasons:
        raise RuleViolated(reasons)
    draft_id = drafting.begin(who.tenant_id, who.person_id, now)
    drafting.change(draft_id, revision, who.person_id, now, made)


def _alike(there: Jurisdiction, wanted: WantedKind) -> list[str]:
    """What the kinds in force, and those that wait in the draft, have already."""
    reasons = []
    if wanted.name in {role.name for role in there.roles.values()}:
        reasons.append(say("已有名称为“{name}”的种类", name=wanted.name))
    for role in there.roles.values():
        if role.name_template == wanted.name_template and {*role.levels} & {
            *wanted.levels
        }:
            reasons.append(
                say("“{name}”的机构全称与它相同，请改写", name=role.name)
            )
    return reasons


def _too_long(
    session: Session,
    tenant_id: str,
    profile: Jurisdiction,
    role: Role,
) -> list[str]:
    """The full name at the place with the longest name."""
    longest = (
        sa.select(Territory.name)
        .where(
            Territory.tenant_id == tenant_id,
            Territory.level.in_(role.levels),
        )
        .order_by(sa.func.length(Territory.name).desc(), Territory.name)
    )
    try:
        name_at(role, session.scalar(longest.limit(1)) or "", profile.name)
    except RuleViolated as refused:
        return [*refused.reasons]
    return []


def _require_whole(profile: Jurisdiction, wanted: WantedKind) -> None:
    reasons = []
    if not 0 < len(wanted.name) <= LONGEST_NAME:
        reasons.append(
            say("名称应为 1 到 {longest} 个字", longest=LONGEST_NAME)
        )
    grid = profile.levels.grid
    known = {level for role in profile.roles.values() for level in role.levels}
    if not wanted.levels or not known - {grid} >= {*wanted.levels}:
        reasons.append(say("请选择设在哪几级"))
    if "{territory}" not in wanted.name_template:
        reasons.append(say("机构全称应含 {{territory}}，它处填地名"))
    if wanted.family and wanted.family not in families(profile):
        reasons.append(say("请从列出的类别中选择"))
    if wanted.name in {role.name for role in profile.roles.values()}:
        reasons.append(say("已有名称为“{name}”的种类", name=wanted.name))
    if reasons:
        raise RuleViolated(reasons)
