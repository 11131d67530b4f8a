"""The simulated Omron CPU against bytes as the manuals of CPUs and Ethernet units give them."""

from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.fins_peers import ask, frame, tcp_peer, udp_peer
from warlogix.simulators.fins import (
    BOTH,
    CP1L,
    EndCode,
    FinsSimulator,
    Memory,
    Place,
    Way,
    open_fins_simulator,
)

LIMIT = 10


@pytest.fixture
async def plc() -> AsyncIterator[FinsSimulator]:
    """A running CJ2M whose D100 and D101 hold something."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory()) as simulator:
            simulator.words("D")[200:204] = b"\x12\x34\x56\x78"
            yield simulator


# What is asked, and the end code and the data that come of it.
ANSWERS = [
    ("0101 82 0064 00 0002", "0000 12345678"),
    ("0101 02 0064 04 0003", "0000 010100"),
    ("0101 82 7fff 00 0001", "0000 0000"),
    ("0101 82 7fff 00 0002", "1104"),
    ("0101 82 8000 00 0001", "1103"),
    ("0101 82 0064 01 0001", "1101"),
    ("0101 a1 0000 00 0001", "1101"),
    ("0101 02 0064 10 0001", "1103"),
    ("0101 82 0064 00 0000", "0000"),
    ("0101 82 0064 00", "1002"),
    ("0101 82 0064 00 0001 00", "1001"),
    ("0101 82 0000 00 03e8", "110b"),
    ("0104 82 0064 00 82 0065 00 02 0064 02", "0000 82 1234 82 5678 02 01"),
    ("0104", "0000"),
    ("0104 82 0064 00 82 8000 00", "1103"),
    ("0104 82 0064", "1002"),
    ("0102 b3 01bf 00 0001 0001", "2101"),
    ("0102 b3 01c0 00 0001 0001", "0000"),
    ("0102 82 0064 00 0002 0001", "1003"),
    ("0102 82 0064", "1002"),
    ("0103 82 0064 00 0001 0000", "0401"),
    ("0501 02", "1103"),
]


@pytest.mark.parametrize(("asked", "answered"), ANSWERS)
@pytest.mark.parametrize("way", Way)
async def test_commands_are_answered_as_by_a_cpu(
    plc: FinsSimulator, way: Way, asked: str, answered: str
) -> None:
    """Over either way a command gets the end code and the data of a CJ2M."""
    if way is Way.TCP:
        async with tcp_peer(plc.port) as peer:
            await peer.greet()
            assert await ask(peer, asked) == answered.replace(" ", "")
    else:
        async with udp_peer(plc.port) as datagrams:
            assert await ask(datagrams, asked) == answered.replace(" ", "")


async def test_the_most_words_of_an_answer(plc: FinsSimulator) -> None:
    """999 words fit into a response, and 167 places into a gathering read."""
    async with udp_peer(plc.port) as peer:
        assert len(await ask(peer, "0101 82 0000 00 03e7")) == 2 * (2 + 2 * 999)
        assert len(await ask(peer, "0104" + "82 0064 00" * 167)) == 2 * (2 + 3 * 167)
        assert await ask(peer, "0104" + "82 0064 00" * 168) == "1001"


async def test_words_and_bits_are_written_where_they_are_named(plc: FinsSimulator) -> None:
    """Words are written as they come; bits leave their neighbours and go on in the next word."""
    async with udp_peer(plc.port) as peer:
        assert await ask(peer, "0102 b0 0002 00 0002 ffff 0102") == "0000"
        assert plc.words("CIO")[4:8] == b"\xff\xff\x01\x02"
        assert await ask(peer, "0102 30 0002 0e 0003 00 00 01") == "0000"
        assert plc.words("CIO")[4:8] == b"\x3f\xff\x01\x03"
    assert [write.place for write in plc.journal.writes] == [
        Place("CIO", 2, None, 2),
        Place("CIO", 2, 14, 3),
    ]


async def test_each_area_has_its_codes() -> None:
    """Every area answers to its code for words and its code for bits, banks 10 to 18 too."""
    codes = {"CIO": "b0", "W": "b1", "H": "b2", "D": "82", "E0": "a0", "EF": "af", "E10": "60"}
    bits = {"CIO": "30", "W": "31", "H": "32", "D": "02", "E0": "20", "EF": "2f", "E10": "e0"}
    banks = {bank: bytearray(8) for bank in range(0x19)}
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory(banks=banks)) as plc, udp_peer(plc.port) as peer:
            for area, code in codes.items():
                plc.words(area)[2:4] = b"\x80\x01"
                assert await ask(peer, f"0101 {code} 0001 00 0001") == "00008001"
                assert await ask(peer, f"0101 {bits[area]} 0001 0f 0001") == "000001"


async def test_the_controller_data_say_what_the_cpu_is(plc: FinsSimulator) -> None:
    """Model and version take 20 characters each; whole, the data take 158 bytes."""
    async with udp_peer(plc.port) as peer:
        whole = bytes.fromhex(await ask(peer, "0501"))
        assert whole[2:42] == b"CJ2M-CPU33".ljust(20) + b"02.01".ljust(20)
        assert len(whole) == 160
        parts = [bytes.fromhex(await ask(peer, f"0501 0{part}"))[2:] for part in (0, 1)]
        assert b"".join(parts) == whole[2:]


async def test_a_client_that_asks_for_any_node_gets_one(plc: FinsSimulator) -> None:
    """Clients get different nodes of those kept for them, or the one that they ask for."""
    async with tcp_peer(plc.port) as first, tcp_peer(plc.port) as second, tcp_peer(plc.port) as own:
        assert await first.greet() == (1, 0, bytes((0, 0, 0, 240, 0, 0, 0, 10)))
        assert await second.greet() == (1, 0, bytes((0, 0, 0, 241, 0, 0, 0, 10)))
        assert await own.greet(77) == (1, 0, bytes((0, 0, 0, 77, 0, 0, 0, 10)))
    assert plc.journal.greetings == [0, 0, 77]


async def test_greetings_that_are_refused(plc: FinsSimulator) -> None:
    """A node out of range, the PLC's own and one connection too many are refused by number."""
    for node, error in ((255, 0x23), (10, 0x24)):
        async with tcp_peer(plc.port) as peer:
            assert await peer.greet(node) == (1, error, bytes(8))
            assert await peer.receive() == (0, 0, b"")
    await plc.connections.wait_value(0)
    plc.station.most_clients = 1
    async with tcp_peer(plc.port) as first:
        assert (await first.greet())[:2] == (1, 0)
        async with tcp_peer(plc.port) as second:
            assert (await second.greet())[:2] == (1, 0x20)


