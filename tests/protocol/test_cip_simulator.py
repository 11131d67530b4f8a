"""The simulated Logix controller as the pycomm3 client sees it."""

from collections.abc import AsyncIterator

import pytest
import trio

from tests.protocol.cip_peers import Pycomm3Peer, pycomm3_peer
from warlogix.simulators.cip import (
    COMPACTLOGIX,
    TIMER,
    Access,
    CipSimulator,
    Member,
    Program,
    Record,
    StringType,
    Tag,
    open_logix_simulator,
)

MOTOR = Record(
    "Motor",
    (
        Member("Speed", "REAL"),
        Member("Running", "BOOL"),
        Member("Fault", "BOOL"),
        Member("Code", "INT"),
        Member("Ready", "BOOL"),
        Member("Title", "STRING"),
        Member("Temps", "SINT[5]"),
        Member("Bits", "BOOL[32]"),
        Member("Total", "LINT"),
    ),
)
LINE = Record("Line", (Member("Drive", "Motor"), Member("Spares", "Motor[2]")))
EMPTY = {
    "Speed": 0.0,
    "Running": False,
    "Fault": False,
    "Code": 0,
    "Ready": False,
    "Title": "",
    "Temps": [0] * 5,
    "Bits": [False] * 32,
    "Total": 0,
}
PROGRAM = Program(
    name="Packer",
    tags=(
        Tag("Flag", "BOOL", True),
        Tag("Small", "SINT", -128),
        Tag("Short", "INT", -32768),
        Tag("Count", "DINT", -5),
        Tag("Big", "LINT", 2**63 - 1),
        Tag("Speed", "REAL", 72.5),
        Tag("Exact", "LREAL", 1e300),
        Tag("Title", "STRING", "Grüße"),
        Tag("Code", "Text20", "abc"),
        Tag("Flags", "BOOL[64]", [i % 3 == 0 for i in range(64)]),
        Tag("Grid", "INT[2,3]", [[1, 2, 3], [4, 5, 6]]),
        Tag("Samples", "DINT[3000]", list(range(3000))),
        Tag("Motors", "Motor[3]", [EMPTY | {"Code": i, "Ready": i == 1} for i in range(3)]),
        Tag("Line", "Line"),
        Tag("Delay", "TIMER", {"PRE": 5000, "DN": True}),
        Tag("Fixed", "DINT", 5, Access.READ_ONLY),
        Tag("Secret", "DINT", 5, Access.NONE),
    ),
    programs={"Main": (Tag("Step", "DINT", 7), Tag("Drive", "Motor")), "Second": ()},
    types=(StringType("Text20", 20), TIMER, MOTOR, LINE),
)


@pytest.fixture
async def plc() -> AsyncIterator[CipSimulator]:
    """A running ControlLogix with tags of every kind."""
    with trio.fail_after(30):
        async with open_logix_simulator(PROGRAM) as simulator:
            yield simulator


@pytest.fixture
async def peer(plc: CipSimulator) -> AsyncIterator[Pycomm3Peer]:
    """A pycomm3 client that is connected to it."""
    async with pycomm3_peer(plc.port) as connected:
        yield connected


async def test_it_tells_what_it_is(plc: CipSimulator, peer: Pycomm3Peer) -> None:
    """Behind the bridge sits a controller with its name, revision and program."""
    info = peer.driver.info
    assert (info["product_name"], info["name"]) == ("1756-L83E/B", "Packer")
    assert info["revision"] == {"major": 33, "minor": 11}
    assert info["programs"]["Main"]["routines"] == ["MainRoutine"]
    assert peer.driver.connection_size == 4000
    assert await peer.read("Count") == -5
    assert plc.journal.offences == []


async def test_the_tag_list_holds_what_clients_may_see(peer: Pycomm3Peer) -> None:
    """All tags with their types and dimensions, those of programs too, none without access."""
    tags = peer.driver.tags
    shown = [tag.name for tag in PROGRAM.tags if tag.access is not Access.NONE]
    assert list(tags) == [*shown, "Program:Main.Step", "Program:Main.Drive"]
    assert (tags["Grid"]["data_type_name"], tags["Grid"]["dimensions"]) == ("INT", [2, 3, 0])
    assert (tags["Flags"]["data_type_name"], tags["Flags"]["dimensions"]) == ("DWORD", [2, 0, 0])
    assert tags["Fixed"]["external_access"] == "Read Only"
    motor = tags["Motors"]["data_type"]
    assert motor["attributes"] == [member.name for member in MOTOR.members]
    assert (motor["name"], tags["Title"]["data_type_name"]) == ("Motor", "STRING")
    assert (await peer.call(peer.driver.read, "Secret")).error is not None


