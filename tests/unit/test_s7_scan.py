from dataclasses import dataclass, field

import pytest
import trio

from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.drivers.s7.scan import S7Scan
from warlogix.drivers.s7.wire import Request
from warlogix.tags import Tag


@dataclass
class Cpu:
    """Data blocks that answer as a CPU does, and the sizes of what was asked."""

    blocks: dict[int, bytearray]
    asked: list[list[tuple[int, int]]] = field(default_factory=list)

    async def __call__(self, request: Request) -> list[bytes | int]:
        """Answer a request."""
        await trio.lowlevel.checkpoint()
        self.asked.append([(item.start, item.size) for item in request.items])
        return [self._value(item.db, item.start, item.size) for item in request.items]

    def _value(self, db: int, start: int, size: int) -> bytes | int:
        block = self.blocks.get(db)
        if block is None:
            return 0x0A
        return 0x05 if start + size > len(block) else bytes(block[start : start + size])


def dints(count: int, db: int = 1) -> tuple[Tag, ...]:
    """Double words one after another."""
    return tuple(Tag(f"DB{db}.DBD{4 * n}", data_type="DINT") for n in range(count))


def scan_of(*tags: Tag, pdu: int = 240) -> S7Scan:
    """A scan of these tags."""
    return S7Scan(tags, "latin-1", pdu)


async def test_values_are_in_the_order_of_the_tags() -> None:
    """Wherever they lie, and as often as they are asked for."""
    cpu = Cpu({1: bytearray(b"\x00\x07\x00\x09Hi!\x81")})
    tags = (
        Tag("DB1.DBX7.7"),
        Tag("DB1.DBW2", data_type="INT"),
        Tag("DB1.DBB4", data_type="CHAR"),
        Tag("DB1.DBW0"),
        Tag("DB1.DBW2", data_type="INT"),
        Tag("DB1.DBX7.6"),
    )
    readings = await scan_of(*tags).read(cpu, 0)
    assert readings.values == [True, 9, "H", 7, 9, False]
    assert readings.types == ("BOOL", "INT", "CHAR", "WORD", "INT", "BOOL")
    assert readings.bad == {}
    assert cpu.asked == [[(0, 8)]]


async def test_what_has_not_changed_is_the_same_object_again() -> None:
    """A scan without a change costs no decoding, and says so by identity."""
    cpu = Cpu({1: bytearray(4000)})
    scan = scan_of(*dints(1000), pdu=960)
    first = await scan.read(cpu, 0)
    assert await scan.read(cpu, 1) is first
    assert len(cpu.asked) == 2 * scan.requests == 10


async def test_readings_given_away_never_change() -> None:
    """A later scan makes new columns; the types stay the same tuple."""
    cpu = Cpu({1: bytearray(8)})
    scan = scan_of(*dints(2))
    first = await scan.read(cpu, 0)
    cpu.blocks[1][7] = 5
    second = await scan.read(cpu, 1)
    assert (first.values, second.values) == ([0, 0], [0, 5])
    assert second.types is first.types


async def test_one_bad_address_costs_its_neighbours_nothing() -> None:
    """The block it is in is asked for value by value in the same scan, then read without it."""
    cpu = Cpu({1: bytearray(range(20))})
    scan = scan_of(*dints(6))
    readings = await scan.read(cpu, 0)
    assert readings.values == [0x00010203, 0x04050607, 0x08090A0B, 0x0C0D0E0F, 0x10111213, None]
    assert set(readings.bad) == {5}
    assert "DB1 ends before byte 24" in readings.bad[5]
    cpu.asked.clear()
    assert (await scan.read(cpu, 1)).bad == readings.bad
    assert cpu.asked == [[(0, 20)]]


async def test_a_missing_data_block_costs_the_others_nothing() -> None:
    """Each tag of it says so, and the other block stays one block."""
    cpu = Cpu({2: bytearray(40)})
    scan = scan_of(*dints(10, db=1), *dints(10, db=2))
    readings = await scan.read(cpu, 0)
    assert readings.values == [None] * 10 + [0] * 10
    assert all("DB1 does not exist, or it is optimized" in readings.bad[n] for n in range(10))
    cpu.asked.clear()
    await scan.read(cpu, 1)
    assert cpu.asked == [[(0, 40)]]