async def test_a_greeting_without_a_node_is_too_short(plc: FinsSimulator) -> None:
    """A greeting of length 8 gets error 2 and the end of the connection."""
    async with tcp_peer(plc.port) as peer:
        await peer.send(0, b"")
        assert await peer.receive() == (3, 2, b"")
        assert await peer.receive() == (0, 0, b"")


async def test_frames_that_no_client_sends(plc: FinsSimulator) -> None:
    """A command before the greeting, a second greeting and an unknown frame are refused."""
    async with tcp_peer(plc.port) as peer:
        await peer.send(2, frame("0501"))
        assert await peer.receive() == (3, 3, b"")
    for command, body in ((0, bytes(4)), (9, b"")):
        async with tcp_peer(plc.port) as peer:
            await peer.greet()
            await peer.send(command, body)
            assert (await peer.receive())[:2] == (3, 3)
    assert len(plc.journal.offences) == 3


async def test_a_command_from_another_node_is_not_answered(plc: FinsSimulator) -> None:
    """On a connection only its own node gets answers, and the journal tells of the others."""
    async with tcp_peer(plc.port) as peer:
        await peer.greet()
        await peer.send(2, frame("0501", node=peer.node - 1))
        assert await ask(peer, "0101 82 0064 00 0001") == "00001234"
    assert plc.journal.offences == ["a command from node 239 on the connection of 240"]


async def test_destinations_that_are_not_this_cpu(plc: FinsSimulator) -> None:
    """Another network, node or unit is refused as by the Ethernet unit; the own node is right."""
    codes = {(3, 0, 0): "0502", (0, 11, 0): "0201", (0, 10, 16): "0202", (0, 10, 0): "0000"}
    async with udp_peer(plc.port) as peer:
        for (network, node, unit), code in codes.items():
            sent = bytearray(frame("0101 82 0064 00 0000"))
            sent[3:6] = bytes((network, node, unit))
            response = await peer.exchange(bytes(sent))
            assert response[6:9] == bytes((network, node, unit))
            assert response[12:14].hex() == code


