"""A Siemens S7 on loopback that any S7 client can talk to, and that can be made to misbehave.

async with open_s7_simulator(Memory({1: bytearray(64)})) as plc:
    client.connect("127.0.0.1", 0, 1, plc.port)
    plc.db(1)[4:8] = (42).to_bytes(4, "big")
    plc.stall()
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from warlogix.simulators.s7.journal import Journal
from warlogix.simulators.s7.memory import Memory
from warlogix.simulators.s7.station import S7_1500, Cpu, Session, Station
from warlogix.simulators.server import Simulator, open_simulator


class S7Simulator(Simulator):
    """A running CPU with its port; see `Simulator` for how it misbehaves."""

    def __init__(self, station: Station, port: int) -> None:
        super().__init__(lambda: Session(station), port)
        self.station = station

    @property
    def journal(self) -> Journal:
        """What has happened so far."""
        return self.station.journal

    def db(self, number: int) -> bytearray:
        """The live bytes of a data block."""
        return self.station.memory.dbs[number]

    def poke(self, db: int, start: int, data: bytes) -> None:
        """Put bytes into a data block as the CPU's own program would, and note it."""
        self.db(db)[start : start + len(data)] = data
        self.journal.note_change(db, start, data)

    def restart(self, memory: Memory | None = None) -> None:
        """Begin anew: connections are cut, the memory is kept or replaced."""
        self.drop()
        if memory is not None:
            self.station.memory = memory


@asynccontextmanager
async def open_s7_simulator(
    memory: Memory,
    *,
    cpu: Cpu = S7_1500,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[S7Simulator]:
    """A CPU that serves the memory on loopback until the block is left."""
    async with open_simulator(S7Simulator(Station(cpu, memory, Journal(clock)), port)) as plc:
        yield plc
