"""Who looked at what: kept once a day for each person, told by a command, never in the way of the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from orchestrator.services import instances
from orchestrator.services.records import looking
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.looks import Look
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_registers import APPLICATION
from web import looking as seen_by
from web.administration import looks

GRID = "3211020010011001"


@pytest.fixture
def matter(application) -> ProcessInstance:
    with application.app_context():
        with transaction(writing=False) as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-cg")
            ).one()
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            APPLICATION,
            by,
            "zhenjiang:urban-management:321102",
            datetime.now(UTC),
        )
        with transaction(writing=False) as session:
            return session.get_one(ProcessInstance, begun.instance_id)


def status(client: FlaskClient, path: str) -> int:
    """Of the page, read to its end as a browser does."""
    answer = client.get(path)
    answer.close()
    return answer.status_code


def kept(application, *subjects: str) -> list[tuple[str, str]]:
    """(subject, username) of the looks at these subjects."""
    with application.app_context(), transaction(writing=False) as session:
        rows = session.execute(
            sa.select(Look.subject, Person.username)
            .join(Person, Person.id == Look.person_id)
            .where(Look.subject.in_(subjects))
            .order_by(Look.subject, Person.username)
        )
        return [(subject, username) for subject, username in rows]


def test_who_opens_a_matter_a_task_a_dossier_or_a_grid_is_kept_once(
    application, signed_in, matter
) -> None:
    about, dossier = f"matter:{matter.id}", f"dossier:{matter.id}"
    with application.app_context(), transaction(writing=False) as session:
        task = session.scalars(
            sa.select(UserTask.id).where(UserTask.instance_id == matter.id)
        ).one()
    for _ in range(2):
        assert status(signed_in("jk-cg"), f"/instance/{matter.id}") == 200
        assert status(signed_in("jk-wgb"), f"/task/{task}") == 200
        assert status(signed_in("jk-wgb"), f"/dossier/{matter.id}") == 200
    assert kept(application, about, dossier) == [
        (dossier, "jk-wgb"),
        (about, "jk-cg"),
        (about, "jk-wgb"),
    ]
    assert status(signed_in("zd-wgb"), f"/grids/{GRID}") == 200
    assert (f"register:{GRID}", "zd-wgb") in kept(
        application, f"register:{GRID}"
    )


def test_who_may_not_see_it_has_not_looked(
    application, signed_in, matter
) -> None:
    assert status(signed_in("zd-wgy1"), f"/instance/{matter.id}") == 404
    assert status(application.test_client(), f"/instance/{matter.id}") == 302
    assert kept(application, f"matter:{matter.id}") == []


def test_the_command_tells_who_looked_at_a_matter_and_what_a_person_looked_at(
    application, signed_in, matter
) -> None:
    status(signed_in("jk-wgb"), f"/instance/{matter.id}")
    run = application.test_cli_runner().invoke
    for names in (matter.business_key, matter.id, "jk-wgb"):
        told = run(args=["looks", names]).output
        assert (
            "jk-wgb" in told
            and f"matter:{matter.id}" in told
            and "127.0.0.1" in told
        )
    assert "nobody looked" in run(args=["looks", "ZR-1900-1"]).output


def test_another_day_is_another_look(application, matter) -> None:
    now, subject = datetime.now(UTC), f"matter:{matter.id}"
    with application.app_context():
        for later in (timedelta(), timedelta(minutes=0), timedelta(days=1)):
            looking.note(
                subject, matter.started_by or 0, "127.0.0.1", now + later
            )
    assert kept(application, subject) == [(subject, "jk-cg")] * 2


def test_a_look_that_cannot_be_kept_does_not_keep_anybody_from_the_page(
    application,
    signed_in,
    matter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_given: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(looking, "note", full)
    assert status(signed_in("jk-wgb"), f"/instance/{matter.id}") == 200
    assert "a look was not noted" in caplog.text


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("/members/", "list:members"),
        ("/members/{person}", "member:{person}"),
        (
            "/figures/cases?measure=registered&place=321100/321102/",
            "list:figure-cases",
        ),
        ("/together", "list:together"),
    ],
)
def test_files_of_members_and_lists_of_cases_are_looks_too(
    application, signed_in, path, subject
) -> None:
    with application.app_context(), transaction(writing=False) as session:
        person = session.scalars(
            sa.select(Person.id).where(Person.username == "zd-wgy1")
        ).one()
    assert status(signed_in("jk-wgb"), path.format(person=person)) == 200
    wanted = subject.format(person=person)
    assert (wanted, "jk-wgb") in kept(application, wanted)


def test_each_thing_that_is_looked_at_has_a_word(application) -> None:
    seen = {kind for kind, _argument in seen_by.LOOKED_AT.values()}
    with application.test_request_context():
        assert seen | {*seen_by.MANY.values()} <= looks.kinds().keys()
