"""Running instances of the recorded databases that stand alike: many versions were recorded one after the
other with the same diagrams. Instances of one kind may differ in planned timers, subscriptions and deadlines
of open tasks: of 1,845 instances 319 have some that no played instance of their kind has."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.upgrades import kept, versions

Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """What an instance that goes on reads of what was written before, but for its planned timers,
    subscriptions and open tasks' deadlines."""

    procedure: str
    frozen: frozenset[tuple[str, str]]
    """Name and sum of each diagram, form, table and profile of its deployment."""
    state_version: int
    steps: tuple[tuple[str, bool], ...]
    """Open steps, and whether nobody holds them."""
    incidents: tuple[str, ...]
    related: bool
    """It is about another instance, or one that runs is about it."""


def to_play(name: str) -> set[str]:
    """Ids of the recorded version's instances that are brought to their end: of those of one kind the first,
    where no earlier version has the kind, and at least one of each procedure. Where one that is related to
    others is among them, all these are."""
    standing = _standing(name)
    earlier = {
        kind
        for before in versions.RECORDED[: versions.RECORDED.index(name)]
        for kind in _standing(before).values()
    }
    first: dict[Kind, str] = {}
    of_procedure: dict[str, str] = {}
    for instance, kind in standing.items():
        first.setdefault(kind, instance)
        of_procedure.setdefault(kind.procedure, instance)
    chosen = {
        instance for kind, instance in first.items() if kind not in earlier
    }
    seen = {standing[instance].procedure for instance in chosen}
    chosen |= {
        instance
        for procedure, instance in of_procedure.items()
        if procedure not in seen
    }
    if any(standing[instance].related for instance in chosen):
        chosen |= {key for key, kind in standing.items() if kind.related}
    return chosen


@cache
def _standing(name: str) -> Mapping[str, Kind]:
    """Id of each running instance, in their order → its kind."""
    tables = kept.read(kept.DATABASES / f"{name}.json.gz")["tables"]
    instances = sorted(_rows(tables, "process_instance"), key=_id)
    running = [row for row in instances if row["state"] == "active"]
    about = {row.get("about_id") for row in running}
    deployed = {
        row["id"]: row["deployment_id"]
        for row in _rows(tables, "process_definition")
    }
    frozen, steps, incidents = (
        defaultdict[Any, set[tuple[str, str]]](set),
        defaultdict[str, list[tuple[str, bool]]](list),
        defaultdict[str, list[str]](list),
    )
    for row in _rows(tables, "deployment_resource"):
        frozen[row["deployment_id"]].add((row["name"], row["sha256"]))
    for row in _rows(tables, "user_task"):
        if row["state"] == "open":
            step = row["element_id"], row["assignee_id"] is None
            steps[row["instance_id"]].append(step)
    for row in _rows(tables, "incident"):
        if row["state"] == "open":
            incidents[row["instance_id"]].append(row["kind"])
    return {
        row["id"]: Kind(
            row["process_key"],
            frozenset(frozen[deployed[row["definition_id"]]]),
            json.loads(kept.bytes_of(row["engine_state"]))["v"],
            tuple(sorted(steps[row["id"]])),
            tuple(sorted(incidents[row["id"]])),
            bool(row.get("about_id")) or row["id"] in about,
        )
        for row in running
    }


def _rows(tables: Mapping[str, Any], name: str) -> Iterator[Row]:
    for row in tables[name]["rows"]:
        yield dict(zip(tables[name]["columns"], row, strict=True))


def _id(row: Row) -> str:
    return str(row["id"])
