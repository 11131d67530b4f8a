"""The values in one block of bytes, and what is new of them.

    values = BlockValues(block, addresses, "latin-1")
    values.take(raw, columns)       # each time that the block came

Bytes that came as they did last time are not decoded again. Numbers, which need no more than to be
unpacked, are unpacked all at once, which is faster than looking for those that moved.
"""

import struct
from collections.abc import Mapping

from warlogix.addresses.s7 import S7Address
from warlogix.drivers.columns import Columns
from warlogix.drivers.s7.codec import Decoder, code_of, decoder
from warlogix.drivers.s7.plan import Block, Want


class BlockValues:
    """One block of a plan; `addresses` are those of its values, by their positions."""

    def __init__(self, block: Block, addresses: Mapping[int, S7Address], encoding: str) -> None:
        self._last: bytes | None = None
        packed, numbers, others, at = ">", [], [], block.start
        for want in block.wants:
            code = code_of(addresses[want.index])
            if code is None or want.start < at:
                others.append(_place(want, block, addresses, encoding))
                continue
            packed += "x" * (want.start - at) + code
            numbers.append(want.index)
            at = want.start + want.size
        self._unpack = struct.Struct(packed).unpack_from
        self._numbers = _positions(numbers)
        self._others = tuple(others)

    @property
    def positions(self) -> set[int]:
        """The positions of its values."""
        return {*self._numbers, *(index for index, *_ in self._others)}

    def take(self, raw: bytes, columns: Columns) -> None:
        """Note what is new."""
        last, self._last = self._last, raw
        if raw == last:
            return
        if self._numbers:
            columns.set_values(self._numbers, self._unpack(raw))
        for index, start, end, decode in self._others:
            value = raw[start:end]
            if last is None or value != last[start:end]:
                columns.set_decoded(index, decode, value)


def _place(
    want: Want, block: Block, addresses: Mapping[int, S7Address], encoding: str
) -> tuple[int, int, int, Decoder]:
    """A value's position, where in the block it begins and ends, and what decodes it."""
    start = want.start - block.start
    return want.index, start, start + want.size, decoder(addresses[want.index], encoding)


def _positions(indexes: list[int]) -> range | tuple[int, ...]:
    """The same positions, as a range where they are one."""
    if indexes and indexes == list(range(indexes[0], indexes[0] + len(indexes))):
        return range(indexes[0], indexes[-1] + 1)
    return tuple(indexes)