async def test_a_refused_address_is_tried_again_by_itself() -> None:
    """In between it costs nothing; when it is there it joins its neighbours again."""
    cpu = Cpu({1: bytearray(20)})
    scan = scan_of(*dints(6))
    await scan.read(cpu, 0)
    cpu.asked.clear()
    await scan.read(cpu, TRY_AGAIN_AFTER - 1)
    assert cpu.asked == [[(0, 20)]]
    await scan.read(cpu, TRY_AGAIN_AFTER)
    assert cpu.asked[1:] == [[(0, 20)], [(20, 4)]]
    await scan.read(cpu, TRY_AGAIN_AFTER + 1)
    assert cpu.asked[3:] == [[(0, 20)]]
    cpu.blocks[1].extend(b"\0\0\0\7")
    cpu.asked.clear()
    readings = await scan.read(cpu, 2 * TRY_AGAIN_AFTER)
    assert (readings.values[5], readings.bad) == (7, {})
    await scan.read(cpu, 2 * TRY_AGAIN_AFTER + 1)
    assert cpu.asked == [[(0, 20)], [(20, 4)], [(0, 24)]]


async def test_second_tries_take_one_request_a_scan_while_nothing_comes_back() -> None:
    """A hundred missing addresses do not make every minute's scan a long one."""
    cpu = Cpu({2: bytearray(4)})
    scan = scan_of(*dints(100, db=1), *dints(1, db=2), pdu=960)
    await scan.read(cpu, 0)
    counts = []
    for moment in range(6):
        cpu.asked.clear()
        await scan.read(cpu, TRY_AGAIN_AFTER + moment)
        counts.append(len(cpu.asked))
    assert counts == [2, 2, 2, 2, 2, 1]


async def test_with_slow_polls_every_refused_address_has_its_turn() -> None:
    """Where every poll finds a second try due, the first twenty are not tried over and over."""
    cpu = Cpu({2: bytearray(4)})
    missing = (f"DB3.DBD{4 * n}" for n in range(30))
    tags = tuple(Tag(name, data_type="DINT") for name in (*missing, "DB2.DBD0"))
    scan = scan_of(*tags, pdu=960)
    await scan.read(cpu, 0)
    cpu.asked.clear()
    for poll in (1, 2):
        await scan.read(cpu, poll * TRY_AGAIN_AFTER)
    again = [start for request in cpu.asked for start, _ in request if start]
    assert set(again) == {4 * n for n in range(1, 30)}


async def test_a_data_block_that_comes_back_is_whole_in_one_scan() -> None:
    """After a download nobody waits a minute for each twenty tags."""
    cpu = Cpu({2: bytearray(4)})
    scan = scan_of(*dints(100, db=1), *dints(1, db=2), pdu=960)
    assert len((await scan.read(cpu, 0)).bad) == 100
    cpu.blocks[1] = bytearray(400)
    readings = await scan.read(cpu, TRY_AGAIN_AFTER)
    assert readings.bad == {}
    assert readings.values == [0] * 101
    cpu.asked.clear()
    await scan.read(cpu, TRY_AGAIN_AFTER + 1)
    assert len(cpu.asked) == 1


async def test_an_address_that_goes_away_is_found_and_its_value_is_gone() -> None:
    """A data block that was made shorter makes one tag bad, never stale."""
    cpu = Cpu({1: bytearray(24)})
    scan = scan_of(*dints(6))
    assert (await scan.read(cpu, 0)).bad == {}
    del cpu.blocks[1][20:]
    readings = await scan.read(cpu, 1)
    assert readings.values == [0] * 5 + [None]
    assert set(readings.bad) == {5}


