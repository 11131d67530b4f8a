"""A filling line that moves, for `demo`: counters, a noisy temperature, batches, full crates.

The same seed and steps give the same shift, tick by tick. The line is data and `step` is a pure
function; only `play` knows of Trio and of the PLC whose DB1 shows the line.

    async with open_s7_simulator(Memory({DB: bytearray(SIZE)})) as plc:
        await play(Line(seed=1), plc, interval=0.5)
"""

import random
import struct
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NoReturn

import trio

from warlogix.simulators.s7 import S7Simulator
from warlogix.simulators.scene.crate import Crate, filled, room, taken
from warlogix.simulators.scene.machine import Access, SceneTag

DB = 1
SIZE = 74
BATCH_SIZE = 120
HOTTEST = 150
_SETPOINT_AT = 16
_ACK_AT = 64


TAGS = (
    SceneTag("DB1.DBX0.0", "Running", "BOOL"),
    SceneTag("DB1.DBX1.3", "ResetButton", "BOOL"),
    SceneTag("DB1.DBW2", "State", "INT"),
    SceneTag("DB1.DBD4", "BottlesFilled", "DINT"),
    SceneTag("DB1.DBD8", "BottlesRejected", "DINT"),
    SceneTag("DB1.DBD12", "Temperature", "REAL"),
    SceneTag("DB1.DBD16", "Setpoint", "REAL", Access.WRITABLE),
    SceneTag("DB1.DBB20", "Batch", "STRING[20]"),
    SceneTag("DB1.42", "Clock", "DTL"),
    SceneTag("DB1.54", "FillWeights", "INT[4]"),
    SceneTag("DB1.DBX62.0", "CrateFull", "BOOL"),
    SceneTag("DB1.DBW64", "CrateAck", "INT", Access.WRITABLE),
    SceneTag("DB1.DBD66", "Serial", "DINT"),
    SceneTag("DB1.DBD70", "Grams", "DINT"),
)


class State(IntEnum):
    """What the line is doing."""

    STOPPED = 0
    FILLING = 1
    CHANGING_BATCH = 2
    JAMMED = 3
    WAITING = 4


@dataclass(frozen=True, slots=True)
class Line:
    """The line at one tick. Temperatures in degrees Celsius, weights in grams.

    `since` counts the ticks in the present state.
    """

    seed: int = 0
    tick: int = 0
    clock: datetime = datetime(2024, 1, 15, 6)
    state: State = State.STOPPED
    since: int = 0
    button: bool = False
    filled: int = 0
    rejected: int = 0
    temperature: float = 20.0
    setpoint: float = 72.5
    batch: int = 1
    weights: tuple[int, ...] = (0, 0, 0, 0)
    crate: Crate = field(default_factory=Crate)


def step(line: Line, seconds: float) -> Line:
    """The line one tick, that is so many seconds, later."""
    chance = random.Random(line.seed * 1_000_003 + line.tick)
    drift = (line.setpoint - line.temperature) * 0.1 + chance.gauss(0, 0.15)
    line = replace(
        line,
        tick=line.tick + 1,
        since=line.since + 1,
        clock=line.clock + timedelta(seconds=seconds),
        temperature=round(line.temperature + drift, 1),
        crate=taken(line.crate),
    )
    match line.state:
        case State.STOPPED if line.since > 2:
            return _enter(line, State.FILLING)
        case State.FILLING:
            return _fill(line, chance)
        case State.CHANGING_BATCH if line.since > 5:
            return _enter(replace(line, batch=line.batch + 1), State.FILLING)
        case State.JAMMED:
            # The operator needs a moment to come, and holds the button for two ticks.
            line = replace(line, button=line.since > 6)
            return _enter(line, State.FILLING) if line.since > 8 else line
        case State.WAITING if not line.crate.full:
            return _enter(line, State.FILLING)
    return line


def _enter(line: Line, state: State) -> Line:
    return replace(line, state=state, since=0, button=False)


def _fill(line: Line, chance: random.Random) -> Line:
    if not room(line.crate, len(line.weights)):
        return _enter(line, State.WAITING)
    weights = tuple(round(chance.gauss(500, 4)) for _ in line.weights)
    bad = sum(abs(weight - 500) > 9 for weight in weights)
    line = replace(
        line,
        filled=line.filled + len(weights),
        rejected=line.rejected + bad,
        weights=weights,
        crate=filled(line.crate, weights),
    )
    if line.filled % BATCH_SIZE == 0:
        return _enter(line, State.CHANGING_BATCH)
    return _enter(line, State.JAMMED) if chance.random() < 0.01 else line


def fields(line: Line) -> tuple[tuple[int, bytes], ...]:
    """Where each value of the line stands in DB1, and its bytes there; not the setpoint.

    In the order in which they are put there: a full crate is raised behind what it is about.
    """
    name = f"LOT-{line.batch:05d}".encode()
    now = line.clock
    # A DTL counts its weekdays from Sunday, which is 1.
    clock = (now.year, now.month, now.day, now.isoweekday() % 7 + 1)
    return (
        (0, bytes((line.state is State.FILLING,))),
        (1, bytes((line.button << 3,))),
        (2, struct.pack(">h", line.state)),
        (4, struct.pack(">i", line.filled)),
        (8, struct.pack(">i", line.rejected)),
        (12, struct.pack(">f", line.temperature)),
        (20, bytes((20, len(name))) + name.ljust(20, b"\0")),
        (42, struct.pack(">HBBBBBBI", *clock, now.hour, now.minute, now.second, 0)),
        (54, struct.pack(">4h", *line.weights)),
        (66, struct.pack(">i", line.crate.serial)),
        (70, struct.pack(">i", line.crate.grams)),
        (_ACK_AT, struct.pack(">h", line.crate.ack)),
        (62, bytes((line.crate.full,))),
    )


async def play(line: Line, plc: S7Simulator, interval: float) -> NoReturn:
    """Show the line in the PLC's DB1 and move it every `interval` seconds, for ever.

    Only what moves is put there. The setpoint is the clients': who writes it changes the
    temperature, within what the heater can do. So is the answer to a full crate, until it is taken.
    """
    plc.poke(DB, _SETPOINT_AT, struct.pack(">f", line.setpoint))
    shown: tuple[tuple[int, bytes], ...] = ()
    due = trio.current_time()
    while True:
        for place in fields(line):
            if place not in shown:
                plc.poke(DB, *place)
        due += interval
        await trio.sleep_until(due)
        line = _asked(line, plc.db(DB))
        shown = fields(line)
        line = step(line, interval)


def _asked(line: Line, db: bytearray) -> Line:
    """The line with what clients have written."""
    (setpoint,) = struct.unpack_from(">f", db, _SETPOINT_AT)
    (ack,) = struct.unpack_from(">h", db, _ACK_AT)
    line = replace(line, crate=replace(line.crate, ack=ack))
    return replace(line, setpoint=setpoint) if 0 <= setpoint <= HOTTEST else line
