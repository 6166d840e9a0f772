"""Reading files with errors as a bundle, to be looked at and compared, never to be run."""

from __future__ import annotations

from collections.abc import Mapping

import forms
from orchestrator import engine
from orchestrator.services.bundles import form_questions
from orchestrator.services.bundles.bundle import Bundle
from orchestrator.services.bundles.choice_forms import choice_forms
from orchestrator.services.bundles.frozen import profile_of


def read_unchecked(resources: Mapping[str, bytes], process_key: str) -> Bundle:
    """The bundle of one process of these resources; what cannot be read is left out.

    Raises KeyError when the process itself is not among them.
    """
    profile = profile_of(resources)
    lists = form_questions.lists(profile)
    read = {
        name: _form(resources[name])
        for name in resources
        if name.endswith(".form")
    }
    asked = {
        name.rpartition("/")[2].removesuffix(".form"): forms.with_questions(
            form,
            lists,
        )
        for name, form in read.items()
        if form is not None
    }
    definition = engine.read_unchecked(resources, process_key)
    return Bundle(definition, profile, {**asked, **choice_forms(definition)})


def is_readable(name: str, content: bytes) -> bool:
    """Whether a diagram, a table or a form says anything that can be compared, right or wrong."""
    if name.endswith(".form"):
        return _form(content) is not None
    return engine.is_readable(name, content)


def _form(content: bytes) -> forms.Form | None:
    try:
        return forms.load_deployed(content.decode(), False)
    except (forms.FormUnsupported, UnicodeDecodeError):
        return None
