"""The Beckhoff driver on links that stall, break and lie, and writes whose answers do."""

import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import trio

from tests.protocol.ads_drivers import COUNT, MIXER, RECIPE, TAGS, connected
from warlogix.drivers.session import SessionDriver
from warlogix.errors import DriverError, Unreachable
from warlogix.simulators.ads import (
    Access,
    AdsSimulator,
    Field,
    Project,
    Struct,
    Symbol,
    open_ads_simulator,
    spoilers,
)
from warlogix.simulators.server import Spoiler
from warlogix.tags import Outcome, Tag, Value


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host with a mixer's program."""
    with trio.fail_after(20):
        async with open_ads_simulator(MIXER) as simulator:
            yield simulator


def answered(code: int) -> Spoiler:
    """The router's error in place of what the PLC says."""
    return lambda answer: answer[:30] + struct.pack("<I", code) + answer[34:]


def resulted(code: int) -> Spoiler:
    """Another result in front of what the PLC says."""
    return lambda answer: answer[:38] + struct.pack("<I", code) + answer[42:]


LIES: dict[str, tuple[Spoiler, str]] = {
    "cut": (spoilers.cut, "the PLC has closed the connection"),
    "silence": (spoilers.silence, "no answer within 1 s"),
    "another number": (spoilers.answer_another, "no answer within 1 s"),
    "truncated": (spoilers.truncate, "the PLC sent"),
    "overstated": (spoilers.overstate, "the PLC sent a frame whose lengths do not fit"),
    "too long": (
        lambda raw: (
            raw[:2] + _plus(raw[2:6]) + raw[6:26] + _plus(raw[26:30]) + raw[30:] + b"\0" * 9
        ),
        "the PLC sent a reply that is longer than what was asked",
    ),
    "another command": (lambda raw: raw[:22] + b"\4\0" + raw[24:], "a reply to another command"),
    "somebody else's": (lambda raw: raw[:20] + b"\x54\x03" + raw[22:], "from or to somebody else"),
    "no frame": (lambda raw: b"HTTP/1.1 400 Bad Request\r\n\r\n" + raw, "the PLC sent a frame"),
}
lie = pytest.mark.parametrize(("spoil", "said"), LIES.values(), ids=list(LIES))


def _plus(raw: bytes) -> bytes:
    return (int.from_bytes(raw, "little") + 9).to_bytes(4, "little")


@lie
async def test_what_is_no_answer_is_never_a_value(
    plc: AdsSimulator, spoil: Spoiler, said: str
) -> None:
    """The read ends in time and says what came; the driver is of no more use."""
    async with connected(plc, limit=1.0) as driver:
        await driver.read(TAGS)
        plc.spoil = spoil
        with pytest.raises(Unreachable) as caught:
            await driver.read(TAGS)
        assert said in caught.value.reason
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(TAGS)


@lie
async def test_a_write_without_its_answer_is_unknown(
    plc: AdsSimulator, spoil: Spoiler, said: str
) -> None:
    """It was carried out, and nobody can say so; the link is shut and nothing is sent again."""
    async with connected(plc, limit=1.0) as driver:
        await driver.read(TAGS)
        plc.spoil = _after(1, spoil)
        result = await driver.write(COUNT, 7)
        assert result.outcome is Outcome.UNKNOWN
        assert said in result.reason
        assert plc.get("MAIN.Count") == 7
        assert len(plc.journal.writes) == 1
        with pytest.raises(Unreachable, match="not connected"):
            await driver.write(COUNT, 8)


def _after(count: int, spoil: Spoiler) -> Spoiler:
    """Let so many answers pass: the program's signs are read in front of a write."""

    def spoil_later(answer: bytes) -> bytes | None:
        nonlocal count
        count -= 1
        return answer if count >= 0 else spoil(answer)

    return spoil_later


async def test_noise_behind_right_headers_is_never_a_value(plc: AdsSimulator) -> None:
    """Whatever the noise says of itself: unreachable, refused, or nothing at all."""
    async with connected(plc, limit=1.0) as driver:
        await driver.read(TAGS)
        plc.spoil = spoilers.scramble
        with pytest.raises(DriverError, match="Mixer: "):
            await driver.read(TAGS)


@pytest.mark.parametrize("code", [0x719, 0x745])
async def test_a_time_out_behind_the_router_leaves_a_write_open(
    plc: AdsSimulator, code: int
) -> None:
    """The router or the device did not wait for the answer: the write may be in the PLC."""
    for spoil in (answered(code), resulted(code)):
        async with connected(plc) as driver:
            await driver.read(TAGS)
            plc.spoil = _after(1, spoil)
            result = await driver.write(COUNT, 7)
            assert result.outcome is Outcome.UNKNOWN
            plc.spoil = None


