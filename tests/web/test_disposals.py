"""档案销毁: the lists and the register of what was destroyed; what a destroyed dossier answers."""

from __future__ import annotations

from datetime import UTC, date, datetime

from orchestrator.services import instances
from orchestrator.services.registers import printouts
from orchestrator.store import disposals
from orchestrator.store.disposals import DisposalEntry
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from tests.web.test_archiving import _begun


def test_the_register_tells_what_was_destroyed_and_the_dossier_says_so(
    application, signed_in
) -> None:
    now = datetime.now(UTC)
    with application.app_context():
        ids = []
        for name in ("销毁办理", "销毁对象", "继续保存对象"):
            by, instance_id = _begun(name, now)
            instances.cancel(instance_id, "准备归档，先撤回", by, now)
            ids.append(instance_id)
        with transaction() as session:
            rows = [session.get_one(ProcessInstance, key) for key in ids]
            procedure, *dossiers = rows
            procedure.variables = {"listed": ids[1:]}
            dossiers[0].destroyed_at = now
            states = (disposals.DESTROYED, disposals.KEPT)
            session.add_all(
                DisposalEntry(
                    instance_id=procedure.id,
                    dossier_id=row.id,
                    tenant_id=row.tenant_id,
                    number=row.business_key,
                    process_key=row.process_key,
                    name="事项准入",
                    kept_as="10年",
                    until=date(2036, 12, 31),
                    state=state,
                    kept_until=date(2050, 12, 31),
                    destroyed_at=now,
                )
                for row, state in zip(dossiers, states, strict=True)
            )
            numbers = [row.business_key for row in dossiers]
        digest = printouts.note(ids[1], b"%PDF", by, now)
    client = signed_in("jk-cg")
    checked = client.post("/dossier-check", data={"digest": digest}).text
    assert "是本系统签发的" in checked
    assert "档案已销毁" in checked
    assert f"/dossier/{ids[1]}" not in checked
    page = client.get(f"/dossier-disposal?q={numbers[0]}").text
    assert numbers[0] in page
    assert numbers[1] not in page, "it was not destroyed"
    listed = client.get(f"/dossier-disposal/{ids[0]}").text
    assert "继续保存，到 2050-12-31" in listed
    assert f"/dossier/{ids[2]}" in listed
    assert f"/dossier/{ids[1]}" not in listed
    assert (
        f"/dossier-disposal/{ids[0]}" in client.get(f"/instance/{ids[0]}").text
    )
    for address in (f"/dossier/{ids[1]}", f"/instance/{ids[1]}"):
        gone = client.get(address)
        assert (gone.status_code, "已经按程序销毁" in gone.text) == (410, True)
    assert client.get(f"/dossier-disposal/{ids[2]}").status_code == 404
    stranger = signed_in("dy-wgb")
    assert stranger.get(f"/dossier-disposal/{ids[0]}").status_code == 404
    assert numbers[0] not in stranger.get("/dossier-disposal").text
    assert client.get("/dossier-disposal?after=-3&q=%25").status_code == 200
