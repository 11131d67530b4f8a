"""Finding and greeting an S7 CPU: rack, slot and name, and what is said when nobody is there."""

from collections.abc import AsyncIterator

import pytest
import trio

from warlogix.drivers.s7 import S7Driver
from warlogix.errors import Rejected, Unreachable
from warlogix.simulators.black_hole import black_hole
from warlogix.simulators.s7 import Cpu, Memory, S7Simulator, open_s7_simulator
from warlogix.tags import Endpoint, Tag


def memory() -> Memory:
    """A word that holds 1."""
    return Memory({1: bytearray(b"\0\1")})


def endpoint(port: int, *, slot: int = 1, rack: int = 0, timeout: float = 2.0) -> Endpoint:
    """A CPU on loopback."""
    return Endpoint("Press", "s7", "127.0.0.1", port, rack=rack, slot=slot, timeout=timeout)


@pytest.fixture
async def plc() -> AsyncIterator[S7Simulator]:
    """A running S7-1500."""
    with trio.fail_after(20):
        async with open_s7_simulator(memory()) as simulator:
            yield simulator


async def word(driver: S7Driver) -> object:
    """The word that holds 1."""
    return (await driver.read((Tag("DB1.DBW0"),))).values[0]


@pytest.mark.parametrize(("rack", "slot"), [(0, 5), (1, 1), (7, 31)])
async def test_a_wrong_rack_or_slot_is_rejected_with_the_usual_ones(
    plc: S7Simulator, rack: int, slot: int
) -> None:
    """The CPU's no to the greeting names what was asked for and what to try."""
    driver = S7Driver(endpoint(plc.port, rack=rack, slot=slot))
    with pytest.raises(Rejected) as caught:
        await driver.connect()
    assert f"rack {rack} slot {slot}" in caught.value.reason
    assert "S7-1500: slot 1, S7-300: slot 2" in caught.value.reason
    await driver.aclose()


async def test_a_cpu_in_another_rack_is_found() -> None:
    """Rack and slot reach the CPU as they were configured."""
    far = Cpu("S7-400", "6ES7 416-3ES07-0AB0", 480, frozenset({(3, 17)}), 8)
    with trio.fail_after(20):
        async with open_s7_simulator(memory(), cpu=far) as plc:
            driver = S7Driver(endpoint(plc.port, rack=3, slot=17))
            await driver.connect()
            assert await word(driver) == 1
            await driver.aclose()


async def test_a_name_is_looked_up(plc: S7Simulator) -> None:
    """A host name works like an address, and one that nobody knows is unreachable."""
    driver = S7Driver(Endpoint("Press", "s7", "localhost", plc.port, slot=1))
    await driver.connect()
    assert await word(driver) == 1
    await driver.aclose()
    with pytest.raises(Unreachable):
        await S7Driver(Endpoint("Press", "s7", "plc." + "x" * 70, plc.port)).connect()


async def test_a_closed_port_is_unreachable_in_plain_words(plc: S7Simulator) -> None:
    """The reason is the system's, with the address."""
    plc.refuse()
    with pytest.raises(Unreachable) as caught:
        await S7Driver(endpoint(plc.port)).connect()
    assert caught.value.reason == f"127.0.0.1:{plc.port}: connection refused"


async def test_a_cpu_without_a_free_connection_says_so(plc: S7Simulator) -> None:
    """A connection that is closed at once is explained by what closes it."""
    plc.most_connections = 0
    driver = S7Driver(endpoint(plc.port))
    with pytest.raises(Unreachable) as caught:
        await driver.connect()
    assert "every connection of the CPU is taken" in caught.value.reason


async def test_a_black_hole_costs_the_time_limit_and_no_thread() -> None:
    """Connecting to a host that is off ends by the endpoint's own timeout."""
    with trio.fail_after(5), black_hole() as port:
        driver = S7Driver(endpoint(port, timeout=0.2))
        with pytest.raises(Unreachable) as caught:
            await driver.connect()
    assert caught.value.reason == f"no answer from 127.0.0.1:{port} within 0.2 s"
