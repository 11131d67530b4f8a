"""The machines of the demo: deterministic, alive, and shown by their PLCs under the right names."""

import math
from random import Random
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from warlogix.addresses.fins import parse_fins
from warlogix.simulators.fins import Memory, open_fins_simulator
from warlogix.simulators.scene import Access, open_factory
from warlogix.simulators.scene.boiler import BOILER, BoilerPanel
from warlogix.simulators.scene.machine import Machine, near, play
from warlogix.simulators.scene.machines import CONVEYOR, LABELLER, MIXER, PACKER

MACHINES: dict[str, tuple[Machine, Any]] = {
    "packer": (PACKER, 45.0),
    "conveyor": (CONVEYOR, 0.8),
    "mixer": (MIXER, 120.0),
    "boiler": (BOILER, 8.0),
    "labeller": (LABELLER, "HALLO"),
}


def shift(machine: Machine, asked: Any, seed: int) -> list[dict[str, Any]]:
    """What a machine shows in a hundred ticks."""
    return [dict(machine.shown(tick, Random(seed + tick), asked)) for tick in range(100)]


@pytest.mark.parametrize("name", MACHINES)
def test_a_shift_is_the_same_for_the_same_seed(name: str) -> None:
    """The same seed gives the same shift, and within it every value has moved."""
    machine, asked = MACHINES[name]
    shown = shift(machine, asked, 1)
    assert shown == shift(machine, asked, 1)
    assert all(len({str(tick[key]) for tick in shown}) > 1 for key in shown[0])


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_has_a_value_that_clients_set(name: str) -> None:
    """The value that moves the machine is a writable tag, and the machine never shows another."""
    machine, asked = MACHINES[name]
    writable = [tag for tag in machine.tags if tag.access is Access.WRITABLE]
    assert machine.asked in {tag.alias if machine is BOILER else tag.name for tag in writable}
    assert machine.asked not in shift(machine, asked, 1)[0]


@pytest.mark.parametrize("asked", [math.nan, math.inf, -1.0, 1e9])
def test_a_drive_does_not_follow_what_it_cannot_do(asked: float) -> None:
    """It stands still instead, give or take some noise."""
    assert abs(near(asked, Random(1), highest=90, spread=0.5)) < 3
    assert abs(near(80.0, Random(1), highest=90, spread=0.5) - 80) < 3


async def test_the_boiler_shows_its_values_where_its_tags_are(autojump_clock: MockClock) -> None:
    """Each value lies at its tag's address, and a pressure that was written is followed."""
    async with open_fins_simulator(Memory()) as plc, trio.open_nursery() as nursery:
        panel = BoilerPanel(plc)

        async def playing() -> None:
            await play(BOILER, panel, seed=1, interval=0.5)

        nursery.start_soon(playing)
        await trio.sleep(0.1)
        places = {tag.alias: parse_fins(tag.name, tag.data_type) for tag in BOILER.tags}
        assert {(change.area, change.word) for change in plc.journal.changes} == {
            (place.area.value, place.word) for place in places.values()
        }
        assert plc.words("D")[240:251] == b"STEAM 8 BAR"
        panel.put("PressureSetpoint", 3.0)
        await trio.sleep(10)
        assert abs(panel.get("Pressure") - 3) < 1
        nursery.cancel_scope.cancel()


async def test_a_factory_has_a_plc_of_each_family() -> None:
    """Each family and protocol is there once, on a port of its own, with a writable tag."""
    with trio.fail_after(60):
        async with open_factory(seed=1, interval=0.5) as plcs:
            assert len({plc.port for plc in plcs}) == len(plcs) == 6
            assert {(plc.family, plc.protocol) for plc in plcs} == {
                ("s7", ""),
                ("logix", ""),
                ("micro800", ""),
                ("beckhoff", ""),
                ("omron", ""),
                ("omron", "eip"),
            }
    assert all(any(tag.access is Access.WRITABLE for tag in plc.tags) for plc in plcs)
