"""The I/O memory of an Omron CPU, and its judgement on each place that is asked of it.

Knows areas, words and bits; no headers, no sockets, no time. Words lie as on the wire, the high
byte first.
"""

from dataclasses import dataclass, field
from enum import IntEnum

LAST_BANK = 0x18


class EndCode(IntEnum):
    """A CPU's word on one command."""

    NORMAL = 0x0000
    NODE_NOT_IN_NETWORK = 0x0201
    NO_SUCH_UNIT = 0x0202
    RESPONSE_TIMEOUT = 0x0205
    UNDEFINED_COMMAND = 0x0401
    ROUTING_TABLE_MISSING = 0x0502
    COMMAND_TOO_LONG = 0x1001
    COMMAND_TOO_SHORT = 0x1002
    ELEMENTS_MISMATCH = 0x1003
    NO_SUCH_AREA = 0x1101
    ADDRESS_OUT_OF_RANGE = 0x1103
    END_OUT_OF_RANGE = 0x1104
    RESPONSE_TOO_LONG = 0x110B
    READ_ONLY = 0x2101
    NO_ACCESS_RIGHT = 0x3001


_BANKS = range(LAST_BANK + 1)
_WORD_CODES = {0xB0: "CIO", 0xB1: "W", 0xB2: "H", 0xB3: "A", 0x82: "D"} | {
    (0xA0 if bank < 16 else 0x50) + bank: f"E{bank:X}" for bank in _BANKS
}
_BIT_CODES = {0x30: "CIO", 0x31: "W", 0x32: "H", 0x33: "A", 0x02: "D"} | {
    (0x20 if bank < 16 else 0xD0) + bank: f"E{bank:X}" for bank in _BANKS
}
# The auxiliary words before this one are the CPU's own.
_FIRST_WRITABLE_AUXILIARY = 448


@dataclass(frozen=True, slots=True)
class Place:
    """What a command names: `count` words, or bits from `bit` on. `area` is "" for no known one."""

    area: str
    word: int
    bit: int | None
    count: int

    @property
    def size(self) -> int:
        """How many bytes its values take in a message."""
        return self.count * (2 if self.bit is None else 1)


def place(code: int, word: int, bit: int, count: int) -> Place:
    """The place that a memory area code and an address name."""
    if code in _BIT_CODES:
        return Place(_BIT_CODES[code], word, bit, count)
    # A word that is named with a bit is none.
    return Place(_WORD_CODES.get(code, "") if bit == 0 else "", word, None, count)


def _words(count: int) -> bytearray:
    return bytearray(2 * count)


@dataclass(slots=True)
class Memory:
    """What a CPU holds. The byte arrays are live: what a test puts in is what clients read.

    `banks` are those of the extended memory that the CPU has.
    """

    cio: bytearray = field(default_factory=lambda: _words(6144))
    work: bytearray = field(default_factory=lambda: _words(512))
    holding: bytearray = field(default_factory=lambda: _words(1536))
    auxiliary: bytearray = field(default_factory=lambda: _words(960))
    data: bytearray = field(default_factory=lambda: _words(32768))
    banks: dict[int, bytearray] = field(default_factory=lambda: {0: _words(32768)})

    def area(self, name: str) -> bytearray:
        """The bytes of CIO, W, H, A, D, E0 to E18; empty when there is no such thing."""
        if name.startswith("E"):
            return self.banks.get(int(name[1:], 16), bytearray())
        areas = {
            "CIO": self.cio,
            "W": self.work,
            "H": self.holding,
            "A": self.auxiliary,
            "D": self.data,
        }
        return areas.get(name, bytearray())

    def judge(self, asked: Place) -> EndCode:
        """Whether the place is there."""
        size = len(self.area(asked.area)) // 2
        if not size:
            return EndCode.NO_SUCH_AREA
        if asked.word >= size or (asked.bit or 0) > 15:
            return EndCode.ADDRESS_OUT_OF_RANGE
        if _end(asked) > 16 * size:
            return EndCode.END_OUT_OF_RANGE
        return EndCode.NORMAL

    def judge_write(self, asked: Place) -> EndCode:
        """Whether the place is there and may be written."""
        code = self.judge(asked)
        if code is EndCode.NORMAL and asked.area == "A" and asked.word < _FIRST_WRITABLE_AUXILIARY:
            return EndCode.READ_ONLY
        return code

    def read(self, asked: Place) -> bytes:
        """The values at a place that was judged to be there; a bit is a byte of 0 or 1."""
        area = self.area(asked.area)
        if asked.bit is None:
            return bytes(area[2 * asked.word : 2 * (asked.word + asked.count)])
        first = 16 * asked.word + asked.bit
        return bytes(_bit(area, number) for number in range(first, first + asked.count))

    def write(self, asked: Place, data: bytes) -> None:
        """Put values that fit to a place that may be written; bits leave their neighbours."""
        area = self.area(asked.area)
        if asked.bit is None:
            area[2 * asked.word : 2 * (asked.word + asked.count)] = data
            return
        for number, on in enumerate(data, 16 * asked.word + asked.bit):
            byte, mask = _where(number)
            area[byte] = area[byte] | mask if on & 1 else area[byte] & ~mask


def _end(asked: Place) -> int:
    """The bit behind the last one, counted from the first of the area."""
    if asked.bit is None:
        return 16 * (asked.word + asked.count)
    return 16 * asked.word + asked.bit + asked.count


def _where(number: int) -> tuple[int, int]:
    word, bit = divmod(number, 16)
    return 2 * word + (bit < 8), 1 << bit % 8


def _bit(area: bytearray, number: int) -> int:
    byte, mask = _where(number)
    return int(area[byte] & mask != 0)
