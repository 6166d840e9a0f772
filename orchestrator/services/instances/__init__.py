"""Process instances: begun, shown, ended, overseen, migrated; their incidents."""

from orchestrator.services.instances.starting import (
    Started,
    about_variables,
    cancel,
    circumstances,
    may_cancel,
    may_start,
    may_start_as,
    start,
    startable,
    startable_about,
)

__all__ = [
    "Started",
    "about_variables",
    "cancel",
    "circumstances",
    "may_cancel",
    "may_start",
    "may_start_as",
    "start",
    "startable",
    "startable_about",
]
