"""Forms with a file, as browsers and mini programs send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser

from gis_service.errors import RuleBrokenError

MULTIPART = "multipart/form-data"
_LONGEST_BOUNDARY = 70


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form by their names, and its file, if one was chosen."""

    fields: dict[str, str]
    file: bytes | None


def read_file(body: bytes, content_type: str) -> bytes:
    """Return the one file of a form; other fields are passed over.

    Raises:
        RuleBrokenError: the form is broken or cut short, or has not one file: code ``invalid-form``.

    Source:
        RFC 7578, and RFC 2046, 5.1.1.
    """
    return read_named_file(body, content_type)[1]


def read_named_file(body: bytes, content_type: str) -> tuple[str, bytes]:
    """Return the name and the contents of the one file of a form, as ``read_file`` reads it.

    Raises:
        RuleBrokenError: as ``read_file``.
    """
    parts = _parts(body, content_type)
    files = [(name, content) for head, content in parts if (name := head.get_filename()) is not None]
    if len(files) != 1:
        raise _invalid(f"must have one file; it has {len(files)}")
    return files[0]


def read_form(body: bytes, content_type: str) -> Form:
    """Return the fields of a form and its file; a file without a byte is what browsers send for none.

    Raises:
        RuleBrokenError: the form is broken or cut short, a field has no name, comes twice or is no UTF-8, or there
            are several files: code ``invalid-form``.
    """
    fields: dict[str, str] = {}
    files = []
    for head, content in _parts(body, content_type):
        if head.get_filename() is not None:
            if content:
                files.append(content)
            continue
        name = head.get_param("name", header="content-disposition")
        if not isinstance(name, str) or name in fields:
            raise _invalid("has a field without a name, or one twice")
        try:
            fields[name] = content.decode()
        except UnicodeDecodeError:
            raise _invalid("has a field that is not UTF-8") from None
    if len(files) > 1:
        raise _invalid(f"may have one file; it has {len(files)}")
    return Form(fields, files[0] if files else None)


def _parts(body: bytes, content_type: str) -> Iterator[tuple[Message, bytes]]:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary("")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise _invalid("has no boundary in its Content-Type")
    # A delimiter begins with the end of a line; the first may stand at the very beginning.
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not parts or not parts[-1].startswith(b"--"):
        raise _invalid("is cut short")
    yield from map(_split, parts[:-1])


def _split(part: bytes) -> tuple[Message, bytes]:
    head, _, content = part.partition(b"\r\n\r\n")
    return BytesHeaderParser().parsebytes(head.lstrip(b" \t\r\n") + b"\r\n\r\n"), content


def _invalid(sentence: str) -> RuleBrokenError:
    return RuleBrokenError(f"the form {sentence}", code="invalid-form")
