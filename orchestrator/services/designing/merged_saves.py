"""Saving when somebody else has saved meanwhile: what both did is put together, and nothing is lost."""

from __future__ import annotations

from datetime import datetime

from orchestrator.errors import InstanceChanged, NotFound
from orchestrator.sentences import say
from orchestrator.services.designing.drafts import keep_file, require_file
from orchestrator.services.designing.merging import Unreadable, merge
from orchestrator.services.designing.validation import resources_of
from orchestrator.store.drafts import Draft
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

_TRIES = 3


class Overlapping(InstanceChanged):
    """Both changed the same elements."""


def save_merged(
    draft_id: str,
    file: tuple[str, str, str],
    by: int,
    now: datetime,
    prefer: str = "",
    comment: str = "",
) -> tuple[int, str]:
    """Keeps `file` (name, text, and the text that it began from) together with what others saved since; the
    new revision and the text as it is now.

    Where both changed the same, `prefer` says whose counts, `mine` or `theirs`, and the other's stays in the
    history; without it Overlapping is raised and names what. `comment`: what he noted of the save.
    Raises NotFound, InstanceChanged, RuleViolated.
    """
    name, text, _base = file
    require_file(name, text)
    for left in reversed(range(_TRIES)):
        try:
            return _saved(draft_id, file, by, now, (prefer, comment))
        except Overlapping:
            raise
        except InstanceChanged:
            # One more save came between the reading and the writing.
            if not left:
                raise
    raise AssertionError


def _saved(
    draft_id: str,
    file: tuple[str, str, str],
    by: int,
    now: datetime,
    said: tuple[str, str],
) -> tuple[int, str]:
    name, text, base = file
    prefer, comment = said
    revision, theirs, author = _present(draft_id, name)
    try:
        merged = merge(name, base, theirs, text)
    except Unreadable as broken:
        raise InstanceChanged(
            say(
                "{author}刚刚保存了这份草稿，两人的改动合并不了。请重新载入后再改，您的改动留在本机",
                author=author,
            )
        ) from broken
    if merged.overlapping and prefer not in ("mine", "theirs"):
        raise Overlapping(_told(author, merged.overlapping))
    if merged.overlapping and prefer == "theirs":
        sentence = say("与{author}的改动合并之前", author=author)
        revision = keep_file(
            draft_id,
            (name, text),
            revision,
            by,
            now,
            sentence,
        )
        merged = merge(name, base, text, theirs)
    sentence = say("与{author}的改动合并", author=author)
    if comment:
        sentence = f"{comment}（{sentence}）"
    new = keep_file(
        draft_id,
        (name, merged.text),
        revision,
        by,
        now,
        sentence,
    )
    return new, merged.text


def _present(draft_id: str, name: str) -> tuple[int, str, str]:
    with transaction(writing=False) as session:
        row = session.get(Draft, draft_id)
        if row is None:
            raise NotFound(draft_id)
        content = resources_of(session, row).get(name)
        if content is None:
            raise NotFound(name)
        author = session.get_one(Person, row.updated_by).display_name
        return row.revision, content.decode(), author


def _told(author: str, overlapping: tuple[str, ...]) -> str:
    names = "、".join(f"“{value}”" for value in overlapping[:5])
    if len(overlapping) > 5:
        names = say(
            "{names}等 {count} 处", names=names, count=len(overlapping)
        )
    return say(
        "{author}刚刚也改了{names}。请选这几处用谁的，其余的改动都会保留，没有选中的可从保存历史找回",
        author=author,
        names=names,
    )
