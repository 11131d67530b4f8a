"""A simulated NJ501 with structures, and the gateway's driver connected to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from warlogix.drivers.omron.eip import OmronEipSession
from warlogix.drivers.session import SessionDriver
from warlogix.simulators.cip import CipSimulator, Member, Program, Record, open_nj_simulator
from warlogix.simulators.cip import Tag as Variable
from warlogix.tags import Endpoint, Value

MOTOR = Record(
    "Motor",
    (
        Member("On", "BOOL"),
        Member("Mode", "SINT"),
        Member("Speed", "REAL"),
        Member("Name", "STRING(15)"),
        Member("Flags", "BOOL[19]"),
        Member("History", "INT[4]"),
    ),
)
LINE = Record(
    "Line", (Member("Id", "SINT"), Member("Motors", "Motor[2]"), Member("At", "DATE_AND_TIME"))
)
MOTOR_VALUE: dict[str, Value] = {
    "On": True,
    "Mode": -3,
    "Speed": 12.5,
    "Name": "Förderband",
    "Flags": [True, *[False] * 17, True],
    "History": [1, -2, 3, -4],
}
LINE_VALUE: dict[str, Value] = {
    "Id": 7,
    "Motors": [MOTOR_VALUE, {**MOTOR_VALUE, "On": False}],
    "At": "2024-01-15T10:30:00.123456789",
}


@asynccontextmanager
async def driving(program: Program) -> AsyncIterator[tuple[CipSimulator, SessionDriver]]:
    """A simulated controller, and a driver connected to it."""
    with trio.fail_after(20):
        async with open_nj_simulator(program) as plc:
            endpoint = Endpoint("Labeller", "omron", "127.0.0.1", plc.port, protocol="eip")
            driver = SessionDriver(endpoint, OmronEipSession)
            await driver.connect()
            yield plc, driver
            await driver.aclose()
            assert not plc.journal.offences


def program(*variables: Variable) -> Program:
    """A program with these variables and the two structures."""
    return Program(variables, types=(MOTOR, LINE))
