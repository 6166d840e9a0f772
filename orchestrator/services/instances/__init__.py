"""Process instances: begun, shown, ended, overseen, migrated; their incidents."""

from orchestrator.services.instances.starters import (
    may_start,
    may_start_as,
    startable,
    startable_about,
)
from orchestrator.services.instances.starting import (
    Beginning,
    Initiator,
    Started,
    about_variables,
    begun_by_people,
    circumstances,
    start,
    start_at,
    start_in,
)
from orchestrator.services.instances.withdrawing import cancel, may_cancel

__all__ = [
    "Beginning",
    "Initiator",
    "Started",
    "about_variables",
    "begun_by_people",
    "cancel",
    "circumstances",
    "may_cancel",
    "may_start",
    "may_start_as",
    "start",
    "start_at",
    "start_in",
    "startable",
    "startable_about",
]
