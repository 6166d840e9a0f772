"""Records this version's database for the upgrades of later ones: `var/venv/bin/python -m
tests.upgrades.record`.

Zhenjiang with its people at work: cases and applications left at every step, overdue, suspended, withdrawn
and closed, with files, printouts, drafts and a publication. The pages are used as people use them, so that it
runs on any version that has them.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from orchestrator import jobs
from orchestrator.services import jurisdictions
from orchestrator.services.clocks import messages, timers
from orchestrator.services.installation import database
from orchestrator.settings import read_settings
from orchestrator.store.session import db
from tests.upgrades import field_work, kept, later_states
from tests.upgrades.clock import clock_at
from tests.upgrades.officials import forms_of, text_of
from tests.upgrades.people import People

CITY = "zhenjiang"
BPMN = Path(__file__).parents[2] / "bpmn"
MOST_AFTER_REWORK = 8
"""Steps that end a case whose check failed once."""
STEPS = 8
"""A matter is left before each of its steps, up to this one."""
ALONE = {"item_list_compilation": 2}
"""A body runs one of these at a time: procedure → the step before which it is left; earlier ones are over."""

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "case_handling": (
        {"disposal": "report"},
        {"disposal": "handle"},
        {"disposal": "report", "priority": "major"},
    ),
}


class Recording(People):
    """One database being filled, at instants that only go forward."""

    def __init__(self, app: Flask, at: datetime) -> None:
        super().__init__(app, at)
        self.started = 0
        self.proposed: set[str] = set()
        """Items whose exit was proposed: a second proposal of one is refused."""

    # ---- people

    def starters(self) -> dict[str, tuple[str, str]]:
        """Procedure → (username, address) of the first who may start it for a place that has grids below
        it."""
        found: dict[str, tuple[str, str]] = {}
        for row in self.rows(
            "SELECT username FROM person WHERE username LIKE 'zd-%' OR username LIKE 'jk-%'"
            " ORDER BY username LIKE 'zd-%' DESC, id"
        ):
            for address in self.officials.startable(row.username):
                key = address.split("/")[2]
                if not row.username.startswith("jk-") or key not in found:
                    found.setdefault(key, (row.username, address))
        return found

    # ---- matters

    def start(
        self, procedure: str, attach: bool = False, **chosen: Any
    ) -> str:
        username, address = self.starters_known[procedure]
        self.started += 1
        chosen = {"_place": self._grid_below(address), **chosen}
        if procedure in ("grid_adjustment", "grid_division"):
            chosen = {**self._renamed(), **chosen}
        if procedure == "item_admission":
            chosen = {
                "item_name": f"楼道消防巡查第{self.started}项（{self.at:%m月%d日}）",
                **chosen,
            }
        if procedure == "item_list_compilation":
            chosen = {
                "list_kind": "addition",
                "listed_items.0.name": f"沿街商铺用电巡查第{self.started}项",
                **chosen,
            }
        if procedure in ("assignment", "routine_work"):
            # Two grids of the 46, and once a month: each gets a task of every round.
            grids = self.offered(username, address, "grids")[:2]
            chosen = {
                "grid_scope": "chosen",
                "grids": grids,
                "frequency": "month",
                **chosen,
            }
        if procedure == "item_exit":
            item = next(
                each
                for each in self.offered(username, address, "item_id")
                if each not in self.proposed
            )
            self.proposed.add(item)
            chosen = {"item_id": item, **chosen}
        matter = self.officials.start(username, address, attach, **chosen)
        self.relay()
        return matter

    def _grid_below(self, address: str) -> str:
        """Code of the first grid of the body that starts there."""
        (place,) = re.findall(r":(\d+)$", address)
        grids = self.rows(
            "SELECT code FROM grid WHERE code LIKE :code ORDER BY code",
            code=f"{place}%",
        )
        return str(grids[0].code)

    def _renamed(self) -> dict[str, Any]:
        """A grid of the first township under a new name, another grid each time."""
        grids = self.rows(
            "SELECT code, name FROM grid WHERE code LIKE '321102001%' AND kind = 'general' ORDER BY code"
        )
        grid = grids[self.started % len(grids)]
        areas = self.rows(
            "SELECT id FROM grid_area WHERE grid_code = :code ORDER BY id",
            code=grid.code,
        )
        people = self.rows(
            "SELECT DISTINCT username FROM person JOIN membership ON person_id = person.id JOIN "
            "body ON body.id = body_id"
            " WHERE territory_code = :code ORDER BY username",
            code=grid.code,
        )
        return {
            "kind": "rename",
            "source_grids": [grid.code],
            "after.0.name": f"{grid.name[:-4]}和谐网格{self.started}",
            "after.0.kind": "general",
            "after.0.areas": [row.id for row in areas],
            "after.0.members": [row.username for row in people],
        }

    def offered(self, username: str, address: str, name: str) -> list[str]:
        controls = next(
            each
            for _to, each in forms_of(self.officials.page(username, address))
            if name in each
        )
        return [value for value in controls[name].options if value]

    def leave_at_every_step(self) -> None:
        for procedure in self.starters_known:
            for variant in VARIANTS.get(procedure, ({},)):
                for steps in _steps(procedure, range(STEPS)):
                    matter = self.start(
                        procedure, attach=steps % 3 == 1, **variant
                    )
                    if not all(
                        self.step(matter, attach=number % 3 == 0)
                        for number in range(steps)
                    ):
                        break

    def act(self, username: str, address: str, **data: Any) -> None:
        """Presses a button that this version has; what the page says against it is printed."""
        client = self.officials.of(username)
        answer = client.post(address, data=data)
        page = client.get("/").get_data(as_text=True)
        against = re.findall(
            r"alert-danger(?![^>]* hidden)[^>]*>([^<]+)<", page
        )
        assert answer.status_code in (200, 302), (
            address,
            answer.status_code,
            text_of(answer.get_data(as_text=True)),
        )
        if against:
            print(f"  {address}: {against}", file=sys.stderr)


def record(file: Path, at: datetime) -> None:
    """Fills a database and writes it to the file."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            read_settings(
                {
                    "GRIDFLOW_VAR_DIR": folder,
                    "GRIDFLOW_SECRET_KEY": "tests" * 8,
                    "GRIDFLOW_DEMO": "1",
                }
            )
        )
        app.config.update(WTF_CSRF_ENABLED=False)
        # Outside a context: one that is there would be shared by the requests of all people, and with it who
        # is signed in.
        _live(app, at)
        with app.app_context():
            kept.write(db.engine, Path(folder) / "attachments", at, file)
            db.session.remove()
            db.engine.dispose()
    print(f"{file.name}: {file.stat().st_size // 1024} kB", file=sys.stderr)


