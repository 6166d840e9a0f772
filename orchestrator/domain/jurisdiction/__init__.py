"""The jurisdiction profile: jurisdiction.toml read into frozen values; everything unknown, missing or wrong
is told with its line."""

from orchestrator.domain.jurisdiction.citations import chinese_number, in_words
from orchestrator.domain.jurisdiction.functions import FUNCTIONS, PLATFORM
from orchestrator.domain.jurisdiction.items import (
    LIST_WORD,
    list_word,
)
from orchestrator.domain.jurisdiction.reading import (
    JurisdictionInvalid,
    parse_jurisdiction,
)
from orchestrator.domain.jurisdiction.values import (
    Article,
    CodeSegment,
    GridRules,
    Jurisdiction,
    ListRule,
    NegativeRule,
    Regulation,
    Role,
)
from orchestrator.domain.limits import DeadlineRule

__all__ = [
    "FUNCTIONS",
    "LIST_WORD",
    "PLATFORM",
    "Article",
    "CodeSegment",
    "DeadlineRule",
    "GridRules",
    "Jurisdiction",
    "JurisdictionInvalid",
    "ListRule",
    "NegativeRule",
    "Regulation",
    "Role",
    "chinese_number",
    "in_words",
    "list_word",
    "parse_jurisdiction",
]
