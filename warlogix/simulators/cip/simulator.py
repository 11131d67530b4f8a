"""Logix, Micro800 and Omron NJ controllers on loopback that any EtherNet/IP client can talk to.

async with open_logix_simulator(Program((Tag("Speed", "REAL", 72.5),))) as plc:
    client.connect("127.0.0.1", plc.port)
    plc.put("Speed", 80.0)
    plc.stall()
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from warlogix.simulators.cip.journal import Journal
from warlogix.simulators.cip.models import CONTROLLOGIX, MICRO850, NJ501, Model
from warlogix.simulators.cip.program import Program
from warlogix.simulators.cip.session import Session
from warlogix.simulators.cip.station import Station
from warlogix.simulators.server import Simulator, open_simulator


class CipSimulator(Simulator):
    """A running controller with its port; see `Simulator` for how it misbehaves.

    `station` holds what may be changed while it runs: connection sizes, pages, refusals.
    """

    def __init__(self, station: Station, port: int) -> None:
        super().__init__(lambda: Session(station), port)
        self.station = station

    @property
    def journal(self) -> Journal:
        """What has happened so far."""
        return self.station.journal

    def get(self, name: str) -> Any:
        """The value of a tag, a member, an element or a bit (`Speed.3`); `NotFound`."""
        return self.station.memory.named(name).get()

    def put(self, name: str, value: Any) -> None:
        """Change a value as the controller's own program would. Members not given stay."""
        self.station.memory.named(name).put(value)

    def raw(self, name: str) -> bytes:
        """The bytes of a tag, a member or an element."""
        place = self.station.memory.named(name)
        return bytes(place.variable.raw[place.at : place.at + place.laid.size])

    def poke(self, name: str, data: bytes) -> None:
        """Put bytes into the place of a tag, a member or an element, whatever they mean."""
        self.station.memory.named(name).write(data)

    def download(self, program: Program) -> None:
        """Run another program. Connections stay; numbers and change counters move."""
        self.station.load(program)

    def restart(self, program: Program | None = None) -> None:
        """Begin anew: connections are cut, the program is kept with its values or replaced."""
        self.drop()
        self.station.forget_connections()
        if program is not None:
            self.station.load(program)


@asynccontextmanager
async def open_logix_simulator(
    program: Program,
    *,
    model: Model = CONTROLLOGIX,
    slot: int = 0,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[CipSimulator]:
    """A ControlLogix or CompactLogix that runs the program until the block is left.

    `slot` is where its controller sits in the chassis.
    """
    station = Station(model, program, Journal(clock), trio.current_time, slot)
    async with open_simulator(CipSimulator(station, port)) as plc:
        yield plc


@asynccontextmanager
async def open_micro800_simulator(
    program: Program,
    *,
    model: Model = MICRO850,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[CipSimulator]:
    """A Micro800 that runs the program until the block is left."""
    station = Station(model, program, Journal(clock), trio.current_time)
    async with open_simulator(CipSimulator(station, port)) as plc:
        yield plc


@asynccontextmanager
async def open_nj_simulator(
    program: Program,
    *,
    model: Model = NJ501,
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[CipSimulator]:
    """An Omron NJ or NX with all variables published, until the block is left."""
    station = Station(model, program, Journal(clock), trio.current_time)
    async with open_simulator(CipSimulator(station, port)) as plc:
        yield plc