def _live(app: Flask, at: datetime) -> None:
    long_ago = at - timedelta(days=60)
    with clock_at(long_ago):
        with app.app_context():
            database.upgrade()
            jurisdictions.load(
                BPMN / CITY, now=long_ago - timedelta(days=1), demo=True
            )
        then = Recording(app, long_ago)
        then.starters_known = then.starters()
        for procedure in then.starters_known:
            for steps in _steps(procedure, range(3)):
                matter = then.start(procedure)
                for _ in range(STEPS if procedure in ALONE else steps):
                    then.step(matter)
    for days in (50, 20, 0):
        with app.app_context():
            timers.fire_due(at - timedelta(days=days))
            messages.relay(at - timedelta(days=days))
    with clock_at(at):
        now = Recording(app, at)
        now.starters_known, now.proposed = now.starters(), then.proposed
        now.leave_at_every_step()
        acts(now)
        with app.app_context(), later_states.few_reviews():
            for chore in (*jobs.FIRING, *jobs.CHORES):
                jobs.do(chore, at)
        later_states.appeal(now, now.act)
        later_states.reviews(now)
        later_states.days_of_a_place(now, CITY)
        now.relay()


def _steps(procedure: str, many: range) -> Iterable[int]:
    """The steps before which matters of the procedure are left."""
    return (ALONE[procedure],) if procedure in ALONE else many


