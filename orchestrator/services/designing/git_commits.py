"""Drafts and publications as commits of a git repository that the settings name: carried by the outbox, so
that a repository that is away keeps nobody from saving or publishing."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.sentences import say
from orchestrator.services.execution.events import MAX_ATTEMPTS, retry_at
from orchestrator.services.installation.database import settings
from orchestrator.services.records.ids import new_id
from orchestrator.store.drafts import Draft, DraftRevision
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.notification_channels import COMMIT
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

PUBLISHED = "published"
"""The branch with what counts; drafts stand on `drafts/<jurisdiction>/<procedure>`."""
SOON = timedelta(minutes=5)
"""An entry of a draft's history may still grow for so long."""
LONGEST = 15
"""Seconds that one call of git may take."""
HELD = timedelta(minutes=10)
"""An entry that a process took and that it neither committed nor gave back is taken by another after this."""
_NOBODY = "0" * 40


class NotCommitted(Exception):
    """Git refused, in a sentence."""


class Hanging(NotCommitted):
    """Git did not answer in time."""


@dataclass(frozen=True, slots=True)
class Commit:
    repository: str
    branches: tuple[str, ...]
    files: Mapping[str, str]
    """Path in the repository → content."""
    author: str
    address: str
    at: datetime
    message: str


def plan(session: Session, draft: Draft, number: int, now: datetime) -> None:
    """Puts the entry `number` of the draft's history into the outbox, where the settings name a
    repository."""
    if not settings().draft_repository:
        return
    published = draft.state == "published"
    due = now
    if not published:
        due += SOON
    session.add(
        OutboxMessage(
            id=new_id(now),
            tenant_id=draft.tenant_id,
            kind=COMMIT,
            payload={
                "draft": draft.id,
                "number": number,
                "published": published,
            },
            created_at=now,
            available_at=due,
        )
    )


def send(now: datetime, limit: int = 20) -> int:
    """Commits what is due; returns how many commits were made. The entries of a draft go in their order.

    What fails is tried again, ever later; where git hangs, the others wait for the next round.
    """
    before = aliased(OutboxMessage)
    query = (
        sa.select(OutboxMessage.id)
        .where(
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.available_at <= now,
            OutboxMessage.kind == COMMIT,
            ~_earlier(before, OutboxMessage)
            .where(before.available_at > now)
            .exists(),
        )
        .order_by(
            OutboxMessage.created_at,
            OutboxMessage.payload["number"].as_integer(),
        )
        .limit(limit)
    )
    with transaction(writing=False) as session:
        waiting = session.scalars(query).all()
    made = 0
    for value in waiting:
        try:
            made += _send_one(value, now)
        except Hanging:
            break
    return made


def _earlier(
    before: type[OutboxMessage], message: type[OutboxMessage]
) -> sa.Select[str]:
    """Entries `before` of the message's draft that are not yet committed."""
    return sa.select(before.id).where(
        before.kind == COMMIT,
        before.sent_at.is_(None),
        before.tenant_id == message.tenant_id,
        before.payload["draft"].as_string()
        == message.payload["draft"].as_string(),
        before.payload["number"].as_integer()
        < message.payload["number"].as_integer(),
    )


def _send_one(message_id: str, now: datetime) -> bool:
    commit = _claim(message_id, now)
    if commit is None:
        return False
    try:
        for branch in commit.branches:
            _write(commit, branch)
    except NotCommitted as refused:
        _try_later(message_id, str(refused), now)
        if isinstance(refused, Hanging):
            raise
        return False
    with transaction() as session:
        message = session.get_one(OutboxMessage, message_id)
        message.last_error = None
        message.sent_at = now
    return True


def _try_later(message_id: str, why: str, now: datetime) -> None:
    with transaction() as session:
        message = session.get_one(OutboxMessage, message_id)
        message.last_error = why
        message.attempts += 1
        # The administrator may take days to mend his repository.
        tried = min(message.attempts, MAX_ATTEMPTS)
        message.available_at = retry_at(now, tried)


