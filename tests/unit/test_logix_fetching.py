"""Reading many places of a controller in few messages, answer by answer."""

import pytest
import trio

from tests.unit.test_logix_names import place
from warlogix.drivers.cip.messages import Reply, Request
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.logix.fetching import Answer, Fetcher, Moved, Packing, make_want
from warlogix.drivers.logix.requests import STATE

WANTS = [make_want(place("Count")), make_want(place("Speed"))]
VALUES = {
    WANTS[0].request.path: bytes.fromhex("c400 05000000"),
    WANTS[1].request.path: bytes.fromhex("ca00 0000803f"),
}
ANSWERS = [Answer(b"\xc4\x00", b"\x05\0\0\0"), Answer(b"\xca\x00", b"\0\0\x80?")]


class Plc:
    """Answers single requests, and packets with one status."""

    def __init__(self, packet_status: int = 0x08) -> None:
        self.packet_status = packet_status
        self.state = b"same"
        self.asked: list[int] = []

    async def ask(self, request: Request) -> Reply:
        """The reply to a request."""
        self.asked.append(request.service)
        if request == STATE:
            return Reply(request.service, 0, (), self.state)
        if request.service == 0x0A:
            return Reply(request.service, self.packet_status, (), b"")
        return Reply(request.service, 0, (), VALUES[request.path])


async def test_a_packet_that_is_too_long_is_asked_one_by_one_and_made_smaller() -> None:
    """No value is missing, and the next plan has smaller packets."""
    plc = Plc(packet_status=0x11)
    fetcher = Fetcher(plc.ask, 4000, b"same", Packing.PACKETS)
    assert await fetcher.fetch(WANTS, [(0, 1)]) == ANSWERS
    assert fetcher.most == 2000
    assert plc.asked == [0x0A, 0x4C, 0x4C, STATE.service]


@pytest.mark.parametrize("status", [0x0C, 0x10])
async def test_a_plc_that_is_downloaded_to_keeps_its_long_packets(status: int) -> None:
    """What it refuses for its state is no matter of length, and is asked one by one once."""
    plc = Plc(packet_status=status)
    fetcher = Fetcher(plc.ask, 4000, b"same", Packing.PACKETS)
    assert await fetcher.fetch(WANTS, [(0, 1)]) == ANSWERS
    assert fetcher.most == 4000


async def test_a_plc_without_packets_is_asked_for_none_any_more() -> None:
    """One refusal of the service is enough."""
    plc = Plc()
    fetcher = Fetcher(plc.ask, 4000, b"same", Packing.PACKETS)
    assert await fetcher.fetch(WANTS, fetcher.plan(WANTS)) == ANSWERS
    plc.asked.clear()
    assert await fetcher.fetch(WANTS, fetcher.plan(WANTS)) == ANSWERS
    assert plc.asked == [0x4C, 0x4C, STATE.service]


async def test_nothing_of_another_state_is_given_away() -> None:
    """The state is asked for behind what no packet carried, and where there is nothing to read."""
    plc = Plc()
    fetcher = Fetcher(plc.ask, 4000, b"same", Packing.ALONE)
    plc.state = b"else"
    with pytest.raises(Moved):
        await fetcher.fetch(WANTS, fetcher.plan(WANTS))
    with pytest.raises(Moved):
        await fetcher.fetch([], [])


@pytest.mark.parametrize("raw", ["c400 0500", "c400 0500000000", "c4", ""])
async def test_a_value_of_another_length_is_nonsense(raw: str) -> None:
    """It is not taken for a value, however near it comes."""

    async def ask(request: Request) -> Reply:
        await trio.lowlevel.checkpoint()
        return Reply(request.service, 0, (), bytes.fromhex(raw))

    fetcher = Fetcher(ask, 4000, None, Packing.ALONE)
    with pytest.raises(Nonsense):
        await fetcher.fetch(WANTS[:1], [(0,)])


async def test_parts_that_lead_to_no_end_are_nonsense() -> None:
    """A PLC that always has more, or more than there is, is not asked for ever."""
    for part in (b"", b"\0" * 4):

        async def ask(request: Request, part: bytes = part) -> Reply:
            await trio.lowlevel.checkpoint()
            return Reply(request.service, 0x06, (), b"\xc4\x00" + part)

        fetcher = Fetcher(ask, 4000, None, Packing.ALONE)
        with pytest.raises(Nonsense, match="no end"):
            await fetcher.fetch(WANTS[:1], [(0,)])
