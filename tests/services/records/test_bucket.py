"""Attachments in an S3-compatible store: several hosts see the same files, sweeps and backups go through it,
and while it is away nothing is lost.

The server is moto's: the protocol is the real one, over HTTP, in a thread of this process.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from orchestrator.errors import (
    AttachmentRefused,
    BackupFailed,
    NotFound,
    StorageAway,
)
from orchestrator.services.clocks import upkeep
from orchestrator.services.installation import (
    backup,
    database,
    restoring,
    storage,
)
from orchestrator.services.installation.storage_folder import FilesOfFolder
from orchestrator.services.records import attachments, stored_files
from orchestrator.storage_settings import Bucket
from orchestrator.store.session import db
from orchestrator.store.user_tasks import Attachment
from tests import stores
from tests.databases import settings_for, without_pages
from tests.services.world import TENANT

PDF = b"%PDF-1.7\nin a bucket"
DIGEST = hashlib.sha256(PDF).hexdigest()
NOWHERE = Bucket(
    "http://127.0.0.1:9", "gridflow", "key", "secret", "", "us-east-1"
)

pytestmark = pytest.mark.one_database


def use(bucket: Bucket, app: Flask | None = None) -> None:
    """The application keeps its attachments there from now on."""
    app = app or current_app
    settings = app.extensions["gridflow"]
    app.extensions["gridflow"] = dataclasses.replace(settings, bucket=bucket)


@pytest.fixture
def bucket(world, new_bucket) -> Bucket:
    made = new_bucket("files/")
    use(made)
    return made


def upload(world, content: bytes = PDF) -> str:
    return attachments.keep(
        content,
        "说明.pdf",
        "files",
        attachments.Claim(TENANT, world.person("zhao")),
        world.now,
    )


@pytest.fixture
def elsewhere(world, tmp_path: Path) -> Iterator[Flask]:
    """Another host: a var directory of its own, the same database."""
    folder = tmp_path / "another-host"
    folder.mkdir()
    made = without_pages(
        settings_for(database.settings().database_url, folder)
    )
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_file_lies_in_the_bucket_alone_and_another_host_reads_it(
    world, bucket, elsewhere, monkeypatch
) -> None:
    upload(world)
    upload(world)
    assert stores.objects(bucket) == [f"files/{DIGEST[:2]}/{DIGEST}"]
    assert not (database.settings().var_dir / "attachments").exists()
    use(bucket, elsewhere)
    with elsewhere.app_context():
        assert attachments.read(DIGEST) == PDF
        with pytest.raises(NotFound):
            attachments.read("0" * 64)
        # Whether it is there is asked without its content.
        monkeypatch.setattr(storage.here(), "chunks", None)
        assert stored_files.is_kept(DIGEST)
        assert not stored_files.is_kept("0" * 64)
    use(NOWHERE)
    with pytest.raises(StorageAway):
        stored_files.is_kept(DIGEST)


def test_what_was_changed_in_the_store_is_not_handed_out(
    world, bucket
) -> None:
    upload(world)
    stores.client(bucket.endpoint).put_object(
        Bucket=bucket.name, Key=f"files/{DIGEST[:2]}/{DIGEST}", Body=b"other"
    )
    with pytest.raises(AttachmentRefused, match="校验值不符"):
        attachments.read(DIGEST)


def test_a_sweep_takes_what_no_row_names_and_nothing_that_is_not_ours(
    world, bucket
) -> None:
    upload(world)
    files = storage.here()
    nobodys = "1" * 64
    aside = "2" * 64
    for name in (nobodys, f"{aside}.gone"):
        files.put(name, b"x")
    look = stores.client(bucket.endpoint)
    foreign = ["other/1", f"files/11/{nobodys}.txt", "files/readme"]
    for key in foreign:
        look.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    before = stores.objects(bucket)
    stored_files.sweep(datetime.now(UTC), attachments._named)
    assert stores.objects(bucket) == before
    stored_files.sweep(
        datetime.now(UTC) + timedelta(days=2), attachments._named
    )
    assert stores.objects(bucket) == sorted(
        [*foreign, f"files/{DIGEST[:2]}/{DIGEST}"]
    )


def test_a_sweep_and_an_upload_of_the_same_content_lose_nothing(
    world, bucket
) -> None:
    stored_files.write(DIGEST, PDF)

    def meanwhile(digests):
        upload(world)
        return set()

    stored_files.let_go(DIGEST, meanwhile)
    assert attachments.read(DIGEST) == PDF
    stored_files.let_go(DIGEST, attachments._named)
    assert attachments.read(DIGEST) == PDF
    assert stores.objects(bucket) == [f"files/{DIGEST[:2]}/{DIGEST}"]


def test_a_backup_leads_from_one_bucket_into_another(
    world, bucket, new_bucket, tmp_path: Path
) -> None:
    upload(world)
    made = backup.make(tmp_path / "backup", world.now)
    assert (made.attachments, made.missing) == (1, ())
    folder = tmp_path / "restored"
    folder.mkdir()
    there = without_pages(
        settings_for(f"sqlite:///{folder / 'gridflow.sqlite'}", folder)
    )
    other = new_bucket()
    use(other, there)
    with there.app_context():
        restoring.restore(tmp_path / "backup")
        assert attachments.read(DIGEST) == PDF
        with pytest.raises(BackupFailed, match="已经有数据"):
            restoring.restore(tmp_path / "backup")
        db.engine.dispose()
    assert stores.objects(other) == [f"{DIGEST[:2]}/{DIGEST}"]


def test_a_store_that_is_away_is_told_and_changes_nothing(
    world, bucket, tmp_path: Path
) -> None:
    upload(world)
    backup.make(tmp_path / "before", world.now)
    use(NOWHERE)
    with pytest.raises(AttachmentRefused, match=r"暂时不可用.*都还在"):
        upload(world, PDF + b"more")
    with pytest.raises(StorageAway, match="已上传的文件没有丢失"):
        attachments.read(DIGEST)
    with pytest.raises(BackupFailed, match="附件存储暂时不可用"):
        backup.make(tmp_path / "backup", world.now)
    folder = tmp_path / "restored"
    folder.mkdir()
    there = without_pages(
        settings_for(f"sqlite:///{folder / 'gridflow.sqlite'}", folder)
    )
    use(NOWHERE, there)
    with (
        there.app_context(),
        pytest.raises(BackupFailed, match="附件存储暂时不可用"),
    ):
        restoring.restore(tmp_path / "before")
    with there.app_context(), db.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    # The rest of the clock's round goes on.
    assert upkeep.tidy(world.now)
    assert world.rows(sa.select(Attachment.sha256)) == [DIGEST]


def test_a_bucket_that_there_is_not_is_told_as_a_store_that_is_away(
    world, bucket
) -> None:
    use(dataclasses.replace(bucket, name="gridflow-not-there"))
    with pytest.raises(AttachmentRefused, match="附件存储暂时不可用"):
        upload(world)


def test_a_large_file_goes_in_and_comes_out_piece_by_piece_and_never_by_half(
    world, bucket: Bucket, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 10_000
    file = tmp_path / "package.zip"
    file.write_bytes(content)
    folder = FilesOfFolder(tmp_path / "store")
    for store in (storage.here(), folder):
        assert store.chunks("ab" * 32) is None
        store.put_file("ab" * 32, file)
        pieces = list(store.chunks("ab" * 32) or ())
        assert len(pieces) > 1
        assert b"".join(pieces) == content
        assert store.get("ab" * 32) == content
    with pytest.raises(FileNotFoundError):
        folder.put_file("cd" * 32, tmp_path / "away")
    assert [name for name, _at in folder.entries()] == ["ab" * 32]
    use(NOWHERE)
    with pytest.raises(StorageAway):
        storage.here().put_file("ab" * 32, file)
    with pytest.raises(StorageAway):
        storage.here().chunks("ab" * 32)
