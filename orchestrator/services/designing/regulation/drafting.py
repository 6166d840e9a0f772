"""Drafts of the regulation: opened, changed by section, joined by drafts of procedures, all under the guard
of revisions that drafts have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.bundles import PROFILE
from orchestrator.services.designing.drafts import keep_file, start_history
from orchestrator.services.designing.regulation import profile_text
from orchestrator.services.designing.regulation.named_keys import by_key
from orchestrator.services.designing.regulation.profile_entries import (
    ProfileEntry,
    called,
    groups_offered,
)
from orchestrator.services.designing.regulation.profile_text import ProfileText
from orchestrator.services.designing.regulation.sections import SECTIONS
from orchestrator.services.designing.regulation.typed import (
    Typed,
    text,
    value_of,
)
from orchestrator.store.definitions import (
    Deployment,
    file,
    newest_deployment,
)
from orchestrator.store.drafts import (
    REGULATION,
    Draft,
    regulation_draft,
    take_back_proposal,
)
from orchestrator.store.session import transaction

LARGEST = 1_000_000
"""Characters of a profile."""
Change = Callable[[ProfileText], str]
"""Changes the text and says in a word what it did, for the history."""


def begin(tenant_id: str, by: int, now: datetime) -> str:
    """Id of the open draft of the regulation; a new one of what was deployed last where there is none."""
    with transaction() as session:
        newest = newest_deployment(session, tenant_id)
        if newest is None:
            raise NotFound(tenant_id)
        # Two who begin at the same time get one.
        session.get_one(Deployment, newest.id, with_for_update=True)
        draft = regulation_draft(session, tenant_id)
        if draft is not None:
            return draft.id
        content = file(session, newest.id, PROFILE)
        if content is None:
            raise NotFound(PROFILE)
        named = (REGULATION, say("法规修订"))
        files = {PROFILE: content.decode()}
        sentence = say("从现行法规开始")
        return start_history(
            session,
            tenant_id,
            named,
            files,
            (by, now, sentence),
        )


def present(session: Session, tenant_id: str) -> tuple[Draft | None, str]:
    """The open draft of the regulation, if there is one, and the profile that a change would begin with.
    Raises NotFound where nothing is deployed."""
    draft = regulation_draft(session, tenant_id)
    if draft is not None:
        return draft, draft.content[PROFILE]
    newest = newest_deployment(session, tenant_id)
    content = file(session, newest.id, PROFILE) if newest else None
    if content is None:
        raise NotFound(PROFILE)
    return None, content.decode()


def change(
    draft_id: str,
    revision: int,
    by: int,
    now: datetime,
    made: Change,
) -> None:
    """Keeps the profile as `made` changes it. Raises NotFound, InstanceChanged, RuleViolated with every
    reason."""
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        before: str = draft.content[PROFILE]
    after = ProfileText(before)
    sentence = made(after)
    keep(
        draft_id,
        str(after),
        revision,
        by,
        now,
        sentence,
    )


def keep(
    draft_id: str,
    after: str,
    revision: int,
    by: int,
    now: datetime,
    comment: str,
) -> None:
    """Makes this text the draft's profile. Raises NotFound, InstanceChanged, RuleViolated with every
    reason."""
    with transaction(writing=False) as session:
        before: str = _open(session, draft_id).content[PROFILE]
    if after == before:
        return
    require_kept(before, after)
    keep_file(
        draft_id,
        (PROFILE, after),
        revision,
        by,
        now,
        comment,
    )


def require_kept(before: str, after: str) -> None:
    """Raises RuleViolated with every reason why the draft that has the one profile cannot take the other."""
    if len(after) > LARGEST:
        raise RuleViolated([say("内容为空或过大，没有保存，请检查后再试")])
    profile_text.require_same_place(
        profile_text.read(before),
        profile_text.read(after),
    )


def set_section(
    name: str,
    entry: ProfileEntry | None,
    typed: Typed,
    new: bool = False,
) -> Change:
    """The change that puts what was typed into the section, or into one entry of it, which may be a new
    one."""
    section = profile_text.section(name)

    def made(there: ProfileText) -> str:
        profile = profile_text.read(str(there))
        asked = section.asked(new)
        meant = by_key(profile, asked, typed)
        path: tuple[str | int, ...] = section.path
        sentence = say("修改{title}", title=section.title)
        if entry is not None:
            sentence = say(
                "修改{entry}“{key}”",
                entry=section.entry,
                key=called(entry, groups_offered(section, there)),
            )
            path = entry.placed(there)
            there.begin(path)
            if new and section.first_list:
                there.add((*path, section.first_list))
        for setting in asked:
            value = value_of(setting, meant)
            place = (*path, *_parts(setting.key))
            if setting.kind == "choices":
                value = _in_order(there.value(place), value)
            there.put(place, value)
        return sentence

    return made


def _parts(key: str) -> Iterator[str | int]:
    """The key's parts; a number is a place in a list."""
    for part in key.split("."):
        if part.isdecimal():
            yield int(part)
        else:
            yield part