async def test_values_that_only_come_one_by_one_are_asked_for_so() -> None:
    """Inputs of two modules with nothing between them are refused as a block, and stay fresh."""

    class Modules(Cpu):
        def _value(self, db: int, start: int, size: int) -> bytes | int:
            holes = range(2, 8)
            spans_hole = any(start <= hole < start + size for hole in holes)
            return 0x05 if spans_hole else super()._value(db, start, size)

    cpu = Modules({0: bytearray(10)})
    scan = scan_of(Tag("IB1"), Tag("IB8"))
    for number in range(1, 5):
        cpu.blocks[0][1], cpu.blocks[0][8] = number, 100 + number
        cpu.asked.clear()
        readings = await scan.read(cpu, number)
        assert (readings.values, readings.bad) == ([number, 100 + number], {})
    assert cpu.asked == [[(1, 1), (8, 1)]]


async def test_a_block_that_was_refused_once_is_whole_again_after_a_while() -> None:
    """A refusal that has passed does not cost an item for every value for ever."""
    cpu, whole = Cpu({1: bytearray(40)}), [[(0, 40)]]

    async def refuse_blocks(request: Request) -> list[bytes | int]:
        given = await cpu(request)
        sizes = [item.size for item in request.items]
        return [0x05 if size > 4 else raw for size, raw in zip(sizes, given, strict=True)]

    scan = scan_of(*dints(10))
    assert (await scan.read(refuse_blocks, 5)).bad == {}
    cpu.asked.clear()
    await scan.read(cpu, 5 + TRY_AGAIN_AFTER - 1)
    assert cpu.asked == [[(4 * n, 4) for n in range(10)]]
    await scan.read(cpu, 5 + TRY_AGAIN_AFTER)
    cpu.asked.clear()
    await scan.read(cpu, 5 + TRY_AGAIN_AFTER + 1)
    assert cpu.asked == whole
    await scan.read(cpu, 5 + 3 * TRY_AGAIN_AFTER)
    assert cpu.asked == whole * 2


async def test_a_bad_value_is_not_a_refused_address() -> None:
    """It stays in its block and is good again with the next good bytes."""
    cpu = Cpu({1: bytearray(b"\x7f\xc0\x00\x00\x00\x01")})
    scan = scan_of(Tag("DB1.DBD0", data_type="REAL"), Tag("DB1.DBW4"))
    readings = await scan.read(cpu, 0)
    assert (readings.values, readings.bad) == ([None, 1], {0: "the value is NaN"})
    cpu.blocks[1][:4] = b"\x42\x91\x00\x00"
    readings = await scan.read(cpu, 1)
    assert (readings.values, readings.bad) == ([72.5, 1], {})
    assert cpu.asked == [[(0, 6)]] * 2


async def test_a_malformed_address_is_a_bad_reading() -> None:
    """Its neighbours are read, and its reason is what the configuration check would say."""
    cpu = Cpu({1: bytearray(2)})
    readings = await scan_of(Tag("DB1.DBQ0", data_type="int"), Tag("DB1.DBW0")).read(cpu, 0)
    assert readings.values == [None, 0]
    assert 'has the letter "Q"' in readings.bad[0]
    assert readings.types == ("INT", "WORD")


async def test_a_value_longer_than_a_message_is_put_together() -> None:
    """Its pieces are one value; one refused piece makes it bad."""
    cpu = Cpu({1: bytearray(n % 251 for n in range(600))})
    tag = Tag("DB1.0", data_type="BYTE[600]")
    assert (await scan_of(tag).read(cpu, 0)).values == [[n % 251 for n in range(600)]]
    assert len(cpu.asked) == 3
    del cpu.blocks[1][500:]
    assert "DB1 ends before byte 600" in (await scan_of(tag).read(cpu, 0)).bad[0]


async def test_no_tags_take_no_request() -> None:
    """An empty scan is empty."""
    cpu = Cpu({})
    assert (await scan_of().read(cpu, 0)).values == []
    assert cpu.asked == []


async def test_what_ends_a_read_ends_it() -> None:
    """The scan swallows no error of the connection."""

    async def gone(_request: Request) -> list[bytes | int]:
        await trio.lowlevel.checkpoint()
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await scan_of(*dints(1)).read(gone, 0)
