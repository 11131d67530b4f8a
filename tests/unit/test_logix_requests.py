"""The services that write a value: what is in them, and that nothing else is touched."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_logix_names import place
from warlogix.drivers.cip.messages import Request
from warlogix.drivers.cip.paths import symbol_path
from warlogix.drivers.logix.blocks import Block
from warlogix.drivers.logix.layouts import elementary
from warlogix.drivers.logix.names import parse_name
from warlogix.drivers.logix.places import Place
from warlogix.drivers.logix.requests import read_cost, writes
from warlogix.drivers.logix.symbols import WITH_ACCESS, WITHOUT_ACCESS, page, parse_page
from warlogix.tags import Value


def test_a_value_carries_its_type_and_count() -> None:
    """One request, with nothing behind the value."""
    assert writes(place("Count"), -2, 500) == [
        Request(0x4D, symbol_path("Count"), bytes.fromhex("c400 0100 feffffff"))
    ]
    assert writes(place("Grid[1,0]{3}"), [1, 2, 3], 500) == [
        Request(0x4D, symbol_path("Grid[1,0]"), bytes.fromhex("c300 0300 0100 0200 0300"))
    ]


def test_a_structure_carries_its_handle() -> None:
    """The PLC refuses a value of another definition."""
    [request] = writes(place("Motors[1]"), {"Speed": 1.0, "Steps": [1, 2]}, 500)
    assert request.data == bytes.fromhex("a002 efbe 0100 0000803f 0100 0200")


def test_a_bit_leaves_its_neighbours_alone() -> None:
    """The PLC itself changes the one bit, by masks as wide as the integer."""
    assert writes(place("Count.9"), True, 500) == [
        Request(0x4E, symbol_path("Count"), bytes.fromhex("0400 00020000 ffffffff"))
    ]
    assert writes(place("Count.9"), False, 500) == [
        Request(0x4E, symbol_path("Count"), bytes.fromhex("0400 00000000 fffdffff"))
    ]
    assert writes(place("Flags[37]"), True, 500) == [
        Request(0x4E, symbol_path("Flags[1]"), bytes.fromhex("0400 20000000 ffffffff"))
    ]


def test_an_array_of_bools_is_written_in_whole_words() -> None:
    """In one request, as it is read."""
    values: list[Value] = [n % 32 == 0 for n in range(64)]
    assert writes(place("Flags"), values, 500) == [
        Request(0x4D, symbol_path("Flags"), bytes.fromhex("d300 0200 01000000 01000000"))
    ]


@given(st.integers(0, 63), st.data())
def test_a_slice_of_bools_changes_its_own_bits_alone(first: int, data: st.DataObject) -> None:
    """Whatever the words held before, and wherever the slice begins and ends."""
    length = data.draw(st.integers(1, 64 - first))
    before = data.draw(st.integers(0, 2**64 - 1))
    values = data.draw(st.lists(st.booleans(), min_size=length, max_size=length))
    words = before
    for request in writes(place(f"Flags[{first}]{{{length}}}"), list(values), 500):
        at = 32 * (request.path == symbol_path("Flags[1]"))
        if request.service == 0x4D:
            size = 8 * len(request.data[4:])
            mask, bits = (1 << size) - 1, int.from_bytes(request.data[4:], "little")
            words = words & ~(mask << at) | bits << at
            continue
        bits, kept = (int.from_bytes(request.data[i : i + 4], "little") for i in (2, 6))
        words = (words | bits << at) & ~((0xFFFFFFFF ^ kept) << at)
    own = sum(value << first + n for n, value in enumerate(values))
    outside = ~((1 << length) - 1 << first)
    assert words == before & outside | own


@given(st.integers(60, 600), st.integers(1, 400))
def test_a_long_value_is_cut_between_its_elements(size: int, count: int) -> None:
    """No request is longer than the connection takes, and the pieces are the value."""
    name = parse_name("Grid")
    values: list[Value] = list(range(count))
    array = Place(name, Block(elementary(0xC5), (count,)), True)
    requests = writes(array, values, size)
    assert all(len(request.encode()) <= size for request in requests)
    if len(requests) == 1 and requests[0].service == 0x4D:
        return
    at, raw = 0, b""
    for request in requests:
        assert request.service == 0x53
        assert request.data[:4] == b"\xc5\x00" + count.to_bytes(2, "little")
        assert int.from_bytes(request.data[4:8], "little") == at
        assert len(request.data[8:]) % 8 == 0
        raw, at = raw + request.data[8:], at + len(request.data[8:])
    assert elementary(0xC5).decode(raw, count) == values


def test_the_cost_of_an_answer_is_known() -> None:
    """A structure's type takes four bytes, a number's two."""
    assert read_cost(place("Count")).reply == 4 + 2 + 4
    assert read_cost(place("Motors")).reply == 4 + 4 + 4 * 8


def test_the_list_of_tags_is_read_with_and_without_access() -> None:
    """Old controllers do not tell who may do what."""
    entry = bytes.fromhex("0500 0000 0500") + b"Speed" + bytes.fromhex("c420 0a000000") + bytes(8)
    [with_access] = parse_page(entry + b"\x02", WITH_ACCESS)
    [without] = parse_page(entry, WITHOUT_ACCESS)
    assert (with_access.name, with_access.type, with_access.shape) == ("Speed", 0xC4, (10,))
    assert not with_access.writable
    assert without.writable
    assert page("Program:Main", 0x12345, WITH_ACCESS).path == symbol_path(
        "Program:Main"
    ) + bytes.fromhex("206b 2600 45230100")
