"""What a controller says of a structure's make-up.

    sizes = parse_attributes(reply.data)                # the answer to attributes(0x123)
    raw += reply.data                                   # to definition(0x123, len(raw), missing)
    template = parse_template(sizes, raw)

Pure: what members mean is not judged here.
"""

import struct
from dataclasses import dataclass

from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.paths import instance_path
from warlogix.drivers.exchanges import Nonsense

_TEMPLATES = 0x6C
_GET_ATTRIBUTES, _READ = 0x03, 0x4C
_HANDLE, _MEMBERS, _DEFINITION, _BYTES = 1, 2, 4, 5
_ASKED = struct.pack("<5H", 4, _DEFINITION, _BYTES, _MEMBERS, _HANDLE)
_ANSWERED = struct.Struct("<HHHIHHIHHHHHH")
_MEMBER = struct.Struct("<HHI")
# The definition's size counts what stands around the text that is read.
_AROUND = 21
# More than the largest structure of a controller has.
_MOST_BYTES = 1 << 21


@dataclass(frozen=True, slots=True)
class Sizes:
    """A template's numbers: the bytes of its definition and of a value, its members, its handle.

    The handle is a checksum of the definition: a value of another one has another handle.
    """

    definition: int
    value: int
    members: int
    handle: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the controller lists it.

    `info` is the elements of an array, or of a BOOL its bit in the byte at `offset`; `type` is as
    in a list of tags, with its flags.
    """

    name: str
    type: int
    info: int
    offset: int


@dataclass(frozen=True, slots=True)
class Template:
    """A structure's name and members, in the order of their declaration."""

    name: str
    sizes: Sizes
    members: tuple[Member, ...]


def attributes(number: int) -> Request:
    """Asks for a template's numbers."""
    return Request(_GET_ATTRIBUTES, instance_path(_TEMPLATES, number), _ASKED)


def parse_attributes(data: bytes) -> Sizes:
    """A template's numbers; `Nonsense` for what cannot be any."""
    if len(data) < _ANSWERED.size:
        raise Nonsense("the numbers of a structure, cut short")
    fields = _ANSWERED.unpack_from(data)
    if (fields[0], *fields[1::3]) != (4, _DEFINITION, _BYTES, _MEMBERS, _HANDLE):
        raise Nonsense("other numbers of a structure than were asked for")
    if any(fields[2::3]):
        raise Nonsense("a structure without all of its numbers")
    definition, value, members, handle = fields[3::3]
    read = definition * 4 - _AROUND
    if not members * _MEMBER.size <= read <= _MOST_BYTES or not 0 < value <= _MOST_BYTES:
        raise Nonsense(f"a structure of {value} bytes that {read} bytes define")
    return Sizes(read, value, members, handle)


def definition(number: int, offset: int, size: int) -> Request:
    """Asks for a template's definition from an offset on."""
    data = struct.pack("<IH", offset, min(size, 0xFFFF))
    return Request(_READ, instance_path(_TEMPLATES, number), data)


def parse_template(sizes: Sizes, raw: bytes) -> Template:
    """The template that a whole definition describes; `Nonsense` for one that contradicts itself.

    Behind the numbers of the members stand texts that end with a zero: the structure's name, up to
    a semicolon, and the members' names. Names of members that nobody may see are empty.
    """
    end = sizes.members * _MEMBER.size
    title, *names = raw[end:].split(b"\0")
    if len(raw) < end or len(names) < sizes.members:
        raise Nonsense("a structure's definition that is cut short")
    members = tuple(
        Member(name.decode("latin-1"), kind, info, offset)
        for name, (info, kind, offset) in zip(names, _MEMBER.iter_unpack(raw[:end]), strict=False)
    )
    return Template(title.split(b";")[0].decode("latin-1"), sizes, members)
