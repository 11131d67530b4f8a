"""A PLC of another family than the configuration says is told by what it says it is."""

import pytest
import trio

from tests.protocol.logix_peers import connected, program
from warlogix.drivers.families import new_drivers
from warlogix.errors import Rejected
from warlogix.simulators.cip import Program, open_logix_simulator, open_nj_simulator
from warlogix.tags import Endpoint, Tag


async def test_an_nj_that_is_configured_as_a_logix_says_so() -> None:
    """Nobody searches for tags that are there; the remedy names the keys."""
    with trio.fail_after(10):
        async with open_nj_simulator(Program(())) as plc:
            driver = new_drivers()["logix"](Endpoint("Line", "logix", "127.0.0.1", plc.port))
            with pytest.raises(Rejected, match='family = "omron" and protocol = "eip"'):
                await driver.connect()


async def test_a_logix_that_is_configured_as_an_nj_says_so() -> None:
    """The other way round, with the name of the product."""
    with trio.fail_after(10):
        async with open_logix_simulator(program()) as plc:
            where = Endpoint("Line", "omron", "127.0.0.1", plc.port, protocol="eip")
            with pytest.raises(Rejected, match=r'1756-.* of Rockwell: write family = "logix"'):
                await new_drivers()["omron"](where).connect()


async def test_a_logix_that_is_configured_as_a_micro800_is_read_all_the_same() -> None:
    """What the PLC says it is decides how it is spoken to."""
    with trio.fail_after(10):
        async with open_logix_simulator(program()) as plc, connected(plc, "micro800") as driver:
            readings = await driver.read((Tag("Program:Main.Step"),))
    assert list(readings.values) == [7]
