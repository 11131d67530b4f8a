import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.cip.paths import symbol_path
from warlogix.drivers.omron.eip.layouts import Layout, array, elementary, string
from warlogix.drivers.omron.eip.names import parse_name
from warlogix.drivers.omron.eip.nodes import Node
from warlogix.drivers.omron.eip.pieces import Other, Piece, read_pieces, write_requests

PATH = symbol_path("It")
SINT, DINT, BOOL = map(elementary, (0xC2, 0xC4, 0xC1))


def single(layout: Layout) -> Node:
    """A variable of this type."""
    return Node(layout)


def many(layout: Layout, *shape: int) -> Node:
    """An array of it."""
    return Node(array(layout, shape), shape=shape, lower=(0,) * len(shape), element=Node(layout))


def pieces(node: Node, room: int = 500) -> list[Piece]:
    """What reads it."""
    assert node.layout is not None
    return read_pieces(node, node.layout, PATH, room)


def test_a_name_is_a_variable_and_the_way_to_a_part_of_it() -> None:
    """Members and indexes in their order."""
    name = parse_name(" Line.Motors[1, 2][3].Speed")
    assert (name.variable, name.steps) == ("Line", ("Motors", (1, 2, 3), "Speed"))
    assert name.path == symbol_path("Line.Motors[1,2,3].Speed")


def test_a_single_value_is_one_plain_request() -> None:
    """Its reply is the type and the bytes."""
    (piece,) = pieces(single(DINT))
    assert piece.request.encode() == bytes.fromhex("4c 02 91 02 49 74 01 00")
    assert piece.body(b"\xc4\x00\x01\x02\x03\x04") == b"\x01\x02\x03\x04"


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc4", b"\xc4\x00", b"\xc3\x00\x01\x02\x03\x04", b"\xc4\x02\x01\x02\x03\x04",
     b"\xc4\x00\x01\x02\x03", b"\xc4\x00\x01\x02\x03\x04\x05"],
)  # fmt: skip
def test_a_reply_of_another_type_or_length_is_no_value(data: bytes) -> None:
    """Nothing of it is used."""
    (piece,) = pieces(single(DINT))
    with pytest.raises(Other):
        piece.body(data)


def test_single_bytes_may_be_padded() -> None:
    """Controllers differ in it, and in what a BOOL's second byte holds; arrays have no padding."""
    (byte,), (bit,) = pieces(single(SINT)), pieces(single(BOOL))
    assert byte.body(b"\xc2\x00\x05") == byte.body(b"\xc2\x00\x05\x00") == b"\x05"
    assert bit.body(b"\xc1\x00\x01\x07") == b"\x01\x07"
    assert bit.body(b"\xc1\x00\x01") == b"\x01\x00"
    (bits,) = pieces(many(BOOL, 9))
    with pytest.raises(Other):
        bits.body(b"\xc1\x00\x01")


def test_an_enumeration_may_come_as_the_number_that_it_is() -> None:
    """Type 16#07 and DINT hold the same bytes, TIME has two codes."""
    (enumeration,), (time,) = pieces(single(elementary(0x07))), pieces(single(elementary(0x09)))
    assert enumeration.body(b"\xc4\x00\x03\x00\x00\x00") == b"\x03\x00\x00\x00"
    assert time.body(b"\xdb\x00" + bytes(8)) == bytes(8)


def test_a_text_is_counted_in_messages_and_ended_in_memory() -> None:
    """Its reply's count must be that of its bytes, and not more than it holds."""
    (piece,) = pieces(single(string(5)))
    assert piece.body(b"\xd0\x00\x02\x00ab") == b"ab\x00\x00\x00"
    for wrong in (b"\xd0\x00\x03\x00ab", b"\xd0\x00\x06\x00abcdef", b"\xd0\x00\x02", b"\xd0\x00"):
        with pytest.raises(Other):
            piece.body(wrong)


@given(st.integers(1, 5000), st.integers(100, 2000))
def test_parts_cover_an_array_and_fit_into_messages(count: int, room: int) -> None:
    """One behind the other, no number cut in two, no request and no reply longer than a message."""
    node = many(DINT, count)
    end = 0
    for piece in pieces(node, room):
        segment = piece.request.path[len(PATH) :]
        assert segment[:2] == b"\x80\x03"
        assert int.from_bytes(segment[2:6], "little") == end
        assert int.from_bytes(segment[6:8], "little") == piece.size
        assert end % 4 == 0
        assert max(piece.cost.request, piece.cost.reply) <= room
        end += piece.size
    assert end == 4 * count


@given(st.integers(1, 2000), st.integers(100, 2000))
def test_written_parts_are_the_whole_value(count: int, room: int) -> None:
    """Put together they are the array's bytes, and each request fits into a message."""
    node, image = many(DINT, count), b""
    assert node.layout is not None
    for request in write_requests(node, node.layout, PATH, list(range(count)), room):
        assert len(request.encode()) <= room
        assert request.data[:4] == b"\xc4\x00\x01\x00"
        assert int.from_bytes(request.path[len(PATH) + 2 :][:4], "little") == len(image)
        image += request.data[4:]
    assert image == b"".join(number.to_bytes(4, "little") for number in range(count))


def test_a_byte_is_written_without_padding() -> None:
    """Controllers refuse what is longer than the variable, of texts too."""
    (request,) = write_requests(single(SINT), SINT, PATH, -1, 500)
    assert request.data == b"\xc2\x00\x01\x00\xff"
    text = string(10)
    (request,) = write_requests(single(text), text, PATH, "abc", 500)
    assert request.data == b"\xd0\x00\x01\x00\x03\x00abc"


def test_texts_of_an_array_are_written_one_by_one() -> None:
    """By their indexes, as the program declares them."""
    node = Node(array(string(5), (2,)), shape=(2,), lower=(1,), element=Node(string(5)))
    assert node.layout is not None
    first, second = write_requests(node, node.layout, PATH, ["a", "b"], 500)
    assert (first.path, second.path) == (symbol_path("It[1]"), symbol_path("It[2]"))
    assert [piece.request.path for piece in pieces(node)] == [first.path, second.path]


def test_a_text_longer_than_a_message_is_written_with_its_end() -> None:
    """In parts that count their bytes, the last with the NUL."""
    layout, text = string(1000), "x" * 990
    requests = write_requests(single(layout), layout, PATH, text, 300)
    parts = [request.data[6:] for request in requests]
    assert b"".join(parts) == text.encode() + b"\0"
    for request, part in zip(requests, parts, strict=True):
        assert request.data[4:6] == len(part).to_bytes(2, "little")
        assert len(request.encode()) <= 300
