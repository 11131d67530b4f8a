"""FINS commands and responses, byte by byte. Pure.

A response is looked at for all that says whose it is: its direction, both addresses, the number of
the command (SID) and the command's code. The end code's flags for errors of the CPU (a low battery,
a program that stopped) say nothing about the command and are taken off.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from warlogix.drivers.exchanges import Nonsense

# Of a FINS frame, header included, over Ethernet.
LONGEST_FRAME = 2012
SID_AT = 9
_HEADER = struct.Struct(">BBBBBBBBBB")
_COMMAND, _RESPONSE_FLAG, _GATEWAYS = 0x80, 0x40, 2
_READ, _WRITE, _GATHER = b"\x01\x01", b"\x01\x02", b"\x01\x04"
_PLACE = struct.Struct(">BHB")
CONTROLLER_DATA = b"\x05\x01"
RELAY = 0x8000
_CPU_FLAGS = 0x00C0


class Refusal(Exception):
    """The PLC, or a relay on the way to it, answers the command with an end code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"16#{code:04X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Route:
    """Where commands go, and the node that they come from. Node 0 is the PLC that is spoken to."""

    network: int
    node: int
    unit: int
    source: int


@dataclass(frozen=True, slots=True)
class Item:
    """Words that a command reads: a block of the plan, or a piece of one."""

    block: int
    code: int
    start: int
    words: int


def command(route: Route, sid: int, text: bytes) -> bytes:
    """The frame of a command; `text` is the command's code and what follows it."""
    to = (route.network, route.node, route.unit)
    return _HEADER.pack(_COMMAND, 0, _GATEWAYS, *to, 0, route.source, 0, sid) + text


def read_words(item: Item) -> bytes:
    """Reads words that follow each other (MEMORY AREA READ)."""
    return _READ + _PLACE.pack(item.code, item.start, 0) + item.words.to_bytes(2, "big")


def gather_words(items: Sequence[Item]) -> bytes:
    """Reads words here and there (MULTIPLE MEMORY AREA READ), one place for each word."""
    return _GATHER + b"".join(
        _PLACE.pack(item.code, word, 0)
        for item in items
        for word in range(item.start, item.start + item.words)
    )


def write_words(code: int, start: int, data: bytes) -> bytes:
    """Writes words that follow each other (MEMORY AREA WRITE)."""
    return _WRITE + _PLACE.pack(code, start, 0) + (len(data) // 2).to_bytes(2, "big") + data


def write_bits(code: int, word: int, bit: int, data: bytes) -> bytes:
    """Writes bits that follow each other, a byte of 0 or 1 for each, and no bit beside them."""
    return _WRITE + _PLACE.pack(code, word, bit) + len(data).to_bytes(2, "big") + data


def response(frame: bytes, route: Route, sid: int, text: bytes) -> bytes:
    """What the PLC answers the command with, behind the end code.

    Raises `Refusal` when it says no, `Nonsense` for all that is no answer to this command.
    """
    if len(frame) < _HEADER.size + 4 or len(frame) > LONGEST_FRAME:
        raise Nonsense(f"a response of {len(frame)} bytes")
    icf, _, _, *addresses, answered = _HEADER.unpack_from(frame)
    if not icf & _RESPONSE_FLAG:
        raise Nonsense("a command instead of a response")
    if answered != sid:
        raise Nonsense(f"the response to command {answered} instead of {sid}")
    if frame[10:12] != text[:2]:
        raise Nonsense(f"the response to a command {frame[10:12].hex()}")
    code = int.from_bytes(frame[12:14], "big") & ~_CPU_FLAGS
    _check_addresses(addresses, route, code)
    if code:
        raise Refusal(code)
    return frame[14:]


def _check_addresses(addresses: Sequence[int], route: Route, code: int) -> None:
    to, by = tuple(addresses[:3]), addresses[3:]
    if to != (0, route.source, 0):
        raise Nonsense(f"a response to node {to[1]} instead of {route.source}")
    # A relay answers under its own address, a PLC that was called 0 may give its number, and its
    # own network is 0 or what the routing tables call it.
    if code & RELAY:
        return
    if route.node not in (0, by[1]) or route.unit not in (0, by[2]):
        raise Nonsense(f"a response by node {by[1]} unit {by[2]}")


def words_of(data: bytes, item: Item) -> bytes:
    """The words that MEMORY AREA READ gave; `Nonsense` if they are not as many as asked."""
    if len(data) != 2 * item.words:
        raise Nonsense(f"{len(data)} bytes where {2 * item.words} were asked for")
    return data


def gathered(data: bytes, items: Sequence[Item]) -> list[bytes]:
    """The words of each item that MULTIPLE MEMORY AREA READ gave; `Nonsense` as for `words_of`."""
    if len(data) != 3 * sum(item.words for item in items):
        raise Nonsense(f"{len(data)} bytes where words of {len(items)} places were asked for")
    values, at = [], 0
    for item in items:
        end = at + 3 * item.words
        if any(area != item.code for area in data[at:end:3]):
            raise Nonsense("words of another memory area")
        part = bytearray(2 * item.words)
        part[0::2], part[1::2] = data[at + 1 : end : 3], data[at + 2 : end : 3]
        values.append(bytes(part))
        at = end
    return values


def controller(data: bytes) -> str:
    """The model and the version of the CPU, as far as it tells."""
    texts = (data[at : at + 20].split(b"\0")[0].decode("ascii", "replace") for at in (0, 20))
    return " ".join(text.strip() for text in texts).strip()
