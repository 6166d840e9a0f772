"""No request of any shape is answered by a server error: every route, form and query string, on both
databases; and the interface answers what its description says.

About a minute for each database: it proves the whole kind, which no list of known inputs does.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.fuzz import city, described

COUNT = int(os.environ.get("GRIDFLOW_TEST_FUZZ_REQUESTS", "900"))
SEED = int(os.environ.get("GRIDFLOW_TEST_FUZZ_SEED", "20261127"))


def test_no_request_is_answered_by_a_server_error(
    database_url: str, tmp_path: Path
) -> None:
    with city.fuzzed_city(database_url, tmp_path) as (app, ids):
        watch = city.watched(app, ids, SEED, COUNT)
        asked = described.compared(app, ids, SEED, COUNT // 60)
    assert not watch.found
    # They were signed in: few are told what a stranger is told, after one of
    # the requests has signed them out.
    assert watch.of_people[401] < watch.of_people.total() / 4
    assert {200, 401, 404} <= asked.keys()
