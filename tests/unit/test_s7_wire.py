import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snap7.datatypes import S7Area, S7DataTypes, S7WordLen
from snap7.s7protocol import S7Protocol

from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.s7.pieces import Piece
from warlogix.drivers.s7.plan import Item
from warlogix.drivers.s7.wire import (
    Refusal,
    make_request,
    make_write,
    read_reply,
    with_reference,
    write_reply,
)

# What an S7-1200 sends for a read without PUT/GET, as captured in the field: an acknowledgement
# without data whose header ends in class 81, number 04.
PUT_GET_REFUSED = bytes.fromhex("32 02 0000 0002 0000 0000 81 04")


def item(size: int, start: int = 0) -> Item:
    """Some bytes of DB1."""
    return Item(0, 0x84, 1, start, size)


def reply(reference: int, count: int, values: bytes) -> bytes:
    """A reply to a read."""
    head = struct.pack(">BBHHHHH", 0x32, 3, 0, reference, 2, len(values), 0)
    return head + bytes((4, count)) + values


def test_an_item_is_named_as_the_library_names_it() -> None:
    """Bytes by their bit address, timers and counters by their number and their own kind."""
    cases = [
        (Item(0, 0x84, 7, 100, 6), S7Area.DB, S7WordLen.BYTE, 7, 100, 6),
        (Item(0, 0x83, 0, 3, 1), S7Area.MK, S7WordLen.BYTE, 0, 3, 1),
        (Item(0, 0x1D, 0, 10, 4), S7Area.TM, S7WordLen.TIMER, 0, 5, 2),
        (Item(0, 0x1C, 0, 4, 2), S7Area.CT, S7WordLen.COUNTER, 0, 2, 1),
    ]
    for place, area, word, db, start, count in cases:
        named = make_request([place]).message[12:]
        assert named == S7DataTypes.encode_address(area, db, start, word, count)


def test_values_of_odd_length_are_padded() -> None:
    """The next value begins at an even byte, the last one has no padding."""
    values = b"\xff\x04\x00\x08A\x00" + b"\xff\x04\x00\x18BCD"
    assert read_reply(reply(7, 2, values), 7, [item(1), item(3)]) == [b"A", b"BCD"]


def test_a_refused_item_costs_its_neighbours_nothing() -> None:
    """A refused item takes four bytes, so that what follows is never given to another tag."""
    good = b"\xff\x04\x00\x10"
    values = good + b"AA" + b"\x05\x00\x00\x00" + good + b"CC" + b"\x0a\x00\x00\x00" + good + b"EE"
    assert read_reply(reply(7, 5, values), 7, [item(2)] * 5) == [b"AA", 5, b"CC", 10, b"EE"]


def test_a_length_given_with_a_refusal_means_nothing() -> None:
    """Some CPUs send the length of the item's own header with it; no bytes follow."""
    values = b"\x0a\x00\x00\x04" + b"\xff\x04\x00\x10BB"
    assert read_reply(reply(7, 2, values), 7, [item(2)] * 2) == [10, b"BB"]


@pytest.mark.parametrize(
    ("kind", "length", "size"),
    [(3, 8, 1), (3, 1, 1), (4, 16, 2), (5, 32, 4), (6, 4, 4), (7, 4, 4), (9, 4, 4)],
)
def test_a_length_is_in_bits_or_in_bytes_by_its_kind(kind: int, length: int, size: int) -> None:
    """Bits, bytes and integers are counted in bits, reals and octets in bytes."""
    values = bytes((0xFF, kind)) + length.to_bytes(2, "big") + bytes(size)
    assert read_reply(reply(1, 1, values), 1, [item(size)]) == [bytes(size)]


def test_a_request_refused_as_a_whole_says_its_error() -> None:
    """The refusal that a CPU without PUT/GET sends is understood as such."""
    with pytest.raises(Refusal) as caught:
        read_reply(PUT_GET_REFUSED, 2, [item(2)])
    assert caught.value.code == 0x8104


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        (b"", "a reply of 0 bytes"),
        (PUT_GET_REFUSED[:11], "a reply of 11 bytes"),
        (b"\x31" + PUT_GET_REFUSED[1:], "begins with 31 02"),
        (b"\x32\x01" + PUT_GET_REFUSED[2:], "begins with 32 01"),
        (reply(3, 1, b"\xff\x04\x00\x10AA"), "the answer to request 3 instead of 2"),
        (reply(2, 2, b"\xff\x04\x00\x10AA"), "parameters of another request"),
        (reply(2, 1, b"\xff\x04\x00\x10AA") + b"!", "parameters of another request"),
        (reply(2, 1, b"\xff\x04\x00"), "ends before its last value"),
        (reply(2, 1, b"\xff\x04\x00\x10A"), "a value of 2 bytes"),
        (reply(2, 1, b"\xff\x04\x00\x08A"), "a value of 1 bytes where 2"),
        (reply(2, 1, b"\xff\x04\x00\x20AAAA"), "a value of 4 bytes where 2"),
    ],
)
def test_what_is_no_answer_is_never_decoded(answer: bytes, fact: str) -> None:
    """A late, torn or foreign reply is told from an answer, and its bytes go nowhere."""
    with pytest.raises(Nonsense) as caught:
        read_reply(answer, 2, [item(2)])
    assert fact in str(caught.value)


