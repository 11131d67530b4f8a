"""Several PLCs of one host over one connection, as TwinCAT's router wants it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import trio
import trio.testing

from tests.protocol.ads_drivers import COUNT, MIXER, TAGS, endpoint
from warlogix.drivers.ads import new_ads_drivers
from warlogix.drivers.families import new_drivers
from warlogix.drivers.session import SessionDriver
from warlogix.errors import Unreachable
from warlogix.simulators.ads import AdsSimulator, Project, Symbol, open_ads_simulator
from warlogix.tags import Outcome, Tag

PUMP = Project((Symbol("MAIN.Count", "DINT", 7),))
LIMIT = 0.5

Pair = tuple[SessionDriver, SessionDriver]
Gateway = Callable[[str, int], SessionDriver]


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host with two programs."""
    with trio.fail_after(20):
        async with open_ads_simulator({851: MIXER, 852: PUMP}) as simulator:
            yield simulator


@pytest.fixture
async def gateway(plc: AdsSimulator) -> AsyncIterator[Gateway]:
    """What makes the drivers of one gateway, which are closed at the end."""
    new_driver, made = new_ads_drivers(), []

    def make(name: str, ams_port: int) -> SessionDriver:
        made.append(new_driver(endpoint(plc, name=name, ams_port=ams_port, limit=LIMIT)))
        return made[-1]

    yield make
    for driver in made:
        await driver.aclose()


@pytest.fixture
async def pair(gateway: Gateway) -> Pair:
    """Connected drivers of both programs."""
    mixer, pump = gateway("Mixer", 851), gateway("Pump", 852)
    await mixer.connect()
    await pump.connect()
    return mixer, pump


async def test_two_programs_of_a_host_share_one_connection(plc: AdsSimulator, pair: Pair) -> None:
    """A second connection of the same Net ID would cut the first."""
    mixer, pump = pair
    assert (await mixer.read((COUNT,))).values == [42]
    assert (await pump.read((COUNT,))).values == [7]
    assert (await mixer.read((COUNT,))).values == [42]
    assert (plc.accepted, plc.connections.value) == (1, 1)


async def test_drivers_of_one_gateway_share_what_drivers_of_another_do_not(
    plc: AdsSimulator,
) -> None:
    """Each `new_drivers` is one gateway."""
    plc.one_connection = False
    first, second = new_drivers()["beckhoff"], new_drivers()["beckhoff"]
    drivers = [make(endpoint(plc)) for make in (first, first, second)]
    try:
        for driver in drivers:
            await driver.connect()
        assert plc.accepted == 2
    finally:
        for driver in drivers:
            await driver.aclose()
    await plc.connections.wait_value(0)


async def test_a_router_is_one_however_its_address_is_written(plc: AdsSimulator) -> None:
    """Two connections to it would cut each other for ever."""
    new_driver = new_ads_drivers()
    first = replace(endpoint(plc), host="localhost", ams_net_id="127.0.0.1.1.1")
    second = replace(first, host="LocalHost", ams_net_id="127.0.0.1.01.1", ams_port=852)
    drivers = [new_driver(first), new_driver(second)]
    for driver in drivers:
        await driver.connect()
    assert [(await driver.read((COUNT,))).values for driver in drivers] == [[42], [7]]
    assert plc.accepted == 1
    for driver in drivers:
        await driver.aclose()


async def test_drivers_that_connect_at_once_make_one_connection(
    plc: AdsSimulator, gateway: Gateway
) -> None:
    """Nobody dials while another does."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(gateway("Mixer", 851).connect)
        nursery.start_soon(gateway("Pump", 852).connect)
    assert plc.accepted == 1


async def test_many_readings_at_once_get_each_its_own_answer(plc: AdsSimulator, pair: Pair) -> None:
    """Answers are told apart by their number, in whatever order they come."""
    mixer, pump = pair
    speed = Tag("MAIN.Level")
    await mixer.read((COUNT, speed))
    await pump.read((COUNT,))
    seen: list[tuple[object, ...]] = []

    async def poll(driver: SessionDriver, tags: tuple[Tag, ...]) -> None:
        for _ in range(100):
            seen.append((driver, *(await driver.read(tags)).values))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(poll, mixer, (COUNT, speed))
        nursery.start_soon(poll, pump, (COUNT,))
    assert len(seen) == 200
    assert set(seen) == {(mixer, 42, 12.5), (pump, 7)}


async def test_a_silent_program_holds_up_none_beside_it(plc: AdsSimulator, pair: Pair) -> None:
    """Its requests run out of time, those of its neighbour are answered meanwhile."""
    mixer, pump = pair
    await pump.read((COUNT,))
    plc.stall_port(851)
    answered = 0

    async def poll() -> None:
        nonlocal answered
        while True:
            await pump.read((COUNT,))
            answered += 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(poll)
        with pytest.raises(Unreachable) as caught:
            await mixer.read(TAGS)
        nursery.cancel_scope.cancel()
    assert (caught.value.plc, caught.value.reason) == ("Mixer", "no answer within 0.5 s")
    assert answered > 10


async def test_a_silent_program_is_connected_again_over_the_same_connection(
    plc: AdsSimulator, gateway: Gateway, pair: Pair
) -> None:
    """The router answers for itself, so that the neighbour's connection is not cut for it."""
    mixer, pump = pair
    plc.stall_port(851)
    with pytest.raises(Unreachable):
        await mixer.read(TAGS)
    for _ in range(2):
        with pytest.raises(Unreachable, match=r"no answer within 0\.5 s"):
            await gateway("Mixer", 851).connect()
    plc.resume_port(851)
    again = gateway("Mixer", 851)
    await again.connect()
    assert (await again.read((COUNT,))).values == [42]
    assert (await pump.read((COUNT,))).values == [7]
    assert plc.accepted == 1


