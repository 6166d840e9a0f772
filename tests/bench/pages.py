"""Pages in a database of very many process instances: time, processor, statements, and what their plans go
through; beside them the same pages with few, and an instance with a long history beside a short one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from orchestrator.services import user_tasks
from orchestrator.services.figures import counting
from orchestrator.store.inbox_order import SORTS
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.bench.asked import Cost, cost_of, outside
from tests.bench.city import GRID, NOW, TRIAGE, new_case, open_task, person
from tests.bench.copies import analyse, copy, lengthen

Figure = tuple[str, float, str]
OFFICE = "zd-wgb"
MEMBER = "zd-wgy5"
"""Sees none of the cases."""
PLACE = "321100/321102/321102001/"
COUNTERS = ("overdue", "today", "week", "new", "claimed", "aside", "others")
BEHIND_FIGURES = (
    "registered",
    "open",
    "closed",
    "overdue",
    "today",
    "late",
    "first_time",
)
CASES = {
    "open": "?state=open",
    "void": "?state=void",
    "major": "?priority=major",
    "overdue": "?overdue=1",
    "of_level": "?level=county",
    "with_word": "?q=楼道",
}


def pages(app: Flask, item: str, many: int, long: int) -> Iterator[Figure]:
    """Milliseconds of each page with `many` process instances and their ratio to few; the same for a history
    of `long` entries."""
    app.config["WTF_CSRF_ENABLED"] = False
    office = person(OFFICE)
    case = new_case(0, person("zd-wgy1"), item)
    user_tasks.complete(open_task(case), TRIAGE, office, NOW)
    counting.settle(NOW)
    places = _places(case, _task_of(case))
    clients = {
        name: _signed_in(app, name) for name in (OFFICE, MEMBER, "admin", "")
    }
    analyse()
    few = _costs(clients, places)
    copy(case, many)
    for name, cost in _costs(clients, places).items():
        yield f"page_{name}_ms", cost.wall_ms, _words(cost, few[name], many)
    lengthen(case, long)
    for name in ("matter", "dossier"):
        username, path = places[name]
        cost = cost_of(clients[username], path)
        yield (
            f"long_{name}_over_short",
            cost.wall_ms / few[name].wall_ms,
            f"page with {long:,} history entries over one with a few ({cost.wall_ms:.0f} ms)",
        )


def _places(case: str, task: str) -> dict[str, tuple[str, str]]:
    """Page → (who opens it, its address)."""
    of_office = {
        "matter": f"/instance/{case}",
        "task": f"/task/{task}",
        "dossier": f"/dossier/{case}",
        "home": "/home",
        "inbox": "/",
        "inbox_of_procedure": "/?process=case_handling",
        "inbox_with_word": "/?q=楼道",
        "colleagues": "/colleagues",
        "done": "/done",
        "started": "/started",
        "copies": "/copies",
        "cases": "/cases",
        "case_map": "/cases/map",
        "grids": "/grids",
        "grid": f"/grids/{GRID}",
        "items": "/items",
        "figures": "/figures/",
        "figures_wall": "/figures/wall",
    }
    of_office |= {f"inbox_{kind}": f"/?due={kind}" for kind in COUNTERS}
    for by in SORTS:
        of_office[f"inbox_by_{by}"] = f"/?sort={by}"
        of_office[f"inbox_by_{by}_down"] = f"/?sort=-{by}"
    for name, query in CASES.items():
        of_office[f"cases_{name}"] = f"/cases{query}"
    for measure in BEHIND_FIGURES:
        of_office[f"figure_{measure}"] = (
            f"/figures/cases?measure={measure}&place={PLACE}"
        )
    places = {name: (OFFICE, path) for name, path in of_office.items()}
    for name in ("cases", "case_map", "home"):
        places[f"members_{name}"] = (MEMBER, of_office[name])
    places["administration"] = ("admin", "/admin/")
    places["public_grid"] = ("", f"/public/zhenjiang/grids/{GRID}")
    places["public_items"] = ("", "/public/zhenjiang/items/321102")
    return places


def _costs(
    clients: dict[str, FlaskClient], places: dict[str, tuple[str, str]]
) -> dict[str, Cost]:
    return {
        name: cost_of(clients[username], path)
        for name, (username, path) in places.items()
    }


def _words(cost: Cost, few: Cost, many: int) -> str:
    ratio = cost.wall_ms / few.wall_ms
    return (
        f"ms with {many:,} process instances, {ratio:.2f} of the time with few; goal ≤ 40; "
        f"program {cost.cpu_ms:.1f} ms of the processor; "
        f"{cost.statements} statements took {cost.sql_ms:.1f} ms, "
        f"the database {cost.plans}; load average {os.getloadavg()[0]:.1f}"
    )


def _task_of(case: str) -> str:
    with transaction() as session:
        return session.scalars(
            sa.select(UserTask.id).where(
                UserTask.instance_id == case, UserTask.state == "open"
            )
        ).one()


def _signed_in(app: Flask, username: str) -> FlaskClient:
    """A browser of that person; of nobody for an empty name."""
    client = app.test_client()
    if username:
        outside(
            client.post,
            "/sign-in",
            data={"username": username, "password": "gridflow"},
        )
    return client
