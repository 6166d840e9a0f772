"""Reading a posted form within bounds: what is too large is refused early, with as much of it as one page can
give back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

KEPT_OF_ONE = 300_000
"""Bytes of one text that is too long: the beginning is given back."""
READ_ON = 4
"""So many times the text that a form may hold is read for the fields that follow one that is too long."""
_CHUNK = 64 * 1024


class FormTooLarge(RequestEntityTooLarge):
    """Texts longer than a form may hold, or more fields; `form` and `files` are what could be read: files by
    their names alone."""

    def __init__(
        self,
        form: MultiDict[str, str],
        files: MultiDict[str, FileStorage],
    ) -> None:
        super().__init__()
        self.form = form
        self.files = files


class BoundedForms(FormDataParser):
    """Raises FormTooLarge. The library counts neither the fields nor the bytes of a form that is not
    multipart, and gives nothing back."""

    def _parse_multipart(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str],
    ) -> Any:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("Missing boundary")
        reading = _Reading(self, content_length)
        for event in _events(stream, boundary):
            reading.take(event)
        if reading.too_large:
            raise FormTooLarge(reading.form(), reading.names())
        return stream, reading.form(), reading.named_files()

    def _parse_urlencoded(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str],
    ) -> Any:
        most = self.max_form_memory_size
        parts = self.max_form_parts
        if most is not None and (content_length or 0) > most:
            raise FormTooLarge(self.cls(), self.cls())
        body = stream.read()
        if parts is not None and body.count(b"&") >= parts:
            begun = b"&".join(body.split(b"&", parts)[:parts])
            raise FormTooLarge(self.cls(_pairs(begun)), self.cls())
        return stream, self.cls(_pairs(body)), self.cls()


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(
        body.decode(),
        keep_blank_values=True,
        errors="werkzeug.url_quote",
    )


def _events(stream: IO[bytes], boundary: bytes) -> Iterator[Event]:
    decoder = MultipartDecoder(boundary)
    while True:
        data = stream.read(_CHUNK)
        decoder.receive_data(data or None)
        while not isinstance(event := decoder.next_event(), NeedData):
            if isinstance(event, Epilogue):
                return
            yield event
        if not data:
            return


class _Reading:
    """The fields and files of a multipart form, as far as they were read."""

    def __init__(
        self,
        bounds: BoundedForms,
        content_length: int | None,
    ) -> None:
        self.cls = bounds.cls
        self.content_length = content_length
        self.most = bounds.max_form_memory_size or 0
        self.parts = bounds.max_form_parts or 0
        self.make_file = MultiPartParser(
            bounds.stream_factory,
        ).start_file_streaming
        self.fields: list[tuple[str, list[bytes]]] = []
        self.files: list[tuple[str, FileStorage]] = []
        self.too_large = False
        self._text = self._one = 0
        self._file: FileStorage | None = None

    def take(self, event: Event) -> None:
        """Adds what the event carries. Raises FormTooLarge where reading on would be dear."""
        if isinstance(event, (Field, File)):
            self._begin(event)
        elif isinstance(event, Data) and self._file is not None:
            self._file.stream.write(event.data)
            if not event.more_data:
                self._file.stream.seek(0)
        elif isinstance(event, Data):
            self._add(event.data)

    def form(self) -> MultiDict[str, str]:
        """The fields that have a name; of one that is too long, the beginning."""
        return self.cls(
            (name, self._text_of(parts)) for name, parts in self.fields if name
        )

    def named_files(self) -> MultiDict[str, FileStorage]:
        """The files whose parts have a name: what has none belongs to no control of a page."""
        return self.cls((name, file) for name, file in self.files if name)

    def names(self) -> MultiDict[str, FileStorage]:
        """The files without what is in them."""
        return self.cls(
            (name, FileStorage(filename=file.filename, name=name))
            for name, file in self.files
            if name
        )

    def _begin(self, event: Field | File) -> None:
        if self.parts and len(self.fields) + len(self.files) >= self.parts:
            raise FormTooLarge(self.form(), self.names())
        self._one = 0
        self._file = None
        if isinstance(event, File):
            stream = self.make_file(event, self.content_length)
            self._file = FileStorage(
                stream,
                event.filename,
                event.name,
                headers=Headers(event.headers),
            )
            self.files.append((event.name, self._file))
        else:
            self.fields.append((event.name, []))

    def _add(self, data: bytes) -> None:
        self._text += len(data)
        self._one += len(data)
        self.too_large = self.too_large or (
            self.most > 0 and self._text > self.most
        )
        if self.too_large and self._text > READ_ON * self.most:
            raise FormTooLarge(self.form(), self.names())
        if not self.too_large or self._one <= KEPT_OF_ONE:
            self.fields[-1][1].append(data)

    def _text_of(self, parts: list[bytes]) -> str:
        whole = b"".join(parts)
        if self.too_large and len(whole) > KEPT_OF_ONE:
            return whole[:KEPT_OF_ONE].decode("utf-8", "ignore")
        return whole.decode("utf-8", "replace")
