"""Uploads are shown to the scanner of GRIDFLOW_CLAMD before they are kept: ClamAV's daemon, by its command
INSTREAM (docs.clamav.net, `clamd`)."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from orchestrator.errors import AttachmentRefused
from orchestrator.sentences import say
from orchestrator.services.installation.database import settings

SECONDS = 30
"""How long the scanner may take for a file, from the first byte to the verdict."""
PIECE = 64 * 1024
LONGEST_ANSWER = 1_000
"""Bytes that are read of it."""
_LOG = logging.getLogger("gridflow.attachments")


def require_clean(content: bytes, filename: str) -> None:
    """Raises AttachmentRefused for a file in which the scanner finds something, and, since an unchecked file
    is not kept, where it does not answer. Does nothing where no scanner is set."""
    place = settings().clamd
    if not place:
        return
    try:
        verdict = _asked(place, content)
    except OSError as failure:
        verdict = f"{type(failure).__name__}: {failure}"
    if verdict == "stream: OK":
        return
    _LOG.warning("the scanner on an upload: %s", verdict)
    if verdict.endswith(" FOUND"):
        raise AttachmentRefused(
            filename,
            say(
                "“{name}”里发现了病毒或恶意代码，没有保存。请先在自己的电脑上查杀",
                name=filename,
            ),
        )
    if verdict.endswith(" ERROR"):
        raise AttachmentRefused(filename, _unchecked(filename, verdict))
    raise AttachmentRefused(
        filename,
        say(
            "病毒检查服务没有应答，“{name}”没有保存。请几分钟后重新上传，或告诉管理员",
            name=filename,
        ),
    )


def _unchecked(name: str, verdict: str) -> str:
    """Why the scanner, which did answer, has not checked the file."""
    if "size limit" in verdict:
        return say(
            "“{name}”超过病毒检查服务能检查的大小，没有保存。请压缩或拆分后上传，或告诉管理员",
            name=name,
        )
    return say(
        "病毒检查服务没有查成“{name}”，没有保存。请告诉管理员", name=name
    )


def _asked(place: str, content: bytes) -> str:
    """What the scanner says of the content."""
    until = monotonic() + SECONDS
    with _connected(place) as scanner:
        # It answers and closes as soon as the content is too large for it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            scanner.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                _allow(scanner, until)
                scanner.sendall(len(piece).to_bytes(4, "big") + piece)
            scanner.sendall(bytes(4))
        answer = b""
        while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
            _allow(scanner, until)
            more = scanner.recv(LONGEST_ANSWER)
            if not more:
                break
            answer += more
    return answer.partition(b"\0")[0].decode("utf-8", "replace")


def _allow(scanner: socket.socket, until: float) -> None:
    """What it does next may take the seconds that are left. Raises TimeoutError for none."""
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError(f"no verdict within {SECONDS} s")
    scanner.settimeout(left)


@contextmanager
def _connected(place: str) -> Iterator[socket.socket]:
    if place.startswith("/"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as scanner:
            scanner.settimeout(SECONDS)
            scanner.connect(place)
            yield scanner
    else:
        host, _colon, port = place.rpartition(":")
        address = (host.strip("[]"), int(port))
        with socket.create_connection(address, SECONDS) as scanner:
            yield scanner
