"""Drafts as commits of a git repository that the settings name; one that is away stops nobody and is told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services import designing
from orchestrator.services.designing import draft_history, git_commits
from orchestrator.store.drafts import Draft
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

NAME = "item_exit.bpmn"
LATER = timedelta(days=2)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(application: Flask, tmp_path: Path) -> Iterator[Path]:
    """A bare repository that the settings name."""
    folder = tmp_path / "drafts.git"
    folder.mkdir()
    git(folder, "init", "-q", "--bare")
    settings = application.extensions["gridflow"]
    changed = replace(settings, draft_repository=str(folder))
    application.extensions["gridflow"] = changed
    yield folder
    application.extensions["gridflow"] = settings


def _given_up_is_gone(
    repository: Path, draft_id: str, by: int, now: datetime
) -> None:
    """A form that the draft gives up leaves its branch."""
    with transaction(writing=False) as session:
        revision = session.get_one(Draft, draft_id).revision
    form = "approval.form"
    designing.save(
        draft_id, designing.DraftFile(form, "{}"), revision, by, now, "改表单"
    )
    designing.give_up(draft_id, form, by, now)
    git_commits.send(now + LATER)
    branch = "drafts/zhenjiang/item_exit"
    names = "--name-only"
    before = git(repository, "ls-tree", "-r", names, f"{branch}~1")
    after = git(repository, "ls-tree", "-r", names, branch)
    assert f"zhenjiang/{form}" in before
    assert after == f"zhenjiang/{NAME}"


def test_what_a_killed_process_held_is_committed_once_and_one_that_hangs_ends_the_round(
    application: Flask, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    branch = "drafts/zhenjiang/item_admission"

    def hanging(asked: list[str], **_given: object) -> None:
        calls.append(asked)
        raise subprocess.TimeoutExpired(asked, 1)

    with application.app_context():
        draft_id = designing.open_draft("zhenjiang", "item_admission", 1, now)
        with transaction(writing=False) as session:
            row = session.get_one(Draft, draft_id)
            name, text = next(iter(row.content.items()))
            revision = row.revision
        for note in ("一", "二"):
            revision = designing.save(
                draft_id,
                designing.DraftFile(name, text),
                revision,
                1,
                now,
                note,
            )
        calls: list[list[str]] = []
        with monkeypatch.context() as patched:
            patched.setattr(git_commits.subprocess, "run", hanging)
            assert git_commits.send(now + LATER) == 0
        assert len(calls) == 1
        at = now + 2 * LATER
        with monkeypatch.context() as patched:
            written = git_commits._write

            def and_killed(*given: Any) -> None:
                written(*given)
                raise SystemExit

            patched.setattr(git_commits, "_write", and_killed)
            with pytest.raises(SystemExit):
                git_commits.send(at)
        assert git(repository, "rev-list", "--count", branch) == "1"
        assert git_commits.send(at) == 0, "the later one waits for it"
        assert git_commits.send(at + git_commits.HELD) == 2
        told = git(repository, "log", "--format=%s", branch)
        assert [each[-1] for each in told.splitlines()] == ["二", "一"]
        designing.discard(draft_id, 1, at)


def test_saves_and_publications_are_committed_in_the_designers_name(
    application: Flask, signed_in: Any, repository: Path
) -> None:
    now = datetime.now(UTC)
    with application.app_context():
        with transaction(writing=False) as session:
            designer = session.scalars(
                sa.select(Person.id).where(Person.username == "designer")
            ).one()
        draft_id = designing.open_draft(
            "zhenjiang", "item_exit", designer, now
        )
        with transaction(writing=False) as session:
            row = session.get_one(Draft, draft_id)
            text = row.content[NAME]
            revision = row.revision
        changed = text.replace(
            "</bpmn:definitions>", "<!-- 七 --></bpmn:definitions>"
        )
        designing.save(
            draft_id,
            designing.DraftFile(NAME, changed),
            revision,
            designer,
            now,
            "按新规定改",
        )
        assert git_commits.send(now) == 0, "an entry may still grow"
        assert git_commits.send(now + LATER) >= 1
        branch = "drafts/zhenjiang/item_exit"
        told = git(repository, "log", "-1", "--format=%an|%ae|%s", branch)
        assert told == "钟佳怡|designer@zhenjiang|事项退出：按新规定改"
        there = git(repository, "show", f"{branch}:zhenjiang/{NAME}")
        assert there == changed.strip()
        assert git(repository, "branch", "--list", "published") == ""
        _given_up_is_gone(repository, draft_id, designer, now)
        repository.rename(repository.with_name("away"))
        with transaction() as session:
            row = session.get_one(Draft, draft_id)
            row.state = "published"
            draft_history.record(session, row, designer, now, "发布")
        assert git_commits.send(now) == 0
    page = signed_in("admin").get("/admin/").text
    assert "没有写进 git 仓库" in page
    with application.app_context():
        repository.with_name("away").rename(repository)
        assert git_commits.send(now + LATER) == 1
        told = git(repository, "log", "-1", "--format=%s", "published")
        assert told == "事项退出：发布"
        assert git(repository, "rev-parse", f"published:zhenjiang/{NAME}")
        assert git_commits.send(now + LATER) == 0
        with transaction() as session:
            session.get_one(Draft, draft_id).state = "discarded"
