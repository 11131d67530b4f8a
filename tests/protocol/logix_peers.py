"""A Logix program with a tag of every shape, and drivers connected to whatever runs it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from warlogix.drivers.base import Driver
from warlogix.drivers.logix import LogixSession
from warlogix.drivers.session import SessionDriver
from warlogix.simulators.cip import CipSimulator, Member, Program, Record, open_logix_simulator
from warlogix.simulators.cip import Tag as Variable
from warlogix.simulators.cip.program import TIMER, Access, StringType
from warlogix.tags import Endpoint, Tag

MOTOR = Record(
    "Motor",
    (
        Member("Speed", "REAL"),
        Member("Running", "BOOL"),
        Member("Faulty", "BOOL"),
        Member("Hours", "DINT"),
    ),
)
LINE = Record(
    "Line",
    (
        Member("Name", "STRING"),
        Member("Motors", "Motor[3]"),
        Member("Doors", "BOOL[32]"),
        Member("Steps", "INT[3]"),
    ),
)
MOTOR_VALUE: dict[str, Any] = {"Speed": 1.5, "Running": True, "Faulty": False, "Hours": 7}
LINE_VALUE: dict[str, Any] = {
    "Name": "Line 1",
    "Motors": [MOTOR_VALUE, MOTOR_VALUE | {"Hours": 8}, MOTOR_VALUE | {"Faulty": True}],
    "Doors": [n % 5 == 0 for n in range(32)],
    "Steps": [1, -2, 3],
}
# Every value of one type, and one that it is changed to.
VALUES: dict[str, tuple[str, Any, Any]] = {
    "Flag": ("BOOL", True, False),
    "Small": ("SINT", -128, 127),
    "Short": ("INT", -32768, 32767),
    "Count": ("DINT", -(2**31), 2**31 - 1),
    "Total": ("LINT", -(2**63), 2**63 - 1),
    "Byte": ("USINT", 255, 0),
    "Word": ("UINT", 65535, 1),
    "Double": ("UDINT", 2**32 - 1, 2),
    "Quad": ("ULINT", 2**64 - 1, 3),
    "Speed": ("REAL", 3.14, 3.4028235e38),
    "Exact": ("LREAL", 3.141592653589793, -1.7976931348623157e308),
    "Title": ("STRING", "Grüße", ""),
    "Label": ("STRING", "abc", "x" * 20),
    "Row": ("INT[10]", list(range(10)), list(range(10, 20))),
    "Grid": ("DINT[2,3]", [[1, 2, 3], [4, 5, 6]], [[-1, -2, -3], [0, 0, 0]]),
    "Cube": ("SINT[2,2,2]", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[[0, 0]] * 2] * 2),
    "Flags": ("BOOL[64]", [n % 3 == 0 for n in range(64)], [n % 2 == 0 for n in range(64)]),
    "Names": ("STRING[3]", ["a", "", "ccc"], ["", "bb", "c"]),
    "Huge": ("DINT[3000]", list(range(3000)), list(range(3000, 0, -1))),
    "One": ("Motor", MOTOR_VALUE, MOTOR_VALUE | {"Running": False}),
    "Four": ("Motor[4]", [MOTOR_VALUE] * 4, [MOTOR_VALUE | {"Hours": n} for n in range(4)]),
    "Packer": ("Line", LINE_VALUE, LINE_VALUE | {"Name": "", "Steps": [9, 8, 7]}),
    "Program:Main.Step": ("DINT", 7, 8),
}


def program() -> Program:
    """All of `VALUES`, a timer, and tags that not everybody may use."""
    declared = {"Label": "Label20"}
    tags = [
        Variable(name, declared.get(name, kind), value)
        for name, (kind, value, _) in VALUES.items()
        if ":" not in name
    ]
    tags += [
        Variable("Delay", "TIMER"),
        Variable("Given", "DINT", 3, Access.READ_ONLY),
        Variable("Secret", "DINT", 3, Access.NONE),
    ]
    main = (Variable("Step", "DINT", 7),)
    types = (StringType("Label20", 20), TIMER, MOTOR, LINE)
    return Program(tuple(tags), {"Main": main}, types)


def endpoint(port: int, family: str = "logix", slot: int = 0) -> Endpoint:
    """A controller on loopback."""
    return Endpoint("Packer", family, "127.0.0.1", port, slot=slot, timeout=1.0)


@asynccontextmanager
async def connected(
    plc: CipSimulator, family: str = "logix", now: Callable[[], float] | None = None
) -> AsyncIterator[Driver]:
    """A driver that is connected, and closed at the end."""
    driver = SessionDriver(
        endpoint(plc.port, family),
        lambda to: LogixSession(to, now) if now else LogixSession(to),
    )
    await driver.connect()
    try:
        yield driver
    finally:
        await driver.aclose()


@asynccontextmanager
async def logix(given: Program | None = None) -> AsyncIterator[tuple[CipSimulator, Driver]]:
    """A ControlLogix with the program, and a driver connected to it."""
    async with open_logix_simulator(given or program()) as plc, connected(plc) as driver:
        yield plc, driver


def tags(*names: str) -> tuple[Tag, ...]:
    """Tags of these names, all types told by the PLC."""
    return tuple(map(Tag, names))
