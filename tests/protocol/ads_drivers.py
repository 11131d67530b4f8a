"""Drivers of a simulated TwinCAT host, as tests of the Beckhoff driver open them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from warlogix.drivers.ads import new_ads_drivers
from warlogix.drivers.session import SessionDriver
from warlogix.simulators.ads import AdsSimulator, Alias, Enumeration, Field, Project, Struct, Symbol
from warlogix.tags import Endpoint, Tag

MOTOR = Struct("ST_Motor", (Field("On", "BOOL"), Field("Mode", "E_Mode"), Field("Speed", "REAL")))
MODE = Enumeration("E_Mode", {"Idle": 0, "Run": 1})
LEVEL = Alias("T_Level", "LREAL")
MIXER = Project(
    (
        Symbol("MAIN.Count", "DINT", 42),
        Symbol("MAIN.Level", "T_Level", 12.5),
        Symbol("MAIN.Motors", "ARRAY [1..3] OF ST_Motor"),
        Symbol("MAIN.Recipe", "STRING(20)", "Rye"),
    ),
    (MOTOR, MODE, LEVEL),
)
COUNT, LEVEL_TAG, MOTORS, RECIPE = TAGS = tuple(Tag(symbol.name) for symbol in MIXER.symbols)


def endpoint(
    plc: AdsSimulator, *, name: str = "Mixer", ams_port: int = 851, limit: float = 5.0
) -> Endpoint:
    """Where a simulated host is."""
    return Endpoint(
        name,
        "beckhoff",
        "127.0.0.1",
        plc.port,
        ams_net_id=plc.net_id,
        ams_port=ams_port,
        timeout=limit,
    )


@asynccontextmanager
async def connected(plc: AdsSimulator, limit: float = 5.0) -> AsyncIterator[SessionDriver]:
    """A connected driver that shares with nobody."""
    driver = new_ads_drivers()(endpoint(plc, limit=limit))
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.aclose()
