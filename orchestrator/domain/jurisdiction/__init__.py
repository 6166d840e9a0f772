"""The jurisdiction profile: jurisdiction.toml read into frozen values; everything unknown, missing or wrong is told with its line."""

from orchestrator.domain.jurisdiction.reading import JurisdictionInvalid, parse_jurisdiction
from orchestrator.domain.jurisdiction.values import (
    Article,
    CodeSegment,
    DeadlineRule,
    GridRules,
    Jurisdiction,
    ListRule,
    Regulation,
    Role,
    chinese_number,
)

__all__ = [
    "Article",
    "CodeSegment",
    "DeadlineRule",
    "GridRules",
    "Jurisdiction",
    "JurisdictionInvalid",
    "ListRule",
    "Regulation",
    "Role",
    "chinese_number",
    "parse_jurisdiction",
]
