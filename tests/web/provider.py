"""A certified OpenID provider that runs beside the tests of single sign-on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "the secret of the tests"
SCRIPT = Path(__file__).with_name("provider.mjs")


@contextmanager
def running(answer: str) -> Iterator[str]:
    """The provider's address until the block ends; it sends browsers back to `answer`."""
    node = shutil.which("node") or "node"
    process = subprocess.Popen(
        [node, str(SCRIPT), answer],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=60)