def test_a_request_carries_its_reference() -> None:
    """The number is all that changes from scan to scan."""
    message = make_request([item(2)]).message
    assert with_reference(message, 0xABCD) == message[:4] + b"\xab\xcd" + message[6:]


@given(st.binary() | st.binary().map(lambda noise: reply(2, 2, noise)), st.integers(1, 9))
def test_any_bytes_are_an_answer_or_refused(noise: bytes, size: int) -> None:
    """Nothing that a network can deliver makes the reader fail in another way."""
    items = [item(size), item(1)]
    try:
        values = read_reply(noise, 2, items)
    except (Nonsense, Refusal):
        return
    for value, asked in zip(values, items, strict=True):
        assert isinstance(value, int) or len(value) == asked.size


def test_a_write_is_what_the_library_writes() -> None:
    """Byte for byte, for bytes and for one bit; only the reference is still to come."""
    library = S7Protocol()
    for piece, word, start in [
        (Piece(0x84, 7, 100, b"abc"), S7WordLen.BYTE, 100),
        (Piece(0x83, 0, 3, b"\x01", bit=5), S7WordLen.BIT, 3 * 8 + 5),
    ]:
        theirs = library.build_write_request(S7Area(piece.area), piece.db, start, word, piece.data)
        assert with_reference(make_write([piece]), library.sequence) == theirs


def test_written_values_begin_at_even_bytes() -> None:
    """Each is announced by what it is, and only the last one is not padded."""
    pieces = [
        Piece(0x84, 1, 0, b"A"),
        Piece(0x84, 1, 2, b"\x01", bit=3),
        Piece(0x1D, 0, 6, b"\x01\x27"),
        Piece(0x84, 1, 9, b"xyz"),
    ]
    message = make_write(pieces)
    parameters = int.from_bytes(message[6:8], "big")
    assert message[10:12] == bytes((5, 4))
    assert parameters == 2 + 4 * 12
    assert message[10 + parameters :] == (
        b"\0\x04\0\x08A\0" + b"\0\x03\0\x01\x01\0" + b"\0\x09\0\x02\x01\x27" + b"\0\x04\0\x18xyz"
    )
    assert int.from_bytes(message[8:10], "big") == len(message) - 10 - parameters


def written(reference: int, count: int, codes: bytes) -> bytes:
    """A reply to a write."""
    head = struct.pack(">BBHHHHH", 0x32, 3, 0, reference, 2, len(codes), 0)
    return head + bytes((5, count)) + codes


def test_each_piece_has_its_code() -> None:
    """In order, done or not."""
    assert write_reply(written(7, 3, b"\xff\x05\x0a"), 7, 3) == [0xFF, 5, 10]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        written(8, 2, b"\xff\xff"),
        written(7, 1, b"\xff"),
        written(7, 2, b"\xff"),
        written(7, 2, b"\xff\xff\xff"),
        written(7, 2, b"\xff\xff") + b"\xff",
        written(7, 2, b"\xff\xff")[:-1],
        reply(7, 2, b"\xff\xff"),
    ],
)
def test_what_is_no_answer_to_the_write_is_nonsense(answer: bytes) -> None:
    """Another request's, another function's, too few or too many codes."""
    with pytest.raises(Nonsense):
        write_reply(answer, 7, 2)


def test_a_write_that_is_refused_whole_has_its_error() -> None:
    """An acknowledgement without data whose header says no."""
    with pytest.raises(Refusal) as caught:
        write_reply(PUT_GET_REFUSED, 2, 1)
    assert caught.value.code == 0x8104


@given(st.binary(max_size=40))
def test_no_bytes_are_codes_by_accident(noise: bytes) -> None:
    """Whatever a CPU sends, it is the answer, a refusal or nonsense."""
    try:
        codes = write_reply(noise, 7, 2)
    except (Nonsense, Refusal):
        return
    assert noise == written(7, 2, bytes(codes))
