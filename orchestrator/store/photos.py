"""What photographs say of themselves, beside the attachment's row."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base


class AttachmentPhoto(Base):
    """When and where the camera says that the picture was taken."""

    __tablename__ = "attachment_photo"

    attachment_id: Mapped[str] = mapped_column(
        sa.ForeignKey("attachment.id"), primary_key=True
    )
    taken_at: Mapped[str] = mapped_column(sa.String(32))
    """ISO 8601 by the camera's clock, with a zone where it wrote one; empty where it wrote no time."""
    latitude: Mapped[float | None] = mapped_column(sa.Float)
    """Degrees, WGS 84."""
    longitude: Mapped[float | None] = mapped_column(sa.Float)
