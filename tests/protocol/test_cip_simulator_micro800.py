"""The simulated Micro800 as the pycomm3 client sees it, and byte by byte."""

from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.cip_peers import (
    forward_open,
    packet,
    pycomm3_peer,
    raw_peer,
    request,
    routed,
    symbol,
)
from warlogix.simulators.cip import CipSimulator, Program, Tag, open_micro800_simulator

ONE = b"\x01\0"
READ = request(0x4C, symbol("Count"), ONE)
PROGRAM = Program(
    (
        Tag("Count", "DINT", -5),
        Tag("Flag", "BOOL", True),
        Tag("Wide", "UDINT", 2**32 - 1),
        Tag("Speed", "REAL", 72.5),
        Tag("Samples", "INT[300]", list(range(300))),
        Tag("Title", "STRING(20)", "hello"),
        Tag("Delay", "TIME", 1500),
    )
)


@pytest.fixture
async def plc() -> AsyncIterator[CipSimulator]:
    """A running Micro850."""
    with trio.fail_after(30):
        async with open_micro800_simulator(PROGRAM) as simulator:
            yield simulator


async def test_tags_are_listed_read_and_written(plc: CipSimulator) -> None:
    """The client finds every tag, reads its value and writes it, one request for each."""
    async with pycomm3_peer(plc.port, slot=None) as peer:
        assert peer.driver.info["product_name"] == "2080-LC50-48QWB"
        assert peer.driver.connection_size == 500
        assert list(peer.driver.tags) == [tag.name for tag in PROGRAM.tags]
        names = ("Count", "Flag", "Wide", "Speed", "Title")
        assert await peer.read(*names) == [plc.get(name) for name in names]
        assert await peer.read("Samples{300}") == list(range(300))
        for name, value in (("Count", 9), ("Flag", False), ("Title", "world"), ("Speed", 0.5)):
            assert await peer.write(name, value) is None
            assert plc.get(name) == value
        assert plc.journal.services[0x0A] == 0


async def test_a_text_is_a_length_and_its_characters(plc: CipSimulator) -> None:
    """A text has a type of its own; one that is too long is refused."""
    async with raw_peer(plc.port) as peer:
        text = symbol("Title")
        assert (await peer.ask(request(0x4C, text, ONE))).data == b"\xda\0\x05hello"
        assert (await peer.ask(request(0x4D, text, b"\xda\0\x01\0\x14" + b"x" * 20))).status == 0
        assert plc.get("Title") == "x" * 20
        reply = await peer.ask(request(0x4D, text, b"\xda\0\x01\0\x15" + b"y" * 21))
        assert (reply.status, reply.extended) == (0xFF, (0x2105,))
        assert plc.get("Title") == "x" * 20


async def test_what_a_micro800_does_not_have(plc: CipSimulator) -> None:
    """No packets, no routes, no large Forward Open, no program name; without any it still talks."""
    async with raw_peer(plc.port) as peer:
        assert (await peer.ask(packet(READ))).status == 0x08
        refused = await peer.ask(routed(READ))
        assert (refused.service, refused.status, refused.extended) == (0xD2, 0x01, (0x0311,))
        assert (await peer.ask(forward_open(4000, large=True, route=b""))).status == 0x08
        assert (await peer.ask(request(0x01, b"\x20\x64\x24\x01"))).status == 0x08
        assert (await peer.ask(forward_open(route=b""))).status == 0
        plc.station.small = 0
        assert (await peer.ask(forward_open(route=b"", serial=9))).status == 0x08
        assert (await peer.ask(READ)).data == b"\xc4\0" + (-5).to_bytes(4, "little", signed=True)
