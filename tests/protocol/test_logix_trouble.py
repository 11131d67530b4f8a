"""The Logix driver in trouble: lies, silence, and writes that end in the middle."""

import pytest
import trio

from tests.protocol.logix_peers import VALUES, connected, endpoint, logix, program, tags
from warlogix.drivers.families import new_drivers
from warlogix.errors import Unreachable
from warlogix.simulators.cip import Station, open_logix_simulator
from warlogix.simulators.cip.messages import Answer, Message, Refusal
from warlogix.simulators.cip.spoilers import answer_another, cut, scramble, silence, truncate
from warlogix.simulators.cip.templates import describe_template
from warlogix.simulators.server import Spoiler
from warlogix.tags import Outcome, Tag

HUGE = Tag("Huge")


@pytest.mark.parametrize("spoil", [silence, cut, truncate, scramble, answer_another])
async def test_a_spoilt_answer_is_never_a_value(spoil: Spoiler) -> None:
    """The reading is unreachable, and so is every later one of this driver."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            await driver.read(tags(*VALUES))
            plc.spoil = spoil
            for _ in range(2):
                with pytest.raises(Unreachable):
                    await driver.read(tags(*VALUES))
            plc.spoil = None
            async with connected(plc) as again:
                assert (await again.read(tags(*VALUES))).bad == {}


@pytest.mark.parametrize("spoil", [silence, cut, truncate, scramble, answer_another])
async def test_a_write_with_a_spoilt_answer_is_unknown(spoil: Spoiler) -> None:
    """It was carried out once, and the driver says that it does not know."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            await driver.read(tags("Count"))
            plc.spoil = spoil
            assert (await driver.write(Tag("Count"), 5)).outcome is Outcome.UNKNOWN
            assert [write.value for write in plc.journal.writes] == [5]
            with pytest.raises(Unreachable):
                await driver.write(Tag("Count"), 6)


@pytest.mark.parametrize("answers", range(12))
async def test_an_answer_that_is_missing_while_connecting_is_unreachable(answers: int) -> None:
    """Whichever of the first answers it is, in time and with the reason."""
    left = [answers]

    def lose(answer: bytes) -> bytes:
        left[0] -= 1
        return answer if left[0] >= 0 else b""

    with trio.fail_after(10):
        async with open_logix_simulator(program()) as plc:
            plc.spoil = lose
            driver = new_drivers()["logix"](endpoint(plc.port))

            async def connect_and_read() -> None:
                await driver.connect()
                await driver.read(tags(*VALUES))

            with pytest.raises(Unreachable, match="no answer within 1 s"):
                await connect_and_read()
            await driver.aclose()


async def test_a_long_value_that_ends_in_the_middle_is_unknown_and_says_how_far() -> None:
    """Of a value of several pieces those that were confirmed are counted."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            await driver.read((HUGE,))
            left = [3]

            def lose(answer: bytes) -> bytes:
                left[0] -= 1
                return answer if left[0] >= 0 else b""

            plc.spoil = lose
            result = await driver.write(HUGE, [0] * 3000)
            assert result.outcome is Outcome.UNKNOWN
            assert result.reason == (
                "no answer within 1 s; 2 of 4 pieces of the value had been written already"
            )


async def test_a_long_value_that_is_refused_in_the_middle_says_how_far() -> None:
    """What the PLC has taken of it is told."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            await driver.read((HUGE,))
            left = [2]

            def refuse(answer: bytes) -> bytes:
                left[0] -= 1
                if not left[0]:
                    plc.station.refusals["huge"] = Refusal(0x10)
                return answer

            plc.spoil = refuse
            result = await driver.write(HUGE, [0] * 3000)
            assert result.outcome is Outcome.REFUSED
            assert result.reason.endswith("; 1 of 4 pieces of the value had been written already")
            plc.spoil = None
            plc.station.refusals.clear()
            held = plc.get("Huge")
            written = held.count(0)
            assert 900 < written < 1000
            assert held == [0] * written + list(range(written, 3000))


@pytest.mark.parametrize("extended", [0x0204, 0x0205])
async def test_a_module_that_gives_up_a_write_leaves_it_unknown(extended: int) -> None:
    """The controller behind it may have carried it out."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            await driver.read(tags("Count"))
            plc.station.refusals["count"] = Refusal(0x01, extended)
            assert (await driver.write(Tag("Count"), 5)).outcome is Outcome.UNKNOWN


async def test_a_module_without_its_controller_is_a_dead_plc() -> None:
    """Nothing that the network module says by itself is taken for a bad tag."""
    with trio.fail_after(10):
        async with open_logix_simulator(program(), slot=2) as plc:
            driver = new_drivers()["logix"](endpoint(plc.port, slot=5))
            with pytest.raises(Unreachable, match="slot"):
                await driver.connect()


async def test_a_plc_with_all_tags_bad_is_asked_all_the_same() -> None:
    """When its link dies the reading is unreachable, not once more a bad tag."""
    with trio.fail_after(10):
        async with logix() as (plc, driver):
            nobody = tags("Nobody")
            assert (await driver.read(nobody)).bad == {0: "the PLC has no tag Nobody"}
            plc.drop()
            with pytest.raises(Unreachable):
                await driver.read(nobody)


async def test_closing_works_while_connecting_and_reading() -> None:
    """Whatever waits for the PLC ends at once."""
    with trio.fail_after(10):
        async with open_logix_simulator(program()) as plc:
            plc.stall()
            driver = new_drivers()["logix"](endpoint(plc.port))
            ended = trio.Event()

            async def connect() -> None:
                with pytest.raises(Unreachable):
                    await driver.connect()
                ended.set()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(connect)
                await plc.held.wait_value(1)
                await driver.aclose()
                await ended.wait()


async def test_a_structure_that_contradicts_itself_costs_its_neighbours_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What uses it is bad and says so; the link stays."""

    def describe(station: Station, message: Message) -> Answer:
        answer = describe_template(station, message)
        motor = next(one for one in station.types.structures.values() if one.name == "Motor")
        return Answer(answer.data[:-8]) if message.path.instance == motor.number else answer

    monkeypatch.setattr("warlogix.simulators.cip.logix.describe_template", describe)
    with trio.fail_after(10):
        async with logix() as (_, driver):
            readings = await driver.read(tags("One", "Count", "Title", "Packer"))
            assert set(readings.bad) == {0, 3}
            assert readings.bad[0] == (
                "the PLC does not tell this structure: it sends the numbers of a structure, "
                "cut short"
            )
            assert readings.values[1:3] == [-(2**31), "Grüße"]
