"""Entries of symbols and data types, built by hand as a PLC sends them."""

import struct
from collections.abc import Sequence

from warlogix.drivers.ads.entries import TypeEntry, parse_type
from warlogix.drivers.ads.types import Types


def symbol(
    name: str, type_name: str, size: int, code: int = 65, flags: int = 0, behind: bytes = b""
) -> bytes:
    """The entry of a symbol; what stands `behind` its texts is skipped by readers."""
    texts = [text.encode("latin-1") for text in (name, type_name, "a comment")]
    body = b"".join(text + b"\0" for text in texts) + behind
    head = (30 + len(body), 0x4040, 0x5DC00, size, code, flags)
    return struct.pack("<IIIIIIHHH", *head, *map(len, texts)) + body


def data_type(
    name: str,
    type_name: str = "",
    size: int = 0,
    *,
    offset: int = 0,
    code: int = 65,
    flags: int = 1,
    bounds: Sequence[tuple[int, int]] = (),
    members: Sequence[bytes] = (),
    behind: bytes = b"",
) -> bytes:
    """The entry of a data type or of a member."""
    texts = [text.encode("latin-1") for text in (name, type_name, "")]
    body = b"".join(text + b"\0" for text in texts)
    body += b"".join(struct.pack("<iI", *each) for each in bounds) + b"".join(members) + behind
    head = (42 + len(body), 1, 0, 0, size, offset, code, flags)
    counts = (*map(len, texts), len(bounds), len(members))
    return struct.pack("<IIIIIIIIHHHHH", *head, *counts) + body


def told(*entries: bytes, encoding: str = "latin-1") -> Types:
    """Types that know these entries, and that the PLC tells of no other."""
    types = Types(encoding)
    for raw in entries:
        entry: TypeEntry = parse_type(raw)
        types.learn(entry.name, entry)
    return types
