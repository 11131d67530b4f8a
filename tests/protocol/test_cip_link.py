"""One EtherNet/IP connection to simulated controllers that are well, and that misbehave."""

import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import product

import pytest
import trio

from warlogix.drivers.cip.connecting import backplane
from warlogix.drivers.cip.link import CipLink
from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.paths import instance_path, symbol_path
from warlogix.drivers.dialling import dial
from warlogix.drivers.exchanges import Unanswered, Unsent, Urgency
from warlogix.drivers.stream import Stream
from warlogix.errors import Unreachable
from warlogix.simulators.cip import spoilers
from warlogix.simulators.cip.program import Program
from warlogix.simulators.cip.program import Tag as Declared
from warlogix.simulators.cip.simulator import CipSimulator, open_logix_simulator
from warlogix.simulators.server import Spoiler
from warlogix.tags import Endpoint

SIZES = (4002, 504)
READ = Request(0x4C, symbol_path("Speed"), b"\x01\x00")
MISSING = Request(0x4C, symbol_path("Nothing"), b"\x01\x00")
WRITE = Request(0x4D, symbol_path("Speed"), struct.pack("<HHi", 0xC4, 1, 8))
IDENTITY = Request(0x01, instance_path(1, 1))


@pytest.fixture
async def plc() -> AsyncIterator[CipSimulator]:
    """A ControlLogix in slot 2 with one DINT of 7."""
    program = Program((Declared("Speed", "DINT", 7),))
    with trio.fail_after(20):
        async with open_logix_simulator(program, slot=2) as simulator:
            yield simulator


@asynccontextmanager
async def linked(
    plc: CipSimulator, slot: int = 2, sizes: tuple[int, ...] = SIZES
) -> AsyncIterator[CipLink]:
    """A link that has greeted and joined."""
    endpoint = Endpoint("Mixer", "logix", "127.0.0.1", plc.port, timeout=1.0)
    link = CipLink(endpoint, Stream(endpoint, await dial(endpoint, 0)))
    try:
        await link.greet()
        await link.join(backplane(slot), sizes)
        yield link
    finally:
        link.shut()


def urgency() -> Urgency:
    """Of a write that is called now."""
    return Urgency("Mixer", trio.current_time)


async def test_a_device_says_what_it_is(plc: CipSimulator) -> None:
    """Vendor, product, revision and serial number are those of its name plate."""
    endpoint = Endpoint("Mixer", "logix", "127.0.0.1", plc.port)
    link = CipLink(endpoint, Stream(endpoint, await dial(endpoint, 0)))
    identity = await link.greet()
    link.shut()
    assert (identity.vendor, identity.product) == (1, plc.station.model.bridge)


@pytest.mark.parametrize(
    ("large", "small", "size"), [(4002, 504, 4000), (0, 504, 502), (0, 0, 486)]
)
async def test_the_largest_connection_that_the_plc_takes_is_used(
    plc: CipSimulator, large: int, small: int, size: int
) -> None:
    """Large, then ordinary, then none: a request finds its way each time."""
    plc.station.large, plc.station.small = large, small
    async with linked(plc) as link:
        assert (link.size, link.connected) == (size, large + small > 0)
        reply = await link.ask(READ)
        assert (reply.status, reply.data) == (0, struct.pack("<Hi", 0xC4, 7))
        assert (await link.ask(MISSING)).status == 5
        assert (await link.ask(IDENTITY)).status == 0
    assert not plc.journal.offences


async def test_a_slot_without_a_controller_is_no_bad_tag(plc: CipSimulator) -> None:
    """The way there fails as a whole, in words that name the slot."""
    async with linked(plc, slot=7) as link:
        with pytest.raises(Unreachable, match="check the slot"):
            await link.ask(READ)


async def test_requests_share_a_message(plc: CipSimulator) -> None:
    """Each has its own reply, and one that fails costs the others nothing."""
    async with linked(plc) as link:
        before = plc.journal.messages
        first, missing, last = await link.ask_all([READ, MISSING, IDENTITY])
        assert plc.journal.messages == before + 1
    assert (first.status, missing.status, last.status) == (0, 5, 0)
    assert first.data == struct.pack("<Hi", 0xC4, 7)


async def test_a_plc_without_packets_is_asked_one_by_one(plc: CipSimulator) -> None:
    """It is tried once, and never again on this connection."""
    plc.station.packets = False
    async with linked(plc) as link:
        for _ in range(3):
            replies = await link.ask_all([READ, MISSING])
            assert [reply.status for reply in replies] == [0, 5]
    assert plc.journal.services[0x0A] == 1


async def test_a_write_is_judged_by_the_plc(plc: CipSimulator) -> None:
    """Its status comes back, and it was written once."""
    async with linked(plc) as link:
        assert (await link.ask_once(WRITE, urgency())).status == 0
        assert (await link.ask_once(Request(0x4D, MISSING.path, WRITE.data), urgency())).status == 5
    assert plc.get("Speed") == 8
    assert [write.value for write in plc.journal.writes if write.name == "Speed"] == [8]


def too_long(answer: bytes) -> bytes:
    """A frame that announces more than any device sends."""
    return answer[:2] + b"\xff\xff" + answer[4:]


