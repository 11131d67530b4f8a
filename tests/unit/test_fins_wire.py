"""FINS frames byte by byte: what is sent, and what is taken for the answer to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.fins import FinsArea, parse_fins
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.omron.fins.areas import bit_code, word_code
from warlogix.drivers.omron.fins.reasons import leaves_open, refused
from warlogix.drivers.omron.fins.wire import (
    Item,
    Refusal,
    Route,
    command,
    controller,
    gather_words,
    gathered,
    read_words,
    response,
    words_of,
)

ROUTE = Route(0, 0, 0, source=239)
TEXT = bytes.fromhex("010182006400 0001")
RIGHT = bytes.fromhex("c0 00 02 00 ef 00 00 00 00 2a 0101 0000 1234")


def changed(at: int, value: int) -> bytes:
    """The right answer with another byte in one place."""
    return RIGHT[:at] + bytes((value,)) + RIGHT[at + 1 :]


def test_a_command_carries_both_addresses_and_its_number() -> None:
    """The destination is sent as configured, 0 too; the source is the node that was given."""
    assert command(ROUTE, 0x2A, TEXT) == bytes.fromhex("80 00 02 00 00 00 00 ef 00 2a") + TEXT
    far = Route(network=3, node=11, unit=16, source=1)
    assert command(far, 0, b"").hex(" ") == "80 00 02 03 0b 10 00 01 00 00"


def test_words_are_named_by_area_and_number() -> None:
    """A read names a start and a count, a gathering read each word by itself."""
    item = Item(0, 0xB0, 0x102, 2)
    assert read_words(item).hex(" ") == "01 01 b0 01 02 00 00 02"
    assert gather_words([item]).hex(" ") == "01 04 b0 01 02 00 b0 01 03 00"


def test_the_answer_to_a_command_is_taken() -> None:
    """What follows the end code is the answer, whatever the network is called."""
    assert response(RIGHT, ROUTE, 0x2A, TEXT) == b"\x12\x34"
    assert response(changed(6, 5), ROUTE, 0x2A, TEXT) == b"\x12\x34"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (RIGHT[:13], "13 bytes"),
        (RIGHT + bytes(2000), "2016 bytes"),
        (changed(0, 0x80), "a command instead"),
        (changed(4, 240), "to node 240"),
        (changed(5, 1), "to node 239"),
        (changed(9, 0x29), "command 41 instead of 42"),
        (changed(11, 2), "command 0102"),
    ],
)
def test_what_is_no_answer_is_not_taken(frame: bytes, reason: str) -> None:
    """Direction, addresses, number and code are all looked at."""
    with pytest.raises(Nonsense, match=reason):
        response(frame, ROUTE, 0x2A, TEXT)


def test_a_plc_that_was_named_must_answer_itself() -> None:
    """A node or unit that was asked for by number answers by it; one called 0 may say its own."""
    named = Route(0, 10, 16, source=239)
    answer = changed(7, 10)
    with pytest.raises(Nonsense, match="node 10 unit 0"):
        response(answer, named, 0x2A, TEXT)
    assert response(answer, ROUTE, 0x2A, TEXT) == b"\x12\x34"


@pytest.mark.parametrize("flags", [0x40, 0x80, 0xC0])
def test_the_flags_of_a_cpu_with_an_error_are_no_refusal(flags: int) -> None:
    """A low battery or a stopped program costs no value."""
    assert response(changed(13, flags), ROUTE, 0x2A, TEXT) == b"\x12\x34"
    with pytest.raises(Refusal) as refusal:
        response(changed(13, flags | 1), ROUTE, 0x2A, TEXT)
    assert refusal.value.code == 1


def test_a_refusal_carries_its_end_code() -> None:
    """An end code is told with its meaning; of a relay's it is said so."""
    frame = RIGHT[:12] + b"\x11\x03"
    with pytest.raises(Refusal) as refusal:
        response(frame, ROUTE, 0x2A, TEXT)
    assert refusal.value.code == 0x1103
    assert "address out of range" in refused(0x1103)
    assert refused(0x8205).startswith("on the way to the PLC: the node did not answer")
    assert refused(0x2222) == "the PLC refuses the command (end code 16#2222)"


def test_a_relay_may_answer_under_its_own_address() -> None:
    """The relay's end code is a refusal, not nonsense, and leaves open what became of a write."""
    named = Route(2, 10, 0, source=239)
    frame = changed(7, 4)[:12] + b"\x82\x05\x01\x04"
    with pytest.raises(Refusal) as refusal:
        response(frame, named, 0x2A, TEXT)
    assert leaves_open(refusal.value.code)
    assert leaves_open(0x0205)
    assert not leaves_open(0x1103)


def test_words_must_be_as_many_as_asked() -> None:
    """Too few or too many bytes are nonsense."""
    assert words_of(b"\0\1\0\2", Item(0, 0x82, 0, 2)) == b"\0\1\0\2"
    for data in (b"", b"\0\1\0", b"\0\1\0\2\0\3"):
        with pytest.raises(Nonsense, match="where 4 were asked"):
            words_of(data, Item(0, 0x82, 0, 2))


def test_gathered_words_come_with_their_areas() -> None:
    """Each word has its area in front, which must be the one asked for."""
    items = [Item(0, 0x82, 5, 2), Item(1, 0xB1, 7, 1)]
    data = bytes.fromhex("82 0102 82 0304 b1 0506")
    assert gathered(data, items) == [b"\x01\x02\x03\x04", b"\x05\x06"]
    with pytest.raises(Nonsense, match="another memory area"):
        gathered(data[:6] + b"\x82\x05\x06", items)
    with pytest.raises(Nonsense, match="8 bytes"):
        gathered(data[:-1], items)


@given(st.binary(max_size=40))
def test_any_bytes_are_an_answer_a_refusal_or_nonsense(frame: bytes) -> None:
    """Nothing else ever comes of a frame."""
    try:
        assert isinstance(response(frame, ROUTE, 0x2A, TEXT), bytes)
    except (Nonsense, Refusal):
        return


def test_every_area_has_its_two_codes() -> None:
    """No two areas share a code, and no code of words is one of bits."""
    names = [area.value for area in FinsArea if area is not FinsArea.EXTENDED]
    names += [f"E{bank:X}_" for bank in range(0x19)]
    addresses = [parse_fins(f"{name}1") for name in names]
    codes = [word_code(each) for each in addresses] + [bit_code(each) for each in addresses]
    assert len(set(codes)) == 2 * len(names)
    assert (word_code(parse_fins("E18_0")), bit_code(parse_fins("E18_0"))) == (0x68, 0xE8)


def test_a_controller_says_what_it_is() -> None:
    """Model and version are what stands in front of the padding; too little text is no error."""
    assert controller(b"CJ2M-CPU33".ljust(20) + b"02.01".ljust(20, b"\0")) == "CJ2M-CPU33 02.01"
    assert controller(b"") == ""
