"""The filling line of the demo: deterministic, alive, and at the addresses that it names."""

import struct
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import trio
from trio.testing import MockClock

from warlogix.addresses.s7 import parse_s7
from warlogix.simulators.s7 import Memory, open_s7_simulator
from warlogix.simulators.scene.crate import CRATE_SIZE, Crate
from warlogix.simulators.scene.line import (
    BATCH_SIZE,
    DB,
    SIZE,
    TAGS,
    Line,
    State,
    fields,
    play,
    step,
)


def shift(seed: int, ticks: int) -> list[Line]:
    """The line at every tick of a shift, half a second apart; crates are mostly taken at once."""
    line = Line(seed=seed)
    return [line, *(line := step(answered(line), 0.5) for _ in range(ticks))]


def answered(line: Line) -> Line:
    """The line with the gateway's answer; now and then the gateway is away."""
    ack = int(line.crate.full and line.tick % 200 < 150)
    return replace(line, crate=replace(line.crate, ack=ack))


def test_the_same_seed_gives_the_same_shift() -> None:
    """A thousand ticks of one seed are the same twice; those of another are not."""
    assert shift(1, 1000) == shift(1, 1000)
    assert shift(1, 1000)[-1].temperature != shift(2, 1000)[-1].temperature


def test_everything_of_the_line_moves() -> None:
    """Within a shift each value that the line shows has changed, and every state was seen."""
    lines = shift(1, 1000)
    shown = [dict(fields(answered(line))) for line in lines]
    assert all(len({bytes_[at] for bytes_ in shown}) > 1 for at in shown[0])
    assert {line.state for line in lines} == set(State)


def test_counters_only_rise() -> None:
    """Bottles are never lost, none is rejected that was not filled, and batches are full."""
    lines = shift(3, 2000)
    for before, after in pairwise(lines):
        assert before.filled <= after.filled
        assert before.rejected <= after.rejected <= after.filled
        if after.batch > before.batch:
            assert after.filled == before.batch * BATCH_SIZE


def test_the_temperature_stays_near_its_setpoint() -> None:
    """Once heated up the temperature is noise around the setpoint, in tenths of a degree."""
    lines = shift(4, 2000)[100:]
    assert all(abs(line.temperature - line.setpoint) < 3 for line in lines)
    assert all(round(line.temperature, 1) == line.temperature for line in lines)
    assert len({line.temperature for line in lines}) > 10


def test_a_jam_ends_with_the_push_button() -> None:
    """The button is off but in a jam, and a jam ends only after it was pressed."""
    lines = shift(5, 3000)
    jams = 0
    for before, after in pairwise(lines):
        assert not after.button or after.state is State.JAMMED
        if before.state is State.JAMMED and after.state is not State.JAMMED:
            assert before.button
            jams += 1
    assert jams > 5


def test_each_full_crate_is_handed_over_once() -> None:
    """A crate has its serial, its weight and a raised bit together; they stand until it is taken,
    and then the bit falls with the answer."""
    lines = shift(6, 2000)
    for before, after in pairwise(lines):
        raised = after.crate.full and not before.crate.full
        assert (after.crate.serial, after.crate.ack) == (before.crate.serial + raised, 0)
        if raised:
            crates = after.crate.serial - Crate().serial
            assert after.filled + Crate().bottles == crates * CRATE_SIZE
            assert abs(after.crate.grams - 500 * CRATE_SIZE) < 200
        elif not answered(before).crate.ack:
            assert after.crate.grams == before.crate.grams
            assert after.crate.full == before.crate.full
        else:
            assert not after.crate.full


def test_a_line_waits_for_its_full_crate() -> None:
    """A crate that nobody takes stops the line before the next is full, and an answer frees it,
    a bad one too."""
    line = Line(seed=1)
    for _ in range(200):
        line = step(line, 0.5)
    assert (line.state, line.crate.serial) == (State.WAITING, Crate().serial + 1)
    assert line.filled + Crate().bottles == 2 * CRATE_SIZE - len(line.weights)
    line = step(replace(line, crate=replace(line.crate, ack=-1)), 0.5)
    assert (line.state, line.crate.full, line.crate.ack) == (State.FILLING, False, 0)