def other_session(answer: bytes) -> bytes:
    """The answer to another session."""
    return answer[:4] + b"\x99" + answer[5:]


def other_command(answer: bytes) -> bytes:
    """A frame for something else."""
    return b"\x63" + answer[1:]


def other_service(answer: bytes) -> bytes:
    """The answer to another service of the same message."""
    return answer.replace(b"\xcc\x00\x00\x00", b"\xcd\x00\x00\x00").replace(
        b"\xcd\x00\x00\x00", b"\xce\x00\x00\x00", 1
    )


def refused(answer: bytes) -> bytes:
    """The device does not know the session any more."""
    return answer[:8] + b"\x64" + answer[9:]


def other_connection(answer: bytes) -> bytes:
    """The answer with the address of another connection."""
    return answer[:36] + b"\x99\x99" + answer[38:]


WRONG: list[Spoiler] = [
    spoilers.cut,
    spoilers.scramble,
    spoilers.answer_another,
    too_long,
    other_session,
    other_command,
    other_service,
    refused,
]


@pytest.mark.parametrize(
    ("spoil", "sizes"),
    [*product((*WRONG, spoilers.silence), (SIZES, ())), (other_connection, SIZES)],
)
async def test_a_reply_that_is_none_is_an_unreachable_plc(
    plc: CipSimulator, spoil: Callable[[bytes], bytes | None], sizes: tuple[int, ...]
) -> None:
    """Whatever is wrong with it, nothing of it is used."""
    async with linked(plc, sizes=sizes) as link:
        plc.spoil = spoil
        with pytest.raises(Unreachable):
            await link.ask(READ)


async def test_a_reply_that_is_short_is_for_the_family_to_judge(plc: CipSimulator) -> None:
    """The link knows no types: it gives the bytes that came."""
    async with linked(plc) as link:
        plc.spoil = spoilers.truncate
        assert len((await link.ask(READ)).data) == 5


@pytest.mark.parametrize("spoil", WRONG)
async def test_a_write_without_its_answer_is_unknown(
    plc: CipSimulator, spoil: Callable[[bytes], bytes | None]
) -> None:
    """It was sent, and what came does not say what became of it."""
    async with linked(plc) as link:
        plc.spoil = spoil
        with pytest.raises(Unanswered):
            await link.ask_once(WRITE, urgency())
    assert plc.get("Speed") == 8


async def test_silence_has_the_time_limit(plc: CipSimulator) -> None:
    """A stalled PLC is unreachable, a write to it is unknown, each after the endpoint's limit."""
    async with linked(plc) as link:
        plc.stall()
        started = trio.current_time()
        with trio.fail_after(10), pytest.raises(Unreachable) as caught:
            await link.ask(READ)
        assert caught.value.reason == "no answer within 1 s"
        assert trio.current_time() - started > 0.4


async def test_a_write_on_a_dead_link_is_not_sent(plc: CipSimulator) -> None:
    """Where the PLC has closed before, nothing leaves and nothing is unknown."""
    async with linked(plc) as link:
        plc.drop()
        await plc.connections.wait_value(0)
        with pytest.raises(Unsent):
            await link.ask_once(WRITE, urgency())
    assert not plc.journal.writes


async def test_a_write_that_comes_late_is_not_sent(plc: CipSimulator) -> None:
    """A value that was held up for more than a second may be an old one."""
    now = 100.0
    async with linked(plc) as link:
        late = Urgency("Mixer", lambda: now)
        now += 1.5
        with pytest.raises(Unsent, match="held up"):
            await link.ask_once(WRITE, late)
    assert not plc.journal.writes


async def test_an_answer_said_twice_is_never_the_next_one(plc: CipSimulator) -> None:
    """What is left of it ends the link before a write and at the next reading."""
    async with linked(plc) as link:
        plc.spoil = lambda answer: answer + answer
        assert (await link.ask(READ)).status == 0
        with pytest.raises(Unsent, match="nobody asked for"):
            await link.ask_once(WRITE, urgency())
        with pytest.raises(Unreachable, match="answer to message"):
            await link.ask(READ)


async def test_a_link_is_shut_at_any_time(plc: CipSimulator) -> None:
    """Twice, and while somebody waits for an answer, who learns of it at once."""
    async with linked(plc) as link, trio.open_nursery() as nursery:
        plc.stall()

        async def shut() -> None:
            await plc.held.wait_value(1)
            link.shut()
            link.shut()

        nursery.start_soon(shut)
        with pytest.raises(Unreachable, match="closed"):
            await link.ask(READ)


async def test_an_idle_link_gives_its_connection_back(plc: CipSimulator) -> None:
    """The device is told, so that its connection is free at once; a dead one is not waited for."""
    async with linked(plc) as link:
        await link.ask(READ)
        assert plc.journal.services[0x4E] == 0
    await plc.connections.wait_value(0)
    assert plc.journal.services[0x4E] == 1
    assert not plc.journal.offences


async def test_nothing_is_said_behind_half_a_message(plc: CipSimulator) -> None:
    """A link that is shut while a request is under way is closed without a word."""
    async with linked(plc) as link:
        plc.stall()
        with pytest.raises(Unreachable):
            await link.ask(READ)
        link.shut()
        plc.resume()
    await plc.connections.wait_value(0)
    assert plc.journal.services[0x4E] == 0
