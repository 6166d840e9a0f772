"""How often the pages of a working day ask the database. A figure that rises names a statement that the page
had already, or one that could come along with another."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services import instances, user_tasks
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.counting import statements
from tests.web.test_registers import APPLICATION


@pytest.fixture(scope="module")
def matter(application) -> tuple[str, str]:
    """(id of an application that came back from its applicant, id of its reviewer's open task)."""
    people = {}
    now = datetime.now(UTC)
    with application.app_context():
        with transaction(writing=False) as session:
            for name in ("jk-cg", "jk-wgb"):
                people[name] = session.scalars(
                    sa.select(Person.id).where(Person.username == name)
                ).one()
        given = {**APPLICATION, "item_name": f"计数巡查{secrets.token_hex(3)}"}
        body = "zhenjiang:urban-management:321102"
        begun = instances.start(
            "zhenjiang", "item_admission", given, people["jk-cg"], body, now
        )
        back = {"decision": "supplement", "opinion": "请写明服务对象"}
        (returned,) = user_tasks.complete(
            _open(begun.instance_id), back, people["jk-wgb"], now
        ).next_task_ids
        again = {**given, "submission": "resubmit"}
        (task,) = user_tasks.complete(
            returned, again, people["jk-cg"], now
        ).next_task_ids
    return begun.instance_id, task


def _open(instance_id: str) -> str:
    with transaction(writing=False) as session:
        query = sa.select(UserTask.id).where(
            UserTask.instance_id == instance_id, UserTask.state == "open"
        )
        return session.scalars(query).one()


@pytest.mark.parametrize(
    ("page", "most"),
    [
        ("/task/{task}", 11),
        ("/instance/{matter}", 16),
        ("/dossier/{matter}", 11),
        ("/", 9),
        ("/figures/", 16),
        ("/figures/wall", 18),
    ],
)
def test_a_page_asks_the_database_for_each_thing_once(
    application, signed_in, matter: tuple[str, str], page: str, most: int
) -> None:
    client = signed_in("jk-wgb")
    address = page.format(matter=matter[0], task=matter[1])
    # The first visit reads the diagrams and forms, which are kept from then on.
    assert client.get(address).status_code == 200
    with statements(application) as asked:
        assert client.get(address).status_code == 200
    assert 0 < len(asked) <= most, "\n".join(asked)
    assert len(set(asked)) >= len(asked) - 1, "\n".join(asked)


def test_a_completed_step_tells_until_when_it_was_due(
    signed_in, matter: tuple[str, str]
) -> None:
    assert "时限至" in signed_in("jk-wgb").get(f"/instance/{matter[0]}").text


def test_a_page_that_refuses_asks_no_more_of_the_person(
    application, signed_in
) -> None:
    """After a failure the session is given up; the person and his bodies are known by then."""
    client = signed_in("jk-wgb")
    address = "/instance/no-such-instance"
    assert client.get(address).status_code == 404
    with statements(application) as asked:
        assert client.get(address).status_code == 404
    one_by_one = [each for each in asked if "WHERE body.id = " in each]
    assert one_by_one == []
    assert 0 < len(asked) <= 8, "\n".join(asked)
