"""The Beckhoff driver while the PLC's program changes: no value by stale definitions, ever."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import trio

from tests.protocol.ads_drivers import (
    COUNT,
    LEVEL,
    MIXER,
    MODE,
    MOTOR,
    RECIPE,
    TAGS,
    connected,
    endpoint,
)
from warlogix.datatypes import DataType
from warlogix.drivers.ads import AdsLinks, AdsSession
from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.drivers.session import SessionDriver
from warlogix.errors import Rejected
from warlogix.simulators.ads import AdsSimulator, Field, Group, Project, Symbol, open_ads_simulator
from warlogix.tags import Outcome, Tag

Change = Callable[[AdsSimulator, Project], None]
CHANGES: tuple[Change, ...] = (AdsSimulator.download, AdsSimulator.online_change)
either_change = pytest.mark.parametrize("change", CHANGES, ids=["download", "online change"])


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host with a mixer's program."""
    with trio.fail_after(20):
        async with open_ads_simulator(MIXER) as simulator:
            yield simulator


def with_count(type_name: str, value: int | str) -> Project:
    """The mixer's program with another MAIN.Count, and another symbol in front of it."""
    count = Symbol("MAIN.Count", type_name, value)
    first = Symbol("MAIN.Added", "ARRAY [0..9] OF LINT", [-1] * 10)
    return replace(MIXER, symbols=(first, count, *MIXER.symbols[1:]))


@either_change
async def test_values_follow_their_names_when_they_move(plc: AdsSimulator, change: Change) -> None:
    """Where a variable lay there is another now; the very next reading has the right one."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        change(plc, with_count("DINT", 43))
        plc.put("MAIN.Count", 43)
        readings = await driver.read(TAGS)
        assert readings.bad == {}
        assert (readings.values[0], readings.values[3]) == (43, "Rye")
        assert plc.connections.value == 1
        assert plc.journal.offences == []


@either_change
async def test_a_type_that_changes_is_published_with_the_first_value_of_it(
    plc: AdsSimulator, change: Change
) -> None:
    """A value of the new type never comes with the old name, nor the reverse."""
    async with connected(plc) as driver:
        before = await driver.read(TAGS)
        change(plc, with_count("REAL", 1))
        plc.put("MAIN.Count", 2.5)
        after = await driver.read(TAGS)
        assert (before.types[0], before.values[0]) == ("DINT", 42)
        assert (after.types[0], after.values[0]) == ("REAL", 2.5)


@either_change
async def test_a_variable_that_is_gone_is_bad_and_its_neighbours_are_not(
    plc: AdsSimulator, change: Change
) -> None:
    """In the very next reading; and it is good again with the program that has it."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        change(plc, replace(MIXER, symbols=MIXER.symbols[1:]))
        readings = await driver.read(TAGS)
        assert list(readings.bad) == [0]
        assert readings.values[3] == "Rye"
        change(plc, MIXER)
        assert (await driver.read(TAGS)).bad == {}


@either_change
async def test_nothing_is_written_by_the_definitions_of_another_program(
    plc: AdsSimulator, change: Change
) -> None:
    """A value that was converted for a DINT is not written to what is a REAL now."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        change(plc, with_count("REAL", 1))
        result = await driver.write(COUNT, 7)
        assert result.outcome is Outcome.REFUSED
        assert result.reason == "the type of MAIN.Count changed from DINT to REAL"
        assert not plc.journal.writes
        assert driver.kind(COUNT) == DataType("REAL")


@either_change
async def test_a_write_finds_its_variable_where_it_is_now(
    plc: AdsSimulator, change: Change
) -> None:
    """Of the same type at another place: written there, and nowhere else."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        change(plc, with_count("DINT", 0))
        assert (await driver.write(COUNT, 7)).outcome is Outcome.DONE
        assert plc.get("MAIN.Count") == 7
        assert plc.get("MAIN.Added") == [-1] * 10


async def test_a_structure_that_grows_is_written_whole_or_not_at_all(plc: AdsSimulator) -> None:
    """A value without the new member is refused: it would put 0 into it."""
    tag = Tag("MAIN.Motors[1]")
    async with connected(plc) as driver:
        value = (await driver.read((tag,))).values[0]
        grown = replace(MOTOR, fields=(*MOTOR.fields, Field("New", "INT")))
        plc.online_change(replace(MIXER, types=(grown, MODE, LEVEL)))
        result = await driver.write(tag, value)
        assert result.outcome is Outcome.REFUSED
        assert not plc.journal.writes


async def test_an_online_change_gives_old_handles_back(plc: AdsSimulator) -> None:
    """They stay valid then, and would stay in the PLC for ever."""
    async with connected(plc) as driver:
        for number in range(5):
            await driver.read(TAGS)
            plc.online_change(with_count("DINT", number))
        await driver.read(TAGS)
        assert len(plc.runtime().handles) == len(TAGS) + 1


async def test_a_download_gives_no_handles_back(plc: AdsSimulator) -> None:
    """The PLC has forgotten them, and may have given their numbers to others."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        plc.download(MIXER)
        await driver.read(TAGS)
        assert plc.journal.groups[Group.RELEASE_HANDLE] == 0


async def test_a_program_that_changes_all_the_time_is_told(plc: AdsSimulator) -> None:
    """The read ends, says why, and the connection stays."""

    def change(answer: bytes) -> bytes:
        plc.download(MIXER)
        return answer

    async with connected(plc) as driver:
        await driver.read(TAGS)
        plc.spoil = change
        await driver.read(TAGS)
        with pytest.raises(Rejected, match="program was changed while it was read"):
            await driver.read(TAGS)
        with pytest.raises(Rejected, match="program was changed before it was written"):
            await driver.write(RECIPE, "Oat")
        plc.spoil = None
        assert (await driver.read(TAGS)).bad == {}
        assert not plc.journal.writes


async def test_what_is_missing_is_asked_for_again_from_time_to_time(plc: AdsSimulator) -> None:
    """Not with every poll; a program without signs of its change gets its tags back by that."""
    now = 100.0
    links = AdsLinks()
    driver = SessionDriver(endpoint(plc), lambda given: AdsSession(links, given, now=lambda: now))
    await driver.connect()
    tags = (COUNT, Tag("MAIN.Added"))
    await driver.read(tags)
    asked = plc.journal.groups[Group.SYMBOL_BY_NAME]
    now += TRY_AGAIN_AFTER - 1
    await driver.read(tags)
    assert plc.journal.groups[Group.SYMBOL_BY_NAME] == asked
    now += 2
    assert list((await driver.read(tags)).bad) == [1]
    assert plc.journal.groups[Group.SYMBOL_BY_NAME] == asked + 1
    await driver.aclose()


async def test_a_runtime_that_restarts_is_told_and_read_again(plc: AdsSimulator) -> None:
    """While its AMS port is away the router says so; the connection stays meanwhile."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        plc.host.unload(851)
        with pytest.raises(Rejected, match="nothing serves at AMS port 851"):
            await driver.read(TAGS)
        with pytest.raises(Rejected, match="nothing serves at AMS port 851"):
            await driver.write(COUNT, 1)
        plc.host.load(851, with_count("DINT", 44))
        assert (await driver.read(TAGS)).values[0] == 44
        assert plc.accepted == 1