def acts(now: Recording) -> None:
    """What is done beside the tasks, on matters of their own; a version that has no such button goes
    without."""
    rules = {rule.rule for rule in now.app.url_map.iter_rules()}
    withdrawn = now.start("case_handling", disposal="report")
    now.act(
        now.starters_known["case_handling"][0],
        f"/instance/{withdrawn}/cancel",
        reason="重复登记",
    )
    for action in ("claim", "delegate"):
        matter = now.start("case_handling", disposal="report")
        (task,) = now.open_tasks(matter)
        colleagues = now.rows(
            "SELECT id FROM person WHERE username = 'zd-wgb2'"
        )
        now.act("zd-wgb", f"/task/{task.id}/claim")
        if action == "delegate":
            now.act(
                "zd-wgb",
                f"/task/{task.id}/delegate",
                to=colleagues[0].id,
                reason="请协助核实",
            )
    if "/deadline/<deadline_id>/<action>" in rules:
        until = (now.at + timedelta(days=20)).date().isoformat()
        for action, more in (
            ("suspend", {"review_on": until}),
            ("extend", {"amount": 2, "unit": "working_days"}),
        ):
            matter = now.start("case_handling", disposal="report")
            now.step(matter)
            now.act(
                "zd-wgb",
                f"/deadline/{now.open_tasks(matter)[0].id}/{action}",
                reason="等待鉴定",
                **more,
            )
    watched = now.start("case_handling", disposal="report")
    now.step(watched)
    if "/instance/<instance_id>/oversee/<action>" in rules:
        now.act(
            "jk-wgb", f"/instance/{watched}/oversee/urge", reason="请尽快办理"
        )
        now.act(
            "zd-wgb",
            f"/instance/{now.start('case_handling', disposal='report')}/oversee/void",
            reason="误报",
        )
    if "/dossier/<instance_id>/print" in rules:
        now.act("zd-wgb", f"/dossier/{watched}/print")
    _without_a_body(now)
    _kept_by_people(now, rules)
    if "/task/<task_id>/<action>" in rules:
        matter = now.start("case_handling", disposal="report")
        field_work.leave(now, now.act, matter)
    later_states.directory(now, CITY)
    for steps in (0, 1, MOST_AFTER_REWORK):
        case = now.start("case_handling", disposal="report")
        later_states.rework(now, case, steps)
    later_states.archive(now, now.act, CITY)
    if "/design/open/<process_key>" in rules:
        _design(now)


def _kept_by_people(now: Recording, rules: set[str]) -> None:
    """What people keep for themselves and for their deputies, and a task that somebody signed beside its
    holder."""
    days = [
        (now.at + timedelta(days=ahead)).date().isoformat()
        for ahead in (20, 25)
    ]
    away = {
        "absent": "zd-wgb",
        "deputy": "zd-wgb2",
        "first": days[0],
        "last": days[1],
    }
    for address, data in (
        ("/absences", away),
        ("/phrases", {"text": "情况属实，请尽快办理"}),
        ("/views/save", {"name": "最急的", "_query": "sort=due"}),
    ):
        if address in rules:
            now.act("zd-wgb", address, **data)
    if "/signing/<task_id>/add" in rules:
        (task,) = now.open_tasks(now.start("case_handling", disposal="report"))
        asked = {
            "signers": "zd-wgb2",
            "turn": "before",
            "way": "all",
            "reason": "请先看",
        }
        now.act("zd-wgb", f"/signing/{task.id}/add", **asked)
        now.act(
            "zd-wgb2",
            f"/signing/{task.id}/sign",
            answer="agree",
            opinion="同意",
        )


def _without_a_body(now: Recording) -> None:
    """A department is not there when a case is assigned to it: an incident. Afterwards it is there again."""
    matter = now.start("case_handling", disposal="report")
    (task,) = now.open_tasks(matter)
    department = now.offered("zd-wgb", f"/task/{task.id}", "lead_department")[
        0
    ]
    role = department.split(":")[1]
    now.write("UPDATE body SET role = 'away' WHERE role = :role", role=role)
    try:
        now.officials.do(
            "zd-wgb",
            f"/task/{task.id}",
            decision="assign",
            lead_department=department,
        )
    except AssertionError:
        # This version takes nobody's choice of a department that is not there.
        print("  no incident: the choice was refused", file=sys.stderr)
    now.write("UPDATE body SET role = :role WHERE role = 'away'", role=role)


def _design(now: Recording) -> None:
    """A draft that stays open, and one that is published and taken by a new matter."""
    now.act("designer", "/design/open/item_exit")
    now.act("designer", "/design/open/case_handling")
    drafts = now.rows(
        "SELECT id, process_key, base_definition_id FROM draft ORDER BY id"
    )
    for row in drafts:
        (diagram,) = now.rows(
            "SELECT content FROM resource JOIN deployment_resource USING (sha256)"
            " JOIN process_definition USING (deployment_id)"
            " WHERE process_definition.id = :id AND deployment_resource.name = resource_name",
            id=row.base_definition_id,
        )
        text = (
            bytes(diagram.content)
            .decode()
            .replace(
                "targetNamespace=", "xmlns:kept='kept' targetNamespace=", 1
            )
        )
        sent = {
            "name": f"{row.process_key}.bpmn",
            "text": text,
            "diagram": text,
            "comment": "试改",
            "revision": 1,
        }
        answer = now.officials.of("designer").post(
            f"/design/{row.id}/save", json=sent
        )
        print(
            "   save", answer.status_code, answer.get_json(), file=sys.stderr
        )
    now.act("designer", f"/design/{drafts[1].id}/publish", remark="试改")
    now.start("case_handling", disposal="report")


if __name__ == "__main__":
    record(
        Path(sys.argv[1]),
        datetime.fromisoformat(sys.argv[2])
        if len(sys.argv) > 2
        else datetime.now(UTC),
    )
