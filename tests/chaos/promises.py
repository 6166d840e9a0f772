"""What must hold after everything broke, compared with the visitors' ledger."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import Attachment
from tests.chaos.visitors import Ledger


@dataclass(frozen=True)
class Findings:
    """What was counted, and what was broken; each broken list must be empty."""

    timers_fired: int
    attachments: int
    entries: int
    broken: dict[str, Sequence[Any]]

    @property
    def kept(self) -> bool:
        return not any(self.broken.values())


def await_timers(seconds: float) -> None:
    """Until no timer that is due waits any more, or so long."""
    # Connections of before the blows are dead.
    db.engine.dispose()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction(writing=False) as session:
            waiting = session.scalar(
                sa.select(sa.func.count())
                .select_from(TimerJob)
                .where(TimerJob.state == "planned")
            )
        if not waiting:
            return
        time.sleep(0.5)


def compare(ledger: Ledger, var: Path) -> Findings:
    """The rows beside the ledger."""
    with transaction(writing=False) as session:
        entries = session.scalars(sa.select(HistoryEntry)).all()
        timers = session.scalars(sa.select(TimerJob)).all()
        files = session.scalars(
            sa.select(Attachment.sha256).where(
                Attachment.instance_id.is_not(None)
            )
        ).all()
    starts = _submitted(entries, "started", "subject")
    opinions = _submitted(entries, "user-task-completed", "opinion")
    fired_entries = Counter(
        entry.instance_id for entry in entries if entry.kind == "timer-fired"
    )
    fired = [timer for timer in timers if timer.state == "fired"]
    in_history = {entry.instance_id for entry in entries}
    second = timedelta(seconds=1)
    broken: dict[str, Sequence[Any]] = {
        "acknowledged starts lost": sorted(ledger.started.keys() - starts),
        "starts doubled": _doubled(starts),
        "starts of nobody": sorted(starts.keys() - ledger.wanted),
        "acknowledged instances without history": sorted(
            set(ledger.started.values()) - in_history
        ),
        "acknowledged completions lost": sorted(
            ledger.completed.keys() - opinions
        ),
        "completions doubled": _doubled(opinions),
        "completions of nobody": sorted(opinions.keys() - ledger.wanted),
        "timers not fired": [
            timer.id for timer in timers if timer.state == "planned"
        ],
        "timers fired twice": [
            timer.id
            for timer in fired
            if timer.fired_count != 1 or fired_entries[timer.instance_id] != 1
        ],
        "timers fired early or at a wrong time": [
            timer.id
            for timer in fired
            if timer.fired_at < timer.due_at
            or timer.lag_ms > timedelta(hours=1) / second * 1000
        ],
        "attachments without their file": [
            digest
            for digest in files
            if not (var / "attachments" / digest[:2] / digest).exists()
        ],
        "broken histories": history.verify(),
        "error pages that are not ours": ledger.strange,
    }
    return Findings(len(fired), len(files), len(entries), broken)


def _submitted(
    entries: Sequence[HistoryEntry], kind: str, field: str
) -> Counter[str]:
    found = [
        entry.data.get("submitted", {}).get(field)
        for entry in entries
        if entry.kind == kind
    ]
    return Counter(text for text in found if text)


def _doubled(counted: Counter[str]) -> list[str]:
    return [text for text, count in counted.items() if count > 1]