async def test_a_command_that_wants_no_response_gets_none(plc: FinsSimulator) -> None:
    """It is carried out, and the next answer is that to the next command."""
    async with tcp_peer(plc.port) as peer:
        await peer.greet()
        silent = bytearray(frame("0102 82 0064 00 0001 0007", node=peer.node))
        silent[0] |= 1
        await peer.send(2, bytes(silent))
        assert await ask(peer, "0101 82 0064 00 0001") == "00000007"


@pytest.mark.parametrize(("ways", "refused"), [({Way.UDP}, Way.TCP), ({Way.TCP}, Way.UDP)])
async def test_a_cpu_may_serve_one_way_alone(ways: set[Way], refused: Way) -> None:
    """By the way that it does not serve nobody is there."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory(), ways=frozenset(ways)) as plc:
            if refused is Way.TCP:
                with pytest.raises(OSError, match="all attempts to connect"):
                    await trio.open_tcp_stream("127.0.0.1", plc.port)
            else:
                async with udp_peer(plc.port) as peer:
                    with pytest.raises(ConnectionRefusedError):
                        await peer.exchange(frame("0501"))


async def test_refused_and_let_in_again(plc: FinsSimulator) -> None:
    """A CPU that refuses is gone for UDP too, and back on the same port."""
    async with udp_peer(plc.port) as peer:
        plc.refuse()
        with pytest.raises(ConnectionRefusedError):
            await peer.exchange(frame("0501"))
        plc.accept()
        assert await ask(peer, "0101 82 0064 00 0001") == "00001234"


async def test_datagrams_wait_while_the_cpu_is_stalled(plc: FinsSimulator) -> None:
    """What came meanwhile is carried out at the end of the stall, or lost when it is dropped."""
    async with udp_peer(plc.port) as peer, trio.open_nursery() as nursery:
        plc.stall()
        nursery.start_soon(peer.exchange, frame("0102 82 0064 00 0001 0007"))
        await plc.held.wait_value(1)
        assert plc.words("D")[200:202] == b"\x12\x34"
        plc.resume()
        await plc.carried_out.wait_value(1)
        assert plc.words("D")[200:202] == b"\x00\x07"
        plc.stall()
        nursery.start_soon(peer.exchange, frame("0102 82 0064 00 0001 0009"))
        await plc.held.wait_value(1)
        plc.drop()
        await plc.held.wait_value(0)
        plc.resume()
        nursery.cancel_scope.cancel()
    assert plc.words("D")[200:202] == b"\x00\x07"


async def test_other_cpus_and_their_states(plc: FinsSimulator) -> None:
    """A CP1L gathers nothing; a low battery shows in each end code; an area may be denied."""
    async with udp_peer(plc.port) as peer:
        plc.station.flags = 0x40
        assert await ask(peer, "0101 82 0064 00 0001") == "00401234"
        plc.station.flags = 0
        plc.station.denied["D"] = EndCode.NO_ACCESS_RIGHT
        assert await ask(peer, "0101 82 0064 00 0001") == "3001"
    async with open_fins_simulator(Memory(), cpu=CP1L) as small, udp_peer(small.port) as peer:
        assert await ask(peer, "0104 82 0064 00") == "0401"


async def test_what_a_program_puts_is_noted(plc: FinsSimulator) -> None:
    """The journal tells each change with its time, and a restart may bring another memory."""
    plc.poke("D", 100, b"\x00\x2a")
    (change,) = plc.journal.changes
    assert (change.area, change.word, change.data) == ("D", 100, b"\x00\x2a")
    assert plc.words("D")[200:202] == b"\x00\x2a"
    async with tcp_peer(plc.port) as peer:
        await peer.greet()
        plc.restart(Memory())
        assert await peer.receive() == (0, 0, b"")
    assert plc.words("D")[200:202] == b"\0\0"


async def test_a_port_may_be_chosen() -> None:
    """A CPU on a chosen port has it for TCP and for UDP, and leaves it free."""
    with trio.fail_after(LIMIT):
        async with open_fins_simulator(Memory()) as first:
            port = first.port
        async with open_fins_simulator(Memory(), port=port, ways=BOTH) as second:
            assert second.port == port
            with pytest.raises(OSError, match="in use"):
                async with open_fins_simulator(Memory(), port=port):
                    raise AssertionError("two CPUs on one port")