async def test_a_late_answer_is_dropped_on_a_connection_that_goes_on(
    plc: AdsSimulator, gateway: Gateway, pair: Pair
) -> None:
    """It has the number of a request that nobody waits for any more."""
    mixer, pump = pair
    await mixer.read((COUNT,))
    plc.stall_port(851)
    with pytest.raises(Unreachable):
        await mixer.read((COUNT,))
    assert (await pump.read((COUNT,))).values == [7]
    plc.resume_port(851)
    plc.put("MAIN.Count", 43)
    again = gateway("Mixer", 851)
    await again.connect()
    assert (await again.read((COUNT,))).values == [43]
    assert (await pump.read((COUNT,))).values == [7]
    assert plc.accepted == 1


async def test_a_cut_connection_is_told_to_all_and_made_once_more(
    plc: AdsSimulator, gateway: Gateway, pair: Pair
) -> None:
    """Whoever connects first makes the new one, the other joins it."""
    plc.drop()
    for driver in pair:
        with pytest.raises(Unreachable):
            await driver.read((COUNT,))
    again = gateway("Mixer", 851), gateway("Pump", 852)
    for driver in again:
        await driver.connect()
    assert [(await driver.read((COUNT,))).values for driver in again] == [[42], [7]]
    assert plc.accepted == 2


async def test_a_host_that_is_gone_is_found_out_though_both_ask_by_turns(
    plc: AdsSimulator, gateway: Gateway, pair: Pair
) -> None:
    """A dead connection is not kept alive by one of two that always joins it again."""
    mixer, pump = pair
    plc.stall()
    with pytest.raises(Unreachable):
        await mixer.read((COUNT,))
    assert plc.accepted == 1
    with pytest.raises(Unreachable):
        await gateway("Mixer", 851).connect()
    assert plc.accepted == 2
    with pytest.raises(Unreachable):
        await pump.read((COUNT,))
    plc.drop()
    plc.resume()
    again = gateway("Mixer", 851), gateway("Pump", 852)
    for driver in again:
        await driver.connect()
    assert [(await driver.read((COUNT,))).values for driver in again] == [[42], [7]]
    assert plc.connections.value == 1


async def test_who_is_cancelled_while_reading_for_others_takes_nothing_along(
    plc: AdsSimulator, pair: Pair
) -> None:
    """The other goes on reading where it stopped, in the middle of a frame too."""
    mixer, pump = pair
    await pump.read((COUNT,))
    plc.stall()
    result: list[object] = []

    async def ask() -> None:
        result.extend((await pump.read((COUNT,))).values)

    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as first:
            nursery.start_soon(mixer.read, TAGS)
            await plc.held.wait_value(1)
            nursery.start_soon(ask)
            await plc.held.wait_value(2)
            first.cancel()
        plc.resume()
    assert result == [7]
    assert (plc.accepted, plc.connections.value) == (1, 1)


async def test_a_write_and_a_reading_do_not_wait_for_each_other(
    plc: AdsSimulator, pair: Pair
) -> None:
    """Of two programs: the one that is silent makes no write to the other late."""
    mixer, pump = pair
    plc.stall_port(851)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_fail, mixer)
        await plc.held.wait_value(1)
        result = await pump.write(COUNT, 8)
        assert result.outcome is Outcome.DONE
        nursery.cancel_scope.cancel()
    assert plc.get("MAIN.Count", 852) == 8


async def _fail(driver: SessionDriver) -> None:
    with pytest.raises(Unreachable):
        await driver.read(TAGS)


async def test_the_last_to_leave_closes_the_connection(plc: AdsSimulator, pair: Pair) -> None:
    """Not the first."""
    mixer, pump = pair
    await mixer.aclose()
    await trio.testing.wait_all_tasks_blocked()
    assert (await pump.read((COUNT,))).values == [7]
    await pump.aclose()
    await plc.connections.wait_value(0)
