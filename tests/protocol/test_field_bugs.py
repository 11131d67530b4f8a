"""Bugs from the field that no other test is about; `tests/field_bugs.md` lists all of them."""

import pytest
import trio

from tests.contracts.plants import SIMULATED
from warlogix.drivers.families import new_drivers
from warlogix.errors import Unreachable
from warlogix.simulators.cip import Program, open_logix_simulator
from warlogix.simulators.cip import Tag as Variable
from warlogix.tags import Endpoint, Tag


@pytest.mark.parametrize("family", SIMULATED)
async def test_drivers_print_nothing(family: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither a driver nor a library under it says anything, in good days and in bad ones."""
    with trio.fail_after(20):
        async with SIMULATED[family](many=0) as plant:
            plant.put((1, -2, 3))
            driver = plant.driver()
            await driver.connect()
            await driver.read((plant.missing, *plant.tags, *plant.rich))
            await driver.write(plant.tags[0], 7)
            await driver.write(plant.missing, 7)
            plant.cut()
            with pytest.raises(Unreachable):
                await driver.read(plant.tags)
            await driver.aclose()
    assert capfd.readouterr() == ("", "")


async def test_a_controller_without_a_free_connection_is_read_all_the_same() -> None:
    """What has no CIP connection left is asked without one, or says that it has none."""
    with trio.fail_after(20):
        async with open_logix_simulator(Program((Variable("Speed", "INT", 5),))) as plc:
            plc.station.most_connections = 0
            endpoint = Endpoint("Packer", "logix", "127.0.0.1", plc.port, timeout=1.0)
            driver = new_drivers()["logix"](endpoint)
            await driver.connect()
            assert list((await driver.read((Tag("Speed"),))).values) == [5]
            await driver.aclose()
