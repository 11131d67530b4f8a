"""Any JSON value for any type, written to the real simulator and read back: as asked, or an error.

And whatever is written, nothing around it changes.
"""

from typing import Any

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.asked import REFUSED, asked_for, is_as_asked
from tests.json_values import KINDS, json_for
from warlogix.addresses.s7_layout import element_size, row_size, size, stride
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import DataType
from warlogix.drivers.s7 import S7Driver
from warlogix.errors import BadRequest
from warlogix.simulators.s7 import S7_300, S7_1500, Cpu, Memory, open_s7_simulator
from warlogix.tags import Endpoint, Outcome, Tag

BLOCK = 3000


def name_of(kind: DataType) -> str:
    """The type as a configuration says it."""
    length = f"[{kind.length}]" if kind.length else ""
    shape = f"[{','.join(map(str, kind.shape))}]" if kind.shape else ""
    return f"{kind.base}{length}{shape}"


def owned_bits(kind: DataType, start: int, bit: int) -> set[int]:
    """The bits of the block that belong to the value; of a string not its capacity."""
    if kind == DataType("BOOL"):
        return {start * 8 + bit}
    if kind.base == "BOOL":
        rows, columns = size(kind) // row_size(kind), kind.shape[-1]
        return {
            (start + row * row_size(kind)) * 8 + column
            for row in range(rows)
            for column in range(columns)
        }
    capacity = {"STRING": 1, "WSTRING": 2}.get(kind.base, 0)
    owned: set[int] = set()
    for first in starts_of(kind, start):
        owned.update(range((first + capacity) * 8, (first + element_size(kind)) * 8))
    return owned


def starts_of(kind: DataType, start: int) -> list[int]:
    """The first byte of every element."""
    if not kind.shape:
        return [start]
    rows = size(kind) // row_size(kind)
    return [
        start + row * row_size(kind) + column * stride(kind)
        for row in range(rows)
        for column in range(kind.shape[-1])
    ]


def put_headers(block: bytearray, kind: DataType, start: int) -> None:
    """Make strings of what is noise, as a PLC's program has."""
    width = {"STRING": 1, "WSTRING": 2}.get(kind.base)
    if width is not None:
        for first in starts_of(kind, start):
            header = (kind.length or 254).to_bytes(width, "big") + bytes(width)
            block[first : first + 2 * width] = header


def changed_bits(before: bytes, after: bytes) -> set[int]:
    """Which bits are not what they were."""
    moved = int.from_bytes(before, "little") ^ int.from_bytes(after, "little")
    changed = set()
    while moved:
        lowest = moved & -moved
        changed.add(lowest.bit_length() - 1)
        moved ^= lowest
    return changed


async def written(driver: S7Driver, tag: Tag, kind: DataType, text: str) -> Any:
    """What is read back after a request was carried out; REFUSED when it was not."""
    try:
        value = convert(parse_json(text), kind)
    except BadRequest:
        return REFUSED
    result = await driver.write(tag, value)
    if result.outcome is Outcome.REFUSED:
        # A code page that lacks a character is the only thing that conversion cannot know.
        assert "the code page latin-1 has no" in result.reason
        return REFUSED
    assert result.outcome is Outcome.DONE
    readings = await driver.read((tag,))
    assert not readings.bad
    assert repr(readings.values[0]) == repr(value)
    return readings.values[0]


async def check(cpu: Cpu, block: bytearray, tag: Tag, kind: DataType, text: str) -> None:
    """Write one value to a CPU that holds the block, and look at what became of both."""
    before, slot = bytes(block), 2 if cpu is S7_300 else 1
    start, _, bit = tag.name.removeprefix("DB1.").removeprefix("DBX").partition(".")
    with trio.fail_after(30):
        async with open_s7_simulator(Memory({1: block}), cpu=cpu) as plc:
            driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", plc.port, slot=slot))
            await driver.connect()
            value, asked = await written(driver, tag, kind, text), asked_for(text, kind)
            await driver.aclose()
            assert plc.journal.refused_requests == 0

    assert value is asked if asked is REFUSED else is_as_asked(value, asked, kind)
    owned = set() if asked is REFUSED else owned_bits(kind, int(start), int(bit or 0))
    assert changed_bits(before, bytes(block)) <= owned


@pytest.mark.parametrize("cpu", [S7_300, S7_1500], ids=lambda cpu: cpu.name)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_what_was_asked_for_and_nothing_else(
    cpu: Cpu, data: st.DataObject
) -> None:
    """Read back it is what was asked for, or it is an error; no other bit of the block moves."""
    kind, start = data.draw(KINDS), data.draw(st.integers(0, 40))
    block = bytearray(data.draw(st.sampled_from([b"\x00", b"\xff", b"\xa5"])) * BLOCK)
    put_headers(block, kind, start)
    tag = Tag(f"DB1.{start}", data_type=name_of(kind))
    if kind == DataType("BOOL"):
        tag = Tag(f"DB1.DBX{start}.{data.draw(st.integers(0, 7))}")
    trio.run(check, cpu, block, tag, kind, data.draw(json_for(kind)))
