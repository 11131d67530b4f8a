"""The Beckhoff driver while the runtime starts anew behind a router that stays."""

import pytest

from tests.protocol.ads_drivers import COUNT, LEVEL_TAG, MIXER, TAGS, connected
from warlogix.errors import Rejected
from warlogix.simulators.ads import AdsSimulator, open_ads_simulator
from warlogix.simulators.ads.runtime import Handle
from warlogix.tags import Outcome


def start_as_others_ask_first(plc: AdsSimulator, before: dict[int, Handle]) -> None:
    """The same program again; another client gets all numbers, for the variables it wants."""
    plc.host.load(851, MIXER)
    now = plc.runtime()
    wanted = {COUNT.name: LEVEL_TAG.name, LEVEL_TAG.name: COUNT.name}
    for number, handle in before.items():
        name = handle.place.name
        now.handles[number] = Handle(now.find(wanted.get(name, name)), now.version, now.memory)


async def test_handles_of_before_a_restart_are_used_no_more() -> None:
    """Their numbers may be others' now: nothing is read or written under a wrong name by them."""
    async with open_ads_simulator(MIXER) as plc, connected(plc) as driver:
        await driver.read(TAGS)
        before = plc.runtime().handles
        plc.host.unload(851)
        with pytest.raises(Rejected, match="nothing serves at AMS port 851"):
            await driver.read(TAGS)
        start_as_others_ask_first(plc, before)
        readings = await driver.read((COUNT, LEVEL_TAG))
        assert (readings.values, readings.bad) == ([42, 12.5], {})
        assert (await driver.write(COUNT, 7)).outcome is Outcome.DONE
        assert (plc.get("MAIN.Count"), plc.get("MAIN.Level")) == (7, 12.5)
        assert plc.accepted == 1