def test_a_line_is_shown_as_the_plc_stores_it() -> None:
    """Each value has its bytes: big-endian, a STRING with its lengths, a DTL with its weekday."""
    line = Line(
        clock=datetime(2024, 1, 14, 10, 30, 5),
        state=State.FILLING,
        button=True,
        filled=-2,
        rejected=70000,
        temperature=72.5,
        batch=17,
        weights=(499, 500, 501, -1),
        crate=Crate(serial=1001, grams=20012, full=True, ack=-1),
    )
    assert [data.hex(" ", 2) for _, data in fields(line)] == [
        "01",
        "08",
        "0001",
        "ffff fffe",
        "0001 1170",
        "4291 0000",
        "1409 4c4f 542d 3030 3031 3700 0000 0000 0000 0000 0000",
        "07e8 010e 010a 1e05 0000 0000",
        "01f3 01f4 01f5 ffff",
        "0000 03e9",
        "0000 4e2c",
        "ffff",
        "01",
    ]


def test_tags_and_fields_name_the_same_bytes() -> None:
    """Every tag that a configuration gets is where the line writes, and as large."""
    named = [parse_s7(tag.name, tag.data_type) for tag in TAGS]
    setpoint = next(tag for tag in named if tag.byte == 16)
    written = [(at, len(data)) for at, data in fields(Line())]
    assert sorted([*written, (16, setpoint.size)]) == [(tag.byte, tag.size) for tag in named]
    assert all(tag.db == DB and tag.byte + tag.size <= SIZE for tag in named)
    assert len({tag.alias for tag in TAGS}) == len(TAGS)


async def test_a_played_line_is_what_the_plc_shows(autojump_clock: MockClock) -> None:
    """The PLC shows the line on its schedule, and the journal tells each change with its time."""
    times = iter(range(10**6))
    memory = Memory({DB: bytearray(SIZE)})
    async with (
        open_s7_simulator(memory, clock=lambda: float(next(times))) as plc,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(play, Line(seed=1), plc, 0.5)
        await trio.sleep(49.9)
        expected = Line(seed=1)
        for _ in range(99):
            expected = step(expected, 0.5)
        for at, data in fields(expected):
            assert plc.db(DB)[at : at + len(data)] == data
        replayed = bytearray(SIZE)
        for change in plc.journal.changes:
            replayed[change.start : change.start + len(change.data)] = change.data
        assert replayed == plc.db(DB)
        nursery.cancel_scope.cancel()


async def test_the_temperature_follows_what_a_client_sets(autojump_clock: MockClock) -> None:
    """A setpoint that was written heats the line; one that no heater reaches is ignored."""
    async with (
        open_s7_simulator(Memory({DB: bytearray(SIZE)})) as plc,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(play, Line(seed=1), plc, 0.5)
        for written, reached in ((90.0, 90.0), (float("nan"), 90.0), (1e9, 90.0), (30.0, 30.0)):
            await trio.sleep(1)
            plc.db(DB)[16:20] = struct.pack(">f", written)
            await trio.sleep(60)
            (temperature,) = struct.unpack_from(">f", plc.db(DB), 12)
            assert abs(temperature - reached) < 3
        nursery.cancel_scope.cancel()


async def test_an_answer_is_taken_and_cleared(autojump_clock: MockClock) -> None:
    """What a client answers to a full crate clears the bit and the answer at the next move."""
    async with (
        open_s7_simulator(Memory({DB: bytearray(SIZE)})) as plc,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(play, Line(seed=1), plc, 0.5)
        for serial in range(1001, 1004):
            # Never in the instant of a move: the next one may fill the crate that waits.
            await trio.sleep(60.2)
            assert plc.db(DB)[62]
            assert struct.unpack_from(">i", plc.db(DB), 66) == (serial,)
            plc.db(DB)[64:66] = struct.pack(">h", 1)
            await trio.sleep(0.4)
            assert plc.db(DB)[62:66] == bytes(4)
        nursery.cancel_scope.cancel()
