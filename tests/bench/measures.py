"""The measurements, each a generator of (key, value, words)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from multiprocessing import get_context

import sqlalchemy as sa

from orchestrator.services import user_tasks
from orchestrator.services.clocks import timers
from orchestrator.store.registers import ServiceItem
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import TimerJob
from tests.bench.city import (
    HANDLED,
    NOW,
    REWORK,
    TENANT,
    TRIAGE,
    city,
    new_case,
    open_task,
    person,
)
from tests.bench.crowd import crowd
from tests.bench.inbox import inbox_figures
from tests.bench.pages import pages
from tests.bench.peers import peers
from tests.bench.plain import plain_psycopg, spending
from tests.bench.sign_ins import sign_ins
from tests.bench.staff_lists import staff_lists

Figure = tuple[str, float, str]


SECTIONS = (
    "completions",
    "processes",
    "rounds",
    "statements",
    "bytes",
    "form",
    "timers",
    "inbox",
)
SECTIONS += ("sign-ins", "staff-list", "pages", "crowd")
PEERS = "peers"
"""A section that is measured where it is asked for alone: it installs what others wrote."""


def measure(
    quick: bool, chosen: Collection[str] = SECTIONS
) -> Iterator[Figure]:
    """The figures of the chosen sections, in the order of the table."""
    with city() as app:
        item, uri = _an_item(), str(app.config["SQLALCHEMY_DATABASE_URI"])
        people = {"member": person("zd-wgy1"), "office": person("zd-wgb")}
        sections: dict[str, Callable[[], Iterator[Figure]]] = {
            "completions": lambda: _completions(
                people, item, 150 if quick else 600
            ),
            "processes": lambda: _two_processes(
                uri, people, item, 160 if quick else 640
            ),
            "rounds": lambda: _rounds(people, item, 100 if quick else 1_000),
            "statements": lambda: _statements(people, item),
            "bytes": lambda: _bytes(people, item),
            "form": lambda: _form_page(app, item, 40 if quick else 150),
            "timers": lambda: _timers(
                people, item, 1_000 if quick else 10_000
            ),
            "inbox": lambda: inbox_figures(
                people, item, 100_000 if quick else 1_000_000
            ),
            "sign-ins": lambda: sign_ins(app, 60 if quick else 200),
            "staff-list": lambda: staff_lists(
                person("admin"), 300 if quick else 3_000
            ),
            "pages": lambda: pages(
                app,
                item,
                20_000 if quick else 200_000,
                1_000 if quick else 10_000,
            ),
            "crowd": lambda: crowd(
                app, 20 if quick else 200, 30 if quick else 300, item
            ),
            PEERS: lambda: _beside_peers(people, item, 100 if quick else 400),
        }
        for name in (*SECTIONS, PEERS):
            if name in chosen:
                yield from sections[name]()


def _an_item() -> str:
    with transaction() as session:
        query = sa.select(ServiceItem.id).where(
            ServiceItem.territory_code == "321102"
        )
        return session.scalars(query.order_by(ServiceItem.id).limit(1)).one()


def _work(case: str, people: dict[str, int], step: int) -> None:
    """One completion of the rework loop: handle, verify, handle…"""
    by, data = (
        (people["office"], HANDLED)
        if step % 2 == 0
        else (people["member"], REWORK)
    )
    user_tasks.complete(open_task(case), data, by, NOW)


def _ready_case(number: int, people: dict[str, int], item: str) -> str:
    case = new_case(number, people["member"], item)
    user_tasks.complete(open_task(case), TRIAGE, people["office"], NOW)
    return case


def _completions(
    people: dict[str, int], item: str, count: int
) -> Iterator[Figure]:
    cases = [_ready_case(number, people, item) for number in range(count)]
    tasks = [open_task(case) for case in cases]
    for task in tasks[:20]:
        user_tasks.complete(task, HANDLED, people["office"], NOW)
    with spending() as spent:
        for task in tasks[20:]:
            user_tasks.complete(task, HANDLED, people["office"], NOW)
    plain = plain_psycopg(cases[20:])
    rest = count - 20
    yield (
        "completion_rate",
        rest / spent.wall,
        "completions/s through the service, one client",
    )
    yield (
        "completion_ratio_to_psycopg",
        plain.wall / spent.wall,
        f"of a plain psycopg transaction writing the same rows ({rest / plain.wall:,.0f}/s); goal ≥ 0.65",
    )
    yield (
        "completion_cpu_ms",
        spent.cpu / rest * 1_000,
        f"processor of a completion, ms; {spent.server / rest * 1_000:.2f} of it the database's",
    )
    yield (
        "completion_cpu_ratio",
        plain.cpu / spent.cpu,
        f"of the plain transaction's processor time ({plain.cpu / rest * 1_000:.2f} ms, "
        f"{plain.server / rest * 1_000:.2f} of it the database's), which no other load changes; goal ≥ 0.65",
    )


def _beside_peers(
    people: dict[str, int], item: str, count: int
) -> Iterator[Figure]:
    cases = [_ready_case(number, people, item) for number in range(count + 20)]
    tasks = [open_task(case) for case in cases]
    for task in tasks[:20]:
        user_tasks.complete(task, HANDLED, people["office"], NOW)
    with spending() as spent:
        for task in tasks[20:]:
            user_tasks.complete(task, HANDLED, people["office"], NOW)
    yield from peers(db.engine.url, spent.cpu / count, count)


def _client(url: str, tasks: list[str], by: int, gate: object) -> None:
    from app import create_app
    from orchestrator.settings import read_settings

    app = create_app(
        read_settings(
            {"GRIDFLOW_DATABASE_URL": url, "GRIDFLOW_VAR_DIR": "/tmp"}
        )
    )
    with app.app_context():
        user_tasks.complete(tasks.pop(), HANDLED, by, NOW)
    gate.wait()  # type: ignore[attr-defined]

    def work(mine: list[str]) -> None:
        with app.app_context():
            for task in mine:
                user_tasks.complete(task, HANDLED, by, NOW)

    threads = [
        threading.Thread(target=work, args=(tasks[number::8],))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _two_processes(
    url: str, people: dict[str, int], item: str, count: int
) -> Iterator[Figure]:
    tasks = [
        open_task(_ready_case(number, people, item))
        for number in range(count + 2)
    ]
    context = get_context("spawn")
    gate = context.Barrier(3)
    halves = tasks[0::2], tasks[1::2]
    url = db.engine.url.render_as_string(hide_password=False)
    workers = [
        context.Process(
            target=_client, args=(url, half, people["office"], gate)
        )
        for half in halves
    ]
    for worker in workers:
        worker.start()
    gate.wait()
    begin = time.perf_counter()
    for worker in workers:
        worker.join()
    yield (
        "completion_rate_2x16",
        count / (time.perf_counter() - begin),
        "completions/s, two processes, 16 clients",
    )


def _rounds(people: dict[str, int], item: str, last: int) -> Iterator[Figure]:
    case = _ready_case(0, people, item)
    cpu: dict[int, float] = {}
    for number in range(last):
        before = time.process_time()
        _work(case, people, 0)
        _work(case, people, 1)
        cpu[number + 1] = time.process_time() - before
    first = sorted(cpu[n] for n in range(2, 12))[5]
    hundredth = sorted(cpu[n] for n in range(90, 100))[5]
    final = sorted(cpu[n] for n in range(last - 10, last))[5]
    yield (
        "round_100_over_round_1",
        hundredth / first,
        "CPU of rework round 100 over round 1; goal ≤ 1.2",
    )
    yield (
        "round_1000_over_round_1",
        final / first,
        f"CPU of rework round {last:,} over round 1; goal ≤ 1.2",
    )


def _statements(people: dict[str, int], item: str) -> Iterator[Figure]:
    case = _ready_case(0, people, item)
    task = open_task(case)
    counts = {"statements": 0, "commits": 0}

    def statement(*_: object) -> None:
        counts["statements"] += 1

    def commit(*_: object) -> None:
        counts["commits"] += 1

    sa.event.listen(db.engine, "before_cursor_execute", statement)
    sa.event.listen(db.engine, "commit", commit)
    user_tasks.complete(task, HANDLED, people["office"], NOW)
    sa.event.remove(db.engine, "before_cursor_execute", statement)
    sa.event.remove(db.engine, "commit", commit)
    yield (
        "statements_per_completion",
        counts["statements"],
        "SQL statements; goal ≤ 12",
    )
    yield "commits_per_completion", counts["commits"], "goal 1"


def _bytes(people: dict[str, int], item: str) -> Iterator[Figure]:
    case = _ready_case(0, people, item)
    yield "bytes_running", _size(case), "bytes of a running case's rows"
    user_tasks.complete(open_task(case), HANDLED, people["office"], NOW)
    user_tasks.complete(
        open_task(case),
        {"verdict": "pass", "verification_note": "属实"},
        people["member"],
        NOW,
    )
    user_tasks.complete(
        open_task(case), {"closing_note": "办结"}, people["office"], NOW
    )
    yield (
        "bytes_closed",
        _size(case),
        "bytes of an archived case's rows; goal ≤ 6,144",
    )


def _size(case: str) -> float:
    tables = (
        "process_instance",
        "user_task",
        "user_task_candidate",
        "timer_job",
        "deadline",
        "history_entry",
        "grid_case",
    )
    total = 0
    with transaction() as session:
        for name in tables:
            column = "id" if name == "process_instance" else "instance_id"
            query = f"SELECT COALESCE(SUM(pg_column_size(t.*)), 0) FROM {name} t WHERE {column} = :case"
            total += session.execute(
                sa.text(query), {"case": case}
            ).scalar_one()
    return float(total)


def _form_page(app: object, item: str, count: int) -> Iterator[Figure]:
    people = {"member": person("zd-wgy1"), "office": person("zd-wgb")}
    tasks = [
        open_task(_ready_case(number, people, item)) for number in range(count)
    ]
    app.config["WTF_CSRF_ENABLED"] = False  # type: ignore[attr-defined]
    client = app.test_client()  # type: ignore[attr-defined]
    client.post(
        "/sign-in", data={"username": "zd-wgb", "password": "gridflow"}
    )
    begin, cpu = time.perf_counter(), time.process_time()
    for task in tasks:
        assert client.get(f"/task/{task}").status_code == 200
        answer = client.post(
            f"/task/{task}/complete", data={**HANDLED, "_key": task}
        )
        assert answer.status_code == 302, answer.status_code
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    yield (
        "form_completions_per_s",
        count / wall,
        "page opened, form filled and submitted, through Flask",
    )
    yield (
        "form_cpu_ms",
        cpu / count * 1_000,
        "CPU for opening and submitting the page, ms",
    )


def _timers(people: dict[str, int], item: str, count: int) -> Iterator[Figure]:
    """A case in hand with a department has one reminder; the due minute is set by moving its row."""
    case = _waiting_for_department(people, item)
    with transaction() as session:
        _copy_instances(session, case, count)
        session.execute(
            sa.update(TimerJob)
            .where(TimerJob.state == "planned")
            .values(due_at=NOW + timedelta(days=400))
        )
        session.execute(
            sa.update(TimerJob)
            .where(
                TimerJob.instance_id.like("copy%"), TimerJob.state == "planned"
            )
            .values(due_at=NOW)
        )
    begin = time.perf_counter()
    report = timers.fire_due(NOW + timedelta(seconds=1), limit=count + 10)
    wall = time.perf_counter() - begin
    with transaction() as session:
        twice = (
            session.scalar(
                sa.select(sa.func.count())
                .select_from(TimerJob)
                .where(TimerJob.fired_count > 1)
            )
            or 0
        )
    assert report.fired == count, report
    yield (
        "timers_10k_seconds",
        wall,
        f"s until {count:,} timers due in one minute were fired, one worker",
    )
    yield (
        "timers_max_lateness_s",
        wall + 1,
        "s, the greatest lateness of one of them",
    )
    yield "timers_fired_twice", float(twice), "goal 0"


def _waiting_for_department(people: dict[str, int], item: str) -> str:
    case = new_case(0, people["member"], item)
    lead = f"{TENANT}:urban-management:321102"
    triage = {
        "decision": "assign",
        "lead_department": lead,
        "assisting_departments": [],
        "opinion": "请办理",
    }
    user_tasks.complete(open_task(case), triage, people["office"], NOW)
    user_tasks.complete(
        open_task(case),
        {"decision": "accept", "handler_name": "王五"},
        person("jk-cg"),
        NOW,
    )
    return case


def _copy_instances(session: object, case: str, count: int) -> None:
    """Copies of the instance with its open task and timer, each under an id of its own."""
    run = session.execute  # type: ignore[attr-defined]
    for name, column in (
        ("process_instance", "id"),
        ("user_task", "instance_id"),
        ("timer_job", "instance_id"),
    ):
        row = run(
            sa.text(
                f"SELECT * FROM {name} WHERE {column} = :case"
                + (
                    " AND state <> 'completed'"
                    if name != "process_instance"
                    else ""
                )
            ),
            {"case": case},
        )
        keys = list(row.keys())
        changed = {
            "business_key": "'copy-' || n",
            "id": "'copy' || n || substr(id, length(:case) + 1)",
            "instance_id": "'copy' || n",
        }
        columns = ", ".join(
            changed.get(key, key) if key in keys else key for key in keys
        )
        where = f"{column} = :case" + (
            " AND state IN ('open', 'planned')"
            if name != "process_instance"
            else ""
        )
        statement = (
            f"INSERT INTO {name} ({', '.join(keys)}) SELECT {columns} FROM {name}, generate_series(1, "
            f":count) n WHERE {where}"
        )
        run(sa.text(statement), {"case": case, "count": count})