def _in_order(
    before: Sequence[str] | None,
    chosen: list[str] | None,
) -> list[str] | None:
    """What is chosen, in the order that the file has it in; what is new comes last."""
    if before is None or chosen is None:
        return chosen
    stay = [value for value in before if value in chosen]
    return stay + [value for value in chosen if value not in stay]


def amend_article(number: str, typed: Typed) -> Change:
    """The change of an article. Where a day is given, the text before it stays as the one that held until
    then."""
    heard = set_section("articles", ProfileEntry("articles", number), typed)
    until = text(typed, "until")
    by_what = text(typed, "amended_by")

    def made(there: ProfileText) -> str:
        path = ("articles", number)
        before = str(there.value((*path, "text")) or "").strip()
        sentence = heard(there)
        after = str(there.value((*path, "text")) or "").strip()
        if not until or not before or before == after:
            return sentence
        place = (*path, "former")
        there.add(place)
        number_of = len(there.value(place) or []) - 1
        row = (*place, number_of)
        there.put((*row, "until"), _day(until))
        if by_what:
            there.put((*row, "amended_by"), by_what)
        there.put((*row, "text"), before)
        return say("修改条文“{key}”", key=number)

    return made


def remove_entry(entry: ProfileEntry) -> Change:
    """The change that takes an entry away."""
    section = SECTIONS[entry.section]

    def made(there: ProfileText) -> str:
        sentence = say(
            "删去{entry}“{key}”",
            entry=section.entry,
            key=called(entry, groups_offered(section, there)),
        )
        there.remove(entry.placed(there))
        return sentence

    return made


def join(draft_id: str, process_draft: str, now: datetime) -> None:
    """Publishes that draft of a procedure together with the regulation's; it is checked with the amended
    regulation from now on. Raises NotFound, InstanceChanged."""
    with transaction() as session:
        root = _open(session, draft_id, locked=True)
        part = _part(session, root.tenant_id, process_draft)
        part.joined_to = root.id
        root.proposed_revision = None
        root.updated_at = now


def leave(process_draft: str, tenant_id: str) -> None:
    """That draft of a procedure is published alone again. Raises NotFound."""
    with transaction() as session:
        part = _part(session, tenant_id, process_draft)
        take_back_proposal(session, part)
        part.joined_to = None


def profile_of_draft(draft: Draft) -> Jurisdiction:
    """The profile as the draft of the regulation has it."""
    return profile_text.read(draft.content[PROFILE])


def _day(given: str) -> date | str:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise RuleViolated([say("施行日期应写成 2026-12-01 的样子")]) from None


def _open(session: Session, draft_id: str, locked: bool = False) -> Draft:
    row = session.get(Draft, draft_id, with_for_update=locked)
    if row is None or not row.of_regulation:
        raise NotFound(draft_id)
    if row.state != "open":
        raise InstanceChanged(
            say("这份草稿已经发布或作废，请从流程列表重新打开"),
        )
    return row


def _part(session: Session, tenant_id: str, draft_id: str) -> Draft:
    row = session.get(Draft, draft_id, with_for_update=True)
    if (
        row is None
        or row.tenant_id != tenant_id
        or row.state != "open"
        or row.of_regulation
    ):
        raise NotFound(draft_id)
    return row
