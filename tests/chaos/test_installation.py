"""A short stretch of `./gridflow chaos`: what was acknowledged is there, once, whatever was killed."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.__main__ import play


def test_what_was_acknowledged_is_kept_while_everything_is_killed(
    tmp_path: Path,
) -> None:
    """Takes its seconds to start real servers with fsync; nothing else strikes them all at once."""
    ledger, dealt, findings = play(5, 11, tmp_path, standby=False)
    assert dealt.total() and ledger.started
    assert {
        name: found for name, found in findings.broken.items() if found
    } == {}
