"""A migration that has landed is never edited: databases that ran it would lack what the new text does."""

from __future__ import annotations

import hashlib
from pathlib import Path

from orchestrator.services.installation import database

CHECKSUMS = Path(__file__).parent / "landed-migrations.sha256"


def test_landed_migrations_are_as_they_landed():
    landed = dict(
        reversed(line.split()) for line in CHECKSUMS.read_text().splitlines()
    )
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (database.MIGRATIONS / "versions").glob("0*.py")
    }
    edited = [
        name for name, digest in landed.items() if found.get(name) != digest
    ]
    assert edited == [], (
        "put back what landed, and say what is to change in a new migration"
    )
    new = {
        name: digest for name, digest in found.items() if name not in landed
    }
    assert new == {}, f"a new migration needs its line in {CHECKSUMS.name}"
