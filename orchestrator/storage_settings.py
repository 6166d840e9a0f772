"""The settings of an S3-compatible store for the attachments, and of the scanner that sees them before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.errors import SettingInvalid
from orchestrator.sentences import joined, say

NEEDED = (
    "GRIDFLOW_S3_ENDPOINT",
    "GRIDFLOW_S3_BUCKET",
    "GRIDFLOW_S3_ACCESS_KEY",
    "GRIDFLOW_S3_SECRET_KEY",
)
"""All of them, or none."""
_SCANNER = re.compile(r"/\S+|(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})")
_PREFIX = re.compile(r"[A-Za-z0-9._/-]*")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the attachments are kept, and the keys to it."""

    endpoint: str
    name: str
    access_key: str
    secret_key: str = field(repr=False)
    prefix: str
    """Stands before every name; ends with `/` unless it is empty."""
    region: str


def bucket(given: Mapping[str, str]) -> Bucket | None:
    """The bucket; None where attachments are files of the var directory. Raises SettingInvalid."""
    missing = [name for name in NEEDED if not given[name].strip()]
    if len(missing) == len(NEEDED):
        return None
    if missing:
        raise SettingInvalid(
            say(
                "附件存到 S3 兼容存储时，还要设置 {listed}；附件存在数据目录时，这几项都留空",
                listed=joined("、", missing),
            ),
        )
    endpoint, name, access_key, secret_key = (
        given[value].strip() for value in NEEDED
    )
    if not endpoint.startswith(("http://", "https://")):
        raise SettingInvalid(
            say(
                "GRIDFLOW_S3_ENDPOINT 应以 http:// 或 https:// 开头，现为“{endpoint}”",
                endpoint=endpoint,
            ),
        )
    prefix = given["GRIDFLOW_S3_PREFIX"].strip().strip("/")
    if not _PREFIX.fullmatch(prefix):
        raise SettingInvalid(
            say(
                "GRIDFLOW_S3_PREFIX 只能用字母、数字和 . _ - /，现为“{prefix}”",
                prefix=prefix,
            ),
        )
    if prefix:
        prefix = f"{prefix}/"
    region = given["GRIDFLOW_S3_REGION"].strip() or "us-east-1"
    return Bucket(
        endpoint.rstrip("/"),
        name,
        access_key,
        secret_key,
        prefix,
        region,
    )


def scanner(text: str) -> str:
    """The scanner's socket file or `host:port`; empty: there is none. Raises SettingInvalid."""
    place = text.strip()
    known = _SCANNER.fullmatch(place)
    if place and (not known or not 0 < int(known[1] or 1) < 65_536):
        raise SettingInvalid(
            say(
                "GRIDFLOW_CLAMD 应为套接字文件或“主机:端口”，如 /run/clamav/clamd.ctl、127.0.0.1:3310，"
                "现为“{place}”",
                place=place,
            ),
        )
    return place
