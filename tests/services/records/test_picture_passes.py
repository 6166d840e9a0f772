"""A photograph that takes the decoder over it again and again is refused before it is decoded, wherever one
is sent."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from orchestrator.errors import AttachmentRefused
from orchestrator.services.people import photos, signatures
from orchestrator.services.records import jpeg_passes, pictures

NAME = "现场.jpg"
READERS: dict[str, Callable[[bytes], object]] = {
    "attachment": lambda content: pictures.downsized(content, NAME),
    "looked at": lambda content: pictures.for_looking(content, NAME, 100),
    "resident": lambda content: pictures.require_at_most(content, NAME, 10**7),
    "portrait": photos.shrink,
    "signature": signatures.prepared,
}


def drawn(passes: int = 0) -> bytes:
    """A picture in the usual passes, the last of them so many times more."""
    picture = Image.linear_gradient("L")
    target = io.BytesIO()
    picture.save(target, "JPEG", progressive=True)
    content = target.getvalue()
    last = content[content.rindex(b"\xff\xc4") : -2]
    return content[:-2] + last * passes + content[-2:]


@pytest.mark.parametrize("reader", READERS)
def test_a_picture_of_very_many_passes_is_refused_everywhere(
    reader: str,
) -> None:
    READERS[reader](drawn())
    with pytest.raises(AttachmentRefused):
        READERS[reader](drawn(jpeg_passes.MOST))


def test_a_picture_of_just_as_many_passes_as_are_allowed_is_decoded() -> None:
    left = jpeg_passes.MOST - drawn().count(b"\xff\xda")
    assert not jpeg_passes.too_many(drawn(left))
    assert jpeg_passes.too_many(drawn(left + 1))


def test_the_passes_of_one_picture_are_counted_and_nothing_else() -> None:
    # A preview within what the camera wrote, a film behind the picture.
    noise = b"\xff\xda\x00\x08" * 200
    preview = b"\xff\xe1" + (len(noise) + 2).to_bytes(2, "big") + noise
    content = drawn()
    assert not jpeg_passes.too_many(content[:2] + preview + content[2:])
    assert not jpeg_passes.too_many(content + noise)
    assert not jpeg_passes.too_many(b"\x89PNG" + noise)
    behind_noise = content[:-2] + b"\x00\xff" * 9 + drawn(jpeg_passes.MOST)[2:]
    assert jpeg_passes.too_many(behind_noise)
    assert jpeg_passes.too_many(b"\xff\xd8" + b"\xff\xfe\x00\x02" * 60_000)
