"""What the query of an option list knows: the city, the place, who fills the form and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.services.bundles import Bundle


@dataclass(frozen=True, slots=True)
class OptionsRequest:
    session: Session
    bundle: Bundle
    path: str
    person_id: int
    today: date
    about: str | None = None
    body_id: str | None = None
    variables: Mapping[str, Any] | None = None
    """Of the instance whose form it is, where they are known."""

    @property
    def tenant_id(self) -> str:
        return self.bundle.jurisdiction.key

    @property
    def codes(self) -> list[str]:
        return self.path.strip("/").split("/")