async def test_a_write_that_the_plc_refuses_keeps_the_connection(plc: AdsSimulator) -> None:
    """What was refused was not written, and the answer says why."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        plc.spoil = _after(1, resulted(0x704))
        result = await driver.write(COUNT, 7)
        plc.spoil = None
        assert result.outcome is Outcome.REFUSED
        assert result.reason.startswith("the PLC does not permit it")
        assert (await driver.read(TAGS)).values[3] == "Rye"


async def test_a_write_to_a_plc_that_is_gone_is_not_sent(plc: AdsSimulator) -> None:
    """It raises that the PLC is unreachable, and nothing is in the PLC."""
    async with connected(plc, limit=1.0) as driver:
        await driver.read(TAGS)
        plc.drop()
        with pytest.raises(Unreachable):
            await driver.write(COUNT, 7)
        assert not plc.journal.writes


async def test_a_write_that_was_held_up_is_not_sent_any_more(plc: AdsSimulator) -> None:
    """A PLC that took long to say which program it has gets no old value."""
    async with connected(plc) as driver:
        await driver.read(TAGS)
        plc.delay = 1.1
        with pytest.raises(Unreachable, match="held up for"):
            await driver.write(COUNT, 7)
        plc.delay = 0.0
        assert not plc.journal.writes


@pytest.mark.parametrize(
    ("tag", "value", "said"),
    [
        (COUNT, 2**31, "is no DINT"),
        (COUNT, "7", "is no DINT"),
        (RECIPE, "x" * 21, "the text has 21 characters and the one in the PLC holds 20"),
        (RECIPE, "€", "latin-1 has no"),
        (Tag("MAIN.Nobody"), 1, "the PLC has no such symbol"),
        (Tag("MAIN.Motors[4].Speed"), 1.0, "ADS error"),
        (Tag("MAIN.Motors"), [{"On": True, "Mode": 0, "Speed": 1.0}] * 2, "has not the shape [3]"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nothing_is_sent(
    plc: AdsSimulator, tag: Tag, value: Value, said: str
) -> None:
    """Never cut, wrapped or put beside its place."""
    async with connected(plc) as driver:
        result = await driver.write(tag, value)
        assert result.outcome is Outcome.REFUSED
        assert said in result.reason
        assert not plc.journal.writes


async def test_a_read_only_symbol_is_refused_by_its_name() -> None:
    """The program says so; the PLC is not even asked."""
    project = Project((Symbol("GVL.Version", "DINT", 3, access=Access.READ_ONLY),))
    with trio.fail_after(20):
        async with open_ads_simulator(project) as plc, connected(plc) as driver:
            result = await driver.write(Tag("GVL.Version"), 4)
            assert result.reason == "the PLC's program declares it read-only"
            assert not plc.journal.writes


async def test_a_bit_is_written_alone() -> None:
    """Its neighbours in the byte are the program's."""
    bits = Struct("ST_Bits", (Field("A", "BIT"), Field("B", "BIT"), Field("C", "BIT")))
    with trio.fail_after(20):
        project = Project((Symbol("MAIN.Bits", "ST_Bits", {"A": True}),), (bits,))
        async with open_ads_simulator(project) as plc, connected(plc) as driver:
            assert (await driver.write(Tag("MAIN.Bits.C"), True)).outcome is Outcome.DONE
            assert plc.get("MAIN.Bits") == {"A": True, "B": False, "C": True}
            assert plc.journal.offences == []


async def test_a_router_without_a_route_says_what_to_look_at(plc: AdsSimulator) -> None:
    """It cuts whom it does not know, and the reason names this side's Net ID."""
    plc.host.routes = {"10.0.0.1.1.1"}
    with pytest.raises(
        Unreachable, match=r"a route to this computer, AMS Net ID 127\.0\.0\.1\.1\.1"
    ):
        async with connected(plc):
            raise AssertionError("connected")


Call = Callable[[SessionDriver], Awaitable[object]]
CALLS: dict[str, Call] = {
    "read": lambda driver: driver.read(TAGS),
    "write": lambda driver: driver.write(COUNT, 7),
    "browse": lambda driver: driver.browse(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
async def test_a_cancelled_call_leaves_nothing_behind(plc: AdsSimulator, call: Call) -> None:
    """The connection is closed, at once, and no task or socket stays."""
    async with connected(plc) as driver:
        plc.stall()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(call, driver)
            await plc.held.wait_value(1)
            nursery.cancel_scope.cancel()
        plc.resume()
        await plc.connections.wait_value(0)
        with pytest.raises(Unreachable, match="not connected"):
            await driver.read(TAGS)


async def test_a_thousand_tags_are_learned_in_few_requests() -> None:
    """The first reading asks for what they are by the hundred."""
    names = [f"GVL.V{number}" for number in range(1000)]
    with trio.fail_after(20):
        project = Project(tuple(Symbol(name, "INT", 3) for name in names))
        async with open_ads_simulator(project) as plc, connected(plc) as driver:
            readings = await driver.read(tuple(map(Tag, names)))
            assert list(readings.values) == [3] * 1000
            assert plc.journal.requests <= 16
