"""Writes to python-snap7's own server, which others wrote: it holds what the simulator holds."""

import trio
from snap7.server import Server
from snap7.type import SrvArea

from warlogix.drivers.s7 import S7Driver
from warlogix.simulators.s7 import Memory, open_s7_simulator
from warlogix.tags import Endpoint, Outcome, Tag, Value

# Its server writes the whole byte for a bit, knows one variable a request, and writes as much of a
# value as fits into a block that is too short; CPUs do none of this, and nothing here asks for it.
WRITES: list[tuple[str, str, Value]] = [
    ("DB1.DBW0", "INT", -2),
    ("DB1.DBD4", "REAL", 3.14),
    ("DB1.8", "LREAL[3]", [1.5, -0.0, 1e300]),
    ("DB1.40", "STRING[20]", "Grüße"),
    ("DB1.70", "WSTRING[20]", "5 €"),
    ("DB1.120", "DTL", "2024-01-15T10:30:00.123456789"),
    ("DB1.140", "BYTE[2,4]", [[1, 2, 3, 4], [5, 6, 7, 8]]),
    ("DB2.0", "INT[1500]", list(range(1500))),
    ("MW6", "WORD", 0xBEEF),
    ("DB7.DBW0", "INT", 1),
]


def memory() -> Memory:
    """Two data blocks and the flags, with headers where strings are."""
    held = Memory({1: bytearray(b"\x55" * 200), 2: bytearray(3000)})
    held.dbs[1][40:42] = b"\x14\x00"
    held.dbs[1][70:74] = b"\x00\x14\x00\x00"
    return held


async def write_all(port: int) -> list[Outcome]:
    """What became of each write."""
    driver = S7Driver(Endpoint("Press", "s7", "127.0.0.1", port, slot=1))
    await driver.connect()
    results = [
        await driver.write(Tag(name, data_type=data_type), value)
        for name, data_type, value in WRITES
    ]
    await driver.aclose()
    return [result.outcome for result in results]


async def test_snap7s_own_server_holds_the_same() -> None:
    """Byte for byte, and what it refuses the simulator refuses."""
    server, theirs, ours = Server(log=False), memory(), memory()
    server.register_area(SrvArea.DB, 1, theirs.dbs[1])
    server.register_area(SrvArea.DB, 2, theirs.dbs[2])
    server.register_area(SrvArea.MK, 0, theirs.markers)
    await trio.to_thread.run_sync(server.start_to, "127.0.0.1", 0)
    assert server.server_socket is not None
    with trio.fail_after(20):
        outcomes = await write_all(server.server_socket.getsockname()[1])
        async with open_s7_simulator(ours) as plc:
            assert await write_all(plc.port) == outcomes
    await trio.to_thread.run_sync(server.stop)
    assert outcomes == [Outcome.DONE] * 9 + [Outcome.REFUSED]
    assert (theirs.dbs, theirs.markers) == (ours.dbs, ours.markers)
