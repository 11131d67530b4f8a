"""One PLC: its status tells the truth, its driver is closed, its borrowers take turns."""

from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock

from tests.fakes import FakePlc
from warlogix.errors import DriverError, Rejected, Unreachable
from warlogix.plc import Plc, PlcStatus, Status
from warlogix.tags import Endpoint, Tag

ENDPOINT = Endpoint("Press", "s7", "127.0.0.1")
TAGS = (Tag("Count", type="DINT"),)

TROUBLE: list[tuple[DriverError, Status]] = [
    (Unreachable("Press", "127.0.0.1:102: connection refused"), "disconnected"),
    (Rejected("Press", "PUT/GET is off"), "error"),
]


def plc_of(fake: FakePlc) -> Plc:
    """The PLC as the gateway sees the fake one."""
    return Plc(ENDPOINT, fake.driver)


async def test_connecting_until_the_first_good_read() -> None:
    """A PLC is `connecting` before and after it accepted, and `connected` from its first read."""
    fake = FakePlc({"Count": 1})
    plc = plc_of(fake)
    assert plc.status.value == PlcStatus("connecting", "first attempt")
    async with plc.connected():
        assert plc.status.value.status == "connecting"
        assert not plc.status.value.online
        await plc.read(TAGS)
        assert plc.status.value == PlcStatus("connected", "")
        assert plc.status.value.online
    assert fake.open_drivers == 0


@pytest.mark.parametrize(("error", "status"), TROUBLE)
async def test_failed_connect_is_told_with_its_cause(error: DriverError, status: Status) -> None:
    """Whoever cannot be connected is away, or in error when somebody must act, with the reason."""
    plc = plc_of(FakePlc(refuses=error))
    with pytest.raises(type(error)):
        async with plc.connected():
            raise AssertionError("the block must not be entered")
    assert plc.status.value == PlcStatus(status, error.reason)


async def test_refused_read_is_told_and_the_next_good_one_ends_it() -> None:
    """A PLC that says no moves the status at once, and so does the next read that it answers."""
    fake = FakePlc({"Count": 1})
    plc = plc_of(fake)
    async with plc.connected():
        await plc.read(TAGS)
        fake.failure = Rejected("Press", "PUT/GET is off")
        with pytest.raises(Rejected):
            await plc.read(TAGS)
        assert plc.status.value == PlcStatus("error", "PUT/GET is off")
        fake.failure = None
        await plc.read(TAGS)
        assert plc.status.value.online


async def test_lost_link_is_told_and_a_new_connection_ends_it() -> None:
    """After a read that found no PLC nobody uses the link; who comes is told what became of it."""
    fake = FakePlc({"Count": 1})
    plc = plc_of(fake)
    async with plc.connected():
        await plc.read(TAGS)
        fake.failure = Unreachable("Press", "connection reset")
        with pytest.raises(Unreachable):
            await plc.read(TAGS)
        assert plc.status.value == PlcStatus("disconnected", "127.0.0.1: connection reset")
        fake.failure = None
        with pytest.raises(Unreachable, match=r"not connected: 127\.0\.0\.1: connection reset"):
            await plc.read(TAGS)
    async with plc.connected():
        await plc.read(TAGS)
    assert plc.status.value.online


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("10.0.0.1:102: refused", "10.0.0.1:102: refused"),
        ("no route to 10.0.0.1", "no route to 10.0.0.1"),
        ("refused by 10.0.0.1.", "refused by 10.0.0.1."),
        ("10.0.0.12: refused", "10.0.0.1: 10.0.0.12: refused"),
        ("110.0.0.1: refused", "10.0.0.1: 110.0.0.1: refused"),
        ("10.0.0.1.example: refused", "10.0.0.1: 10.0.0.1.example: refused"),
    ],
)
async def test_a_lost_link_names_its_address_once(reason: str, told: str) -> None:
    """An error has the PLC's own address in front, where it does not name just this one."""
    fake = FakePlc()
    fake.refuses = Unreachable("Press", reason)
    plc = Plc(replace(ENDPOINT, host="10.0.0.1"), fake.driver)
    with pytest.raises(Unreachable):
        async with plc.connected():
            raise AssertionError("the block must not be entered")
    assert plc.status.value.error == told


async def test_bad_tag_is_no_bad_link() -> None:
    """A PLC none of whose tags can be read is connected all the same: the link is not the tag."""
    plc = plc_of(FakePlc())
    async with plc.connected():
        readings = await plc.read(TAGS)
    assert readings.bad == {0: "no such tag"}
    assert plc.status.value.online


async def test_silence_ends_in_time_with_its_cause(autojump_clock: MockClock) -> None:
    """A PLC that says nothing is given up: connecting after its limit, reading within 10 s."""
    fake = FakePlc({"Count": 1}, silent=True)
    plc = plc_of(fake)
    with pytest.raises(Unreachable):
        async with plc.connected():
            raise AssertionError("the block must not be entered")
    assert trio.current_time() == pytest.approx(ENDPOINT.timeout)
    assert plc.status.value == PlcStatus("disconnected", "127.0.0.1: no answer within 3 s")

    fake.silent = False
    async with plc.connected():
        fake.silent = True
        started = trio.current_time()
        with pytest.raises(Unreachable):
            await plc.read(TAGS)
    assert trio.current_time() - started < 10
    assert plc.status.value.status == "disconnected"
    assert fake.open_drivers == 0


async def test_reading_without_a_connection_is_unreachable() -> None:
    """Outside of `connected` a read says so and touches nothing; the status does not move."""
    fake = FakePlc({"Count": 1})
    plc = plc_of(fake)
    with pytest.raises(Unreachable, match="not connected"):
        await plc.read(TAGS)
    assert fake.reads == []
    assert plc.status.value.status == "connecting"


async def test_cancelled_while_connecting_closes_the_driver(autojump_clock: MockClock) -> None:
    """Whoever gives up in the middle of anything leaves no connection behind."""
    fake = FakePlc({"Count": 1}, read_time=1)
    plc = plc_of(fake)
    with trio.move_on_after(0.5) as connecting:
        async with plc.connected():
            raise AssertionError("the block must not be entered")
    with trio.move_on_after(1.5) as reading:
        async with plc.connected():
            await plc.read(TAGS)
    assert connecting.cancelled_caught
    assert reading.cancelled_caught
    assert fake.open_drivers == 0
    assert plc.status.value.status == "connecting"


async def test_borrowers_take_turns(autojump_clock: MockClock) -> None:
    """Two who read at the same time are served one after the other, never in parallel."""
    fake = FakePlc({"Count": 1}, read_time=1)
    plc = plc_of(fake)
    async with plc.connected(), trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(plc.read, TAGS)
    assert [round(at - fake.reads[0], 3) for at in fake.reads] == [0, 1, 2]
