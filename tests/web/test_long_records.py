"""A matter with a long history is read and printed in parts, and every entry stands in exactly one of
them."""

from __future__ import annotations

import io
import re
import secrets
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from orchestrator.services import instances
from orchestrator.services.instances import history_parts
from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.counting import statements

APPLICATION = {
    "item_name": "河道长卷巡查",
    "category": "治安安全",
    "legal_basis": "防洪法",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}
LENGTH = 2 * history_parts.PART_SIZE + 37


@pytest.fixture(scope="module")
def record(application) -> str:
    """The id of an application that was urged until its history has LENGTH entries."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-cg")
            ).one()
        # The database is shared: the module may come back to it after others.
        name = f"{APPLICATION['item_name']}{secrets.token_hex(3)}"
        body = "zhenjiang:urban-management:321102"
        instance_id = instances.start(
            "zhenjiang",
            "item_admission",
            {**APPLICATION, "item_name": name},
            by=by,
            body_id=body,
            now=now,
        ).instance_id
        _lengthen(instance_id, by, now)
        assert not history.verify(instance_id)
    return instance_id


def _lengthen(instance_id: str, by: int, now: datetime) -> None:
    with transaction() as session:
        row = session.get_one(ProcessInstance, instance_id)
        head = row.history_hash
        for seq in range(row.history_seq + 1, LENGTH + 1):
            what = now, "urged", None, by, None, {"reason": f"第{seq}条催办"}
            head = history.link(head, instance_id, seq, what)
            names = (
                "at",
                "kind",
                "element_id",
                "actor_id",
                "actor_body_id",
                "data",
            )
            session.add(
                HistoryEntry(
                    instance_id=instance_id,
                    seq=seq,
                    hash=head,
                    **dict(zip(names, what, strict=True)),
                )
            )
        row.history_seq, row.history_hash = LENGTH, head


def _urged(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"第\s*(\d+)\s*条催办", page)]


def test_the_matters_page_shows_the_latest_entries_and_leads_to_the_earlier_ones(
    signed_in, record: str
) -> None:
    client, address, seen = signed_in("jk-cg"), f"/instance/{record}", []
    while address:
        page = client.get(address).text
        shown = _urged(page)
        assert len(shown) <= history_parts.PART_SIZE and shown == sorted(shown)
        seen = shown + seen
        found = re.search(r'href="([^"]+\?before=\d+)"', page)
        address = found[1] if found else ""
    assert seen[-1] == LENGTH and seen == list(range(seen[0], LENGTH + 1))
    assert "提出申请" in page or "发起申请" in page


def test_the_dossier_is_read_and_printed_in_parts_that_hold_every_entry_once(
    signed_in, record: str
) -> None:
    client, on_pages, on_paper = signed_in("jk-cg"), [], []
    for part in (1, 2, 3):
        on_pages += _urged(client.get(f"/dossier/{record}?part={part}").text)
        pdf = PdfReader(
            io.BytesIO(
                client.post(
                    f"/dossier/{record}/print", data={"part": part}
                ).data
            )
        )
        told = "".join(page.extract_text() for page in pdf.pages)
        assert f"第 {part} 部分，共 3 部分" in told
        on_paper += _urged(told)
    assert on_pages == list(range(on_pages[0], LENGTH + 1))
    assert on_paper == on_pages


def test_a_long_record_is_verified_when_asked(signed_in, record: str) -> None:
    client = signed_in("jk-cg")
    assert "核验全部" in client.get(f"/dossier/{record}").text
    assert (
        "记录完整，未被改动" in client.get(f"/dossier/{record}?verify=1").text
    )


@pytest.mark.parametrize(
    "query",
    ["before=-1", "before=0", "before=1", "before=x", "before=" + "9" * 40],
)
def test_a_made_up_place_in_the_history_shows_a_page(
    signed_in, record: str, query: str
) -> None:
    assert (
        signed_in("jk-cg").get(f"/instance/{record}?{query}").status_code
        == 200
    )


@pytest.mark.parametrize(
    "query", ["part=-1", "part=0", "part=99", "part=x", "part=" + "9" * 40]
)
def test_a_made_up_part_shows_a_page(
    signed_in, record: str, query: str
) -> None:
    assert (
        signed_in("jk-cg").get(f"/dossier/{record}?{query}").status_code == 200
    )


@pytest.mark.parametrize(("what", "most"), [("instance", 23), ("dossier", 16)])
def test_a_page_of_a_matter_asks_the_database_as_often_for_a_long_history_as_for_a_short_one(
    application, signed_in, record: str, what: str, most: int
) -> None:
    """Each statement asks for another thing; copies and decisions that can be recalled are counted."""
    client = signed_in("jk-cg")
    address = f"/{what}/{record}"
    # The first visit reads the diagrams, which are kept from then on.
    assert client.get(address).status_code == 200
    with statements(application) as long:
        assert client.get(address).status_code == 200
    assert 0 < len(long) <= most, long
