"""What a PLC tells about its symbols and data types: the entries of its tables, as bytes.

Pure. Each entry begins with its own length, so that readers step over what they do not know.
"""

import struct
from functools import lru_cache
from uuid import NAMESPACE_OID, uuid5

from warlogix.simulators.ads.codec import text_bytes
from warlogix.simulators.ads.memory import BASE, Place
from warlogix.simulators.ads.project import Access
from warlogix.simulators.ads.types import (
    BIT,
    Address,
    Array,
    Elementary,
    Member,
    PlcType,
    Record,
    Renamed,
    plain,
)
from warlogix.simulators.ads.wire import Group

_SYMBOL = struct.Struct("<IIIIIHHHHH")
_TYPE = struct.Struct("<IIIIIIIIHHHHH")
_BOUNDS = struct.Struct("<iI")
# The flags of a symbol and those of a type are numbered differently.
_SYMBOL_BIT, _SYMBOL_REFERENCE, _SYMBOL_GUID, _SYMBOL_READ_ONLY = 0x02, 0x04, 0x08, 0x20
_IS_TYPE, _IS_MEMBER, _REFERENCE, _BITS, _GUID = 0x01, 0x02, 0x04, 0x20, 0x80
_CONSTANTS, _POINTER = 0x2000, 0x800000


def symbol_entry(place: Place) -> bytes:
    """What a client is told about a symbol, a member or an element."""
    flags = _SYMBOL_GUID
    if place.bit is not None:
        flags |= _SYMBOL_BIT
        group, offset = Group.DATA_BITS, BASE * 8 + place.bit
    else:
        group, offset = Group.DATA, BASE + place.offset
    if place.access is Access.READ_ONLY:
        flags |= _SYMBOL_READ_ONLY
    if place.type.name.startswith("REFERENCE"):
        flags |= _SYMBOL_REFERENCE
    bounds = _bounds(place.type)
    texts = [text_bytes(each) for each in (place.name, place.type.name, place.comment)]
    body = b"".join(text + b"\0" for text in texts) + bounds + _guid(place.type)
    body += bytes(-(_SYMBOL.size + len(body)) % 4)
    return (
        _SYMBOL.pack(
            _SYMBOL.size + len(body),
            group,
            offset,
            place.size,
            place.type.adst,
            flags,
            len(bounds) // _BOUNDS.size,
            *map(len, texts),
        )
        + body
    )


def type_entry(type_: PlcType) -> bytes:
    """What a client is told about a data type, with the members of a structure."""
    flags = _IS_TYPE | _GUID
    members: tuple[Member, ...] = ()
    of = ""
    tail = _guid(type_)
    if isinstance(type_, Record):
        members = type_.members
    elif isinstance(type_, Array):
        of = type_.element.name
    elif isinstance(type_, Renamed):
        of = type_.base.name
        if type_.constants:
            flags |= _CONSTANTS
            tail += _constants(type_)
    elif isinstance(type_, Address):
        flags |= _address_flag(type_)
        of = type_.name.partition(" TO ")[2]
    inner = b"".join(_member_entry(each) for each in members)
    return _entry(type_, flags, 0, (type_.name, of), len(members), inner + tail)


def _member_entry(member: Member) -> bytes:
    flags = _IS_MEMBER | _GUID
    if member.type is BIT:
        flags |= _BITS
    if isinstance(member.type, Address):
        flags |= _address_flag(member.type)
    names = (member.name, member.type.name)
    return _entry(member.type, flags, member.offset, names, 0, _guid(member.type))


def _entry(
    type_: PlcType, flags: int, offset: int, names: tuple[str, str], members: int, tail: bytes
) -> bytes:
    bounds = _bounds(type_)
    texts = [text_bytes(each) for each in (*names, "")]
    body = b"".join(text + b"\0" for text in texts) + bounds + tail
    body += bytes(-(_TYPE.size + len(body)) % 4)
    return (
        _TYPE.pack(
            _TYPE.size + len(body),
            1,
            0,
            0,
            type_.size,
            offset,
            type_.adst,
            flags,
            *map(len, texts),
            len(bounds) // _BOUNDS.size,
            members,
        )
        + body
    )


def _bounds(type_: PlcType) -> bytes:
    """First index and count of each dimension; nothing for what is no array."""
    if not isinstance(type_, Array):
        return b""
    pairs = zip(type_.bounds, type_.counts, strict=True)
    return b"".join(_BOUNDS.pack(first, count) for (first, _), count in pairs)


def _guid(type_: PlcType) -> bytes:
    return _guid_of(type_.name)


@lru_cache(maxsize=1024)
def _guid_of(name: str) -> bytes:
    return uuid5(NAMESPACE_OID, name).bytes_le


def _address_flag(type_: Address) -> int:
    return _REFERENCE if type_.name.startswith("REFERENCE") else _POINTER


def _constants(type_: Renamed) -> bytes:
    form = plain(type_)
    assert isinstance(form, Elementary)
    told = struct.pack("<H", len(type_.constants))
    for name, number in type_.constants.items():
        raw = text_bytes(name)
        told += bytes((len(raw),)) + raw + b"\0" + struct.pack("<" + form.form, number)
    return told
