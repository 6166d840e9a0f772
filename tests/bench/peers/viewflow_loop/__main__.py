"""Viewflow on PostgreSQL: completes the tasks of the rework loop, one in each process, and prints what that
took. It runs in an environment of its own, which holds Django and Viewflow: Gridflow uses neither.

`python -m viewflow_loop HOST DATABASE COUNT`, in this folder's parent
"""

import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import django
from django.conf import settings
from django.core.management import call_command

host, database, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": host,
            "NAME": database,
            "USER": "postgres",
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "viewflow",
        "viewflow.workflow",
        "viewflow_loop",
    ],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from viewflow.workflow.models import Process, Task  # noqa: E402
from viewflow_loop.flows import Loop  # noqa: E402


def complete(number: int, person: User) -> None:
    """A transaction that locks the process and completes its open task, as a view of Viewflow does."""
    with transaction.atomic(), Loop.lock(number):
        task = Task.objects.select_related("process").get(
            process_id=number, status="NEW"
        )
        activation = task.flow_task.activation_class(task)
        activation.assign(person)
        activation.start(SimpleNamespace(user=person))
        activation.process.data |= {
            "result": "已经清理完毕",
            "verdict": "rework",
        }
        activation.process.save()
        activation.execute()


call_command("migrate", verbosity=0)
officer = User.objects.create(username="officer")
for _ in range(count):
    Loop.start.run()
started = list(Process.objects.values_list("pk", flat=True).order_by("pk"))
for each in started[:20]:
    complete(each, officer)
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_backend_pid()")
    backend = cursor.fetchone()[0]


def server() -> float:
    """Seconds of the processor that the database spent on this connection."""
    fields = (
        Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / 100


before, cpu, wall = server(), time.process_time(), time.perf_counter()
for each in started[20:]:
    complete(each, officer)
rest = len(started) - 20
spent = {
    "wall": (time.perf_counter() - wall) / rest,
    "cpu": (time.process_time() - cpu + server() - before) / rest,
}
assert Task.objects.filter(status="NEW").count() == len(started)
assert Task.objects.filter(flow_task__endswith="verify").exists()
print(json.dumps(spent))
