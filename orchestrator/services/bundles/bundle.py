"""A bundle: everything a running instance reads, as it was when its version was deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import forms
from orchestrator import engine
from orchestrator.domain.jurisdiction import Jurisdiction


@dataclass(frozen=True)
class Bundle:
    definition: engine.Definition
    jurisdiction: Jurisdiction
    forms: Mapping[str, forms.Form]
