"""The regulation in the browser: a draft of the jurisdiction's profile, changed by section, and published
together with the diagrams that follow it."""

from orchestrator.services.designing.regulation.drafting import (
    amend_article,
    begin,
    change,
    join,
    keep,
    leave,
    profile_of_draft,
    remove_entry,
    set_section,
)
from orchestrator.services.designing.regulation.named_keys import (
    by_name,
    suggested,
)
from orchestrator.services.designing.regulation.offers import (
    Offers,
    offered,
    offered_for,
)
from orchestrator.services.designing.regulation.profile_entries import (
    NEW,
    ProfileEntry,
    begun,
    called,
    groups_offered,
    heading,
    listed,
    new_entry,
    shown,
)
from orchestrator.services.designing.regulation.profile_text import (
    ProfileText,
    section,
)
from orchestrator.services.designing.regulation.publications import (
    RegulationRelease,
    publications,
)
from orchestrator.services.designing.regulation.section_shapes import (
    ProfileSection,
    ProfileSetting,
)
from orchestrator.services.designing.regulation.sections import SECTIONS
from orchestrator.services.designing.regulation.side_by_side import (
    TextRow,
    side_by_side,
)
from orchestrator.services.designing.regulation.touching import (
    Amended,
    Touched,
    amended,
    article,
    as_it_stands,
    number_named,
    one,
    uncovered_articles,
    uncovered_in,
)
from orchestrator.services.designing.regulation.typed import Typed, as_typed

__all__ = [
    "suggested",
    "NEW",
    "SECTIONS",
    "Amended",
    "Offers",
    "ProfileEntry",
    "ProfileText",
    "RegulationRelease",
    "TextRow",
    "ProfileSection",
    "ProfileSetting",
    "Touched",
    "Typed",
    "amend_article",
    "amended",
    "article",
    "as_it_stands",
    "as_typed",
    "by_name",
    "begin",
    "begun",
    "called",
    "change",
    "groups_offered",
    "heading",
    "join",
    "keep",
    "leave",
    "listed",
    "new_entry",
    "number_named",
    "one",
    "offered",
    "offered_for",
    "profile_of_draft",
    "publications",
    "remove_entry",
    "section",
    "set_section",
    "shown",
    "side_by_side",
    "uncovered_articles",
    "uncovered_in",
]
