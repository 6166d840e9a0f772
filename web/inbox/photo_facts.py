"""What a page tells of photographs beside the list of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Flask

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import photo_evidence as evidence_of
from orchestrator.services.instances import step_pictures
from orchestrator.services.instances.photo_evidence import PhotoEvidence
from orchestrator.services.instances.step_pictures import PictureGroup
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.user_tasks import Attachment
from web.auth import who


def register(app: Flask) -> None:
    """Makes this available in templates."""
    app.jinja_env.globals.update(
        photo_evidence=photo_evidence, picture_groups=picture_groups
    )


def picture_groups(files: Sequence[Attachment]) -> list[PictureGroup]:
    """The photographs and recordings among the files, step by step."""
    return step_pictures.groups(reading(), files)


def photo_evidence(
    instance: ProcessInstance, files: Sequence[Attachment]
) -> Mapping[str, PhotoEvidence]:
    """By attachment id, what its photograph tells who decides."""
    return evidence_of.evidence(reading(), who(), instance, files)