def _claim(message_id: str, now: datetime) -> Commit | None:
    """What to commit, held for this process; None for what is gone, or is being committed elsewhere."""
    before = aliased(OutboxMessage)
    with transaction() as session:
        query = sa.select(OutboxMessage).where(
            ~_earlier(before, OutboxMessage).exists(),
            OutboxMessage.id == message_id,
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.available_at <= now,
        )
        message = session.scalars(
            query.with_for_update(skip_locked=True)
        ).first()
        if message is None:
            return None
        message.available_at = now + HELD
        details = message.payload
        draft = session.get(Draft, details["draft"])
        entry = session.get(
            DraftRevision, (details["draft"], details["number"])
        )
        repository = settings().draft_repository
        if draft is None or entry is None or not repository:
            message.sent_at = now
            message.last_error = say("不需要再提交")
            return None
        person = session.get_one(Person, entry.author_id)
        branches = [f"drafts/{draft.tenant_id}/{draft.process_key}"]
        if details["published"]:
            branches.append(PUBLISHED)
        comment = entry.comment or say("保存草稿")
        return Commit(
            repository,
            tuple(branches),
            {
                f"{draft.tenant_id}/{name}": text
                for name, text in entry.content.items()
            },
            person.display_name,
            f"{person.username}@{draft.tenant_id}",
            entry.at,
            f"{draft.name}：{comment}\n",
        )


def _write(commit: Commit, branch: str) -> None:
    """The files on top of what is published, as the branch's next commit, without a working tree: a file that
    the draft gave up is as published again. Raises NotCommitted."""
    reference = f"refs/heads/{branch}"
    before = _tip(commit, reference)
    published = _tip(commit, f"refs/heads/{PUBLISHED}")
    parent = before or published
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        if published:
            _git(commit, ["read-tree", published], index)
        for path, text in commit.files.items():
            blob = _git(commit, ["hash-object", "-w", "--stdin"], index, text)
            entry = f"100644,{blob},{path}"
            _git(
                commit, ["update-index", "--add", "--cacheinfo", entry], index
            )
        tree = _git(commit, ["write-tree"], index)
        if before and _is_there(commit, before, tree):
            return
        arguments = ["commit-tree", tree]
        if parent:
            arguments += ["-p", parent]
        made = _git(commit, arguments, index, commit.message)
    _git(commit, ["update-ref", reference, made, before or _NOBODY], {})


def _is_there(commit: Commit, tip: str, tree: str) -> bool:
    """Whether a process that ended before it could say so made this commit."""
    asked = ["show", "--no-patch", "--format=%T %at %B", tip]
    moment = int(commit.at.timestamp())
    return (
        _git(commit, asked, {}) == f"{tree} {moment} {commit.message}".strip()
    )


def _tip(commit: Commit, reference: str) -> str:
    """The commit that the reference stands at; empty where there is none."""
    asked = ["for-each-ref", "--format=%(objectname)", reference]
    return _git(commit, asked, {})


def _git(
    commit: Commit,
    arguments: list[str],
    environment: Mapping[str, str],
    given: str = "",
) -> str:
    moment = commit.at.isoformat()
    details = {
        **os.environ,
        "GIT_AUTHOR_NAME": commit.author,
        "GIT_AUTHOR_EMAIL": commit.address,
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_NAME": "Gridflow",
        "GIT_COMMITTER_EMAIL": "gridflow@localhost",
        "GIT_COMMITTER_DATE": moment,
        **environment,
    }
    try:
        done = subprocess.run(
            ["git", "-C", commit.repository, *arguments],
            input=given.encode(),
            capture_output=True,
            env=details,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired as failure:
        raise Hanging(say("git 没有运行：{why}", why=failure)) from failure
    except OSError as failure:
        raise NotCommitted(
            say("git 没有运行：{why}", why=failure)
        ) from failure
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()[:300]
        raise NotCommitted(say("git 拒绝了提交：{why}", why=why))
    return done.stdout.decode().strip()


def failing(session: Session, tenant_id: str) -> tuple[int, str]:
    """How many commits of the jurisdiction have failed and wait, and why the last of them did."""
    query = sa.select(OutboxMessage.last_error).where(
        OutboxMessage.tenant_id == tenant_id,
        OutboxMessage.kind == COMMIT,
        OutboxMessage.sent_at.is_(None),
        OutboxMessage.last_error.is_not(None),
    )
    errors = session.scalars(query.order_by(OutboxMessage.created_at)).all()
    if not errors:
        return 0, ""
    return len(errors), str(errors[-1])