async def test_every_type_is_read(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """Numbers to their limits, text, arrays of one and two dimensions: the client's values."""
    names = ("Flag", "Small", "Short", "Count", "Big", "Speed", "Exact", "Title", "Code")
    assert await peer.read(*names) == [plc.get(name) for name in names]
    assert await peer.read("Flags{64}") == plc.get("Flags")
    assert await peer.read("Grid{6}") == [1, 2, 3, 4, 5, 6]
    assert await peer.read("Samples{3000}") == list(range(3000))
    assert await peer.read("Samples[17]{3}") == [17, 18, 19]
    assert plc.journal.offences == []


async def test_structures_are_read(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """A structure comes as the client's object, nested ones and arrays of them too."""
    assert await peer.read("Motors{3}") == plc.get("Motors")
    assert await peer.read("Line") == {"Drive": EMPTY, "Spares": [EMPTY, EMPTY]}
    assert await peer.read("Motors[1].Ready", "Motors[2].Code", "Line.Spares[1].Temps[2]") == [
        True,
        2,
        0,
    ]
    timer = await peer.read("Delay")
    assert timer == plc.get("Delay")
    assert (timer["PRE"], timer["DN"], timer["EN"]) == (5000, True, False)


async def test_a_program_has_tags_of_its_own(peer: Pycomm3Peer) -> None:
    """Tags of a program are read and written under its name."""
    assert await peer.read("Program:Main.Step") == 7
    assert await peer.write("Program:Main.Step", 8) is None
    assert await peer.read("Program:Main.Step", "Program:Main.Drive.Code") == [8, 0]


async def test_every_type_is_written(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """What the client writes is what the controller's program finds."""
    written = {
        "Flag": False,
        "Small": 127,
        "Short": 32767,
        "Count": -(2**31),
        "Big": -(2**63),
        "Speed": 1.25,
        "Exact": -1e-300,
        "Title": "größer",
        "Code": "x" * 20,
        "Motors[2].Speed": 7.5,
        "Line.Spares[1].Title": "spare",
    }
    for name, value in written.items():
        assert await peer.write(name, value) is None
        assert plc.get(name) == value
    assert await peer.write("Samples{3000}", list(range(3000, 0, -1))) is None
    assert plc.get("Samples") == list(range(3000, 0, -1))
    assert [(one.name, one.status) for one in plc.journal.writes][:2] == [("Flag", 0), ("Small", 0)]


async def test_a_structure_is_written_whole(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """The client's object lands member by member, bits in their hidden bytes too."""
    value = await peer.read("Motors[1]")
    changed = value | {"Fault": True, "Ready": False, "Title": "m", "Bits": [True] * 32}
    assert await peer.write("Motors[1]", changed) is None
    assert plc.get("Motors[1]") == changed
    assert plc.get("Motors[0]") == EMPTY


async def test_a_bit_leaves_its_neighbours_alone(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """A bit of a number, of an array of BOOLs, of a structure is written alone."""
    assert await peer.write("Count.4", True) is None
    assert plc.get("Count") == -5 | 16
    assert await peer.write("Count.0", False) is None
    assert plc.get("Count") == (-5 | 16) & ~1
    assert await peer.write("Flags[33]", False) is None
    assert plc.get("Flags") == [i % 3 == 0 and i != 33 for i in range(64)]
    assert await peer.write("Motors[1].Fault", True) is None
    assert plc.get("Motors[1]") == EMPTY | {"Code": 1, "Ready": True, "Fault": True}


async def test_bytes_behind_a_value_are_noted_and_ignored(
    peer: Pycomm3Peer, plc: CipSimulator
) -> None:
    """The client sends each single write twice over; the controller takes the first."""
    assert await peer.write("Count", 1) is None
    assert plc.get("Count") == 1
    assert plc.journal.offences == ["16 bytes behind a value"]


async def test_a_tag_may_be_read_only(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """A write to a tag without write access is refused and noted."""
    assert await peer.write("Fixed", 6) == "Permission denied"
    assert plc.get("Fixed") == 5
    (write,) = plc.journal.writes
    assert (write.name, write.value, write.status) == ("Fixed", None, 0x0F)


async def test_another_program_has_other_numbers(peer: Pycomm3Peer, plc: CipSimulator) -> None:
    """After a download the old numbers lead elsewhere; who asks anew finds the new tags."""
    plc.download(Program((Tag("Other", "INT", 3), Tag("Count", "REAL", 0.5)), name="Second"))
    old = await peer.call(peer.driver.read, "Speed")
    assert old.error.startswith("Destination unknown")
    await peer.call(peer.driver.get_tag_list)
    assert list(peer.driver.tags) == ["Other", "Count"]
    assert await peer.read("Other", "Count") == [3, 0.5]


async def test_a_compactlogix_needs_no_route(plc: CipSimulator) -> None:
    """A controller with a port of its own answers at it, and in its slot too."""
    async with open_logix_simulator(PROGRAM, model=COMPACTLOGIX) as compact:
        for slot in (None, 0):
            async with pycomm3_peer(compact.port, slot=slot) as peer:
                assert peer.driver.info["product_name"] == COMPACTLOGIX.name
                assert await peer.read("Count") == -5


async def test_a_list_of_a_thousand_tags_comes_in_pages() -> None:
    """Each answer of the tag list has as many bytes as a page, and together they hold all."""
    tags = tuple(Tag(f"Tag{i}", "DINT", i) for i in range(1000))
    with trio.fail_after(30):
        async with open_logix_simulator(Program(tags)) as plc, pycomm3_peer(plc.port) as peer:
            assert list(peer.driver.tags) == [tag.name for tag in tags]
            assert plc.journal.services[0x55] > 50
            assert await peer.read(*(tag.name for tag in tags)) == list(range(1000))
            assert 2 <= plc.journal.services[0x0A] <= 10
