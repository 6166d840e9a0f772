"""Attachments as objects of an S3-compatible store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from orchestrator.errors import StorageAway
from orchestrator.storage_settings import Bucket

LATELY = timedelta(hours=12)
"""An object that is older is written again rather than renewed: a sweep takes those of a day."""
PIECE = 1024 * 1024
"""Bytes that are read at a time."""
_OURS = re.compile(r"[0-9a-f]{64}(\.gone)?")
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


class ObjectsOfBucket:
    """A storage that is a bucket, or a part of one; storage.Storage says what each method does.

    A store of this kind shows every process what another has written before its answer came. That is said of
    AWS, Ceph and MinIO alike.
    """

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.client = boto3.session.Session().client(
            "s3",
            endpoint_url=bucket.endpoint,
            region_name=bucket.region,
            aws_access_key_id=bucket.access_key,
            aws_secret_access_key=bucket.secret_key,
            config=Config(
                signature_version="s3v4",
                # A name of the store's own, an address or a port needs no entry for each bucket.
                s3={"addressing_style": "path"},
                connect_timeout=3,
                read_timeout=15,
                retries={"total_max_attempts": 2, "mode": "standard"},
                # Older servers do not know the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def has(self, name: str) -> bool:
        with _failures_explained():
            return self._answer(self.client.head_object, name) is not None

    def renew(self, name: str) -> bool:
        with _failures_explained():
            result = self._answer(self.client.head_object, name)
        if result is None:
            return False
        # Both instants are the store's own.
        asked = result["ResponseMetadata"]["HTTPHeaders"].get("date")
        if asked is None:
            return False
        changed: datetime = result["LastModified"]
        return parsedate_to_datetime(asked) - changed < LATELY

    def put(self, name: str, content: bytes) -> None:
        with _failures_explained():
            self.client.put_object(**self._named(name), Body=content)

    def put_file(self, name: str, file: Path) -> None:
        with _failures_explained():
            self.client.upload_file(
                str(file), self.bucket.name, self._key(name)
            )

    def chunks(self, name: str) -> Iterator[bytes] | None:
        with _failures_explained():
            result = self._answer(self.client.get_object, name)
        if result is None:
            return None
        return _pieces(result["Body"])

    def get(self, name: str) -> bytes | None:
        with _failures_explained():
            result = self._answer(self.client.get_object, name)
            if result is None:
                return None
            content: bytes = result["Body"].read()
            return content

    def move(self, name: str, to: str) -> bool:
        with _failures_explained():
            source = self._named(name)
            copied = self._answer(
                self.client.copy_object, to, CopySource=source
            )
            if copied is None:
                return False
            self.client.delete_object(**source)
            return True

    def remove(self, name: str) -> None:
        with _failures_explained():
            self.client.delete_object(**self._named(name))

    def entries(self) -> Iterator[tuple[str, datetime]]:
        """Only what has a name that this product gives: the bucket may hold other things."""
        pages = self.client.get_paginator("list_objects_v2")
        with _failures_explained():
            for page in pages.paginate(
                Bucket=self.bucket.name, Prefix=self.bucket.prefix
            ):
                for content in page.get("Contents", ()):
                    name = content["Key"].rpartition("/")[2]
                    if (
                        _OURS.fullmatch(name)
                        and self._key(name) == content["Key"]
                    ):
                        yield name, content["LastModified"].astimezone(UTC)

    def _key(self, name: str) -> str:
        return f"{self.bucket.prefix}{name[:2]}/{name}"

    def _named(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket.name, "Key": self._key(name)}

    def _answer(self, ask: Any, name: str, **more: Any) -> Any:
        """The store's answer; None where it has no such object."""
        try:
            return ask(**self._named(name), **more)
        except ClientError as refused:
            if refused.response["Error"].get("Code") in _ABSENT:
                return None
            raise


@contextmanager
def _failures_explained() -> Iterator[None]:
    """Raises StorageAway for whatever the store, or the way to it, refuses."""
    try:
        yield
    except (BotoCoreError, ClientError, S3UploadFailedError) as reason:
        raise StorageAway(str(reason)) from reason


def _pieces(body: Any) -> Iterator[bytes]:
    with _failures_explained():
        yield from body.iter_chunks(PIECE)
