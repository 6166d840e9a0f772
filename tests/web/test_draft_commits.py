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
            draft_id, NAME, changed, revision, designer, now, "按新规定改"
        )
        assert git_commits.send(now) == 0, "an entry may still grow"
        assert git_commits.send(now + LATER) >= 1
        branch = "drafts/zhenjiang/item_exit"
        told = git(repository, "log", "-1", "--format=%an|%ae|%s", branch)
        assert told == "钟佳怡|designer@zhenjiang|事项退出：按新规定改"
        there = git(repository, "show", f"{branch}:zhenjiang/{NAME}")
        assert there == changed.strip()
        assert git(repository, "branch", "--list", "published") == ""
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
