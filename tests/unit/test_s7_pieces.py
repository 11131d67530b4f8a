"""What is written for a value, and in which messages: the value whole, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.s7 import parse_s7
from warlogix.drivers.s7.link import _PDU_LEAST
from warlogix.drivers.s7.pieces import Piece, make_pieces, requests
from warlogix.drivers.s7.wire import make_write
from warlogix.tags import Value

DB = 0x84


def pieces(name: str, data_type: str, value: Value) -> list[tuple[int, int | None, bytes]]:
    """Where each piece begins, which bit it is, and what is written."""
    made = make_pieces(parse_s7(name, data_type), value, "latin-1")
    return [(piece.start, piece.bit, piece.data) for piece in made]


def test_one_value_is_one_piece() -> None:
    """A number its bytes, a BOOL its bit, a text what is behind the capacity."""
    assert pieces("DB1.DBW4", "INT", -2) == [(4, None, b"\xff\xfe")]
    assert pieces("M3.5", "", True) == [(3, 5, b"\x01")]
    assert pieces("T7", "", 1270) == [(14, None, b"\x01\x27")]
    assert pieces("DB1.4", "STRING[9]", "Hi") == [(5, None, b"\x02Hi")]
    assert pieces("DB1.4", "WSTRING[9]", "A") == [(6, None, b"\x00\x01\x00A")]


def test_an_array_without_gaps_is_one_piece() -> None:
    """Rows that follow each other are written in one go."""
    assert pieces("DB1.0", "INT[2,2]", [[1, 2], [3, 4]]) == [
        (0, None, bytes((0, 1, 0, 2, 0, 3, 0, 4)))
    ]
    assert pieces("DB1.0", "BYTE[2,2]", [[1, 2], [3, 4]]) == [(0, None, bytes((1, 2, 3, 4)))]
    row: list[Value] = [True] * 16
    sixteen: list[Value] = [row, [False] * 16]
    assert pieces("DB1.0", "BOOL[2,16]", sixteen) == [(0, None, b"\xff\xff\0\0")]


def test_gaps_are_left_out() -> None:
    """The byte that fills a row and the bits beside the last ones are nobody's."""
    rows: list[Value] = [[1, 2, 3], [4, 5, 6]]
    assert pieces("DB1.0", "BYTE[2,3]", rows) == [(0, None, b"\1\2\3"), (4, None, b"\4\5\6")]
    bits: list[Value] = [True] * 9
    assert pieces("DB1.0", "BOOL[10]", [*bits, False]) == [
        (0, None, b"\xff"),
        (1, 0, b"\x01"),
        (1, 1, b"\x00"),
    ]
    assert pieces("DB1.0", "STRING[3][2]", ["abc", "d"]) == [
        (1, None, b"\x03abc"),
        (7, None, b"\x01d"),
    ]


_PIECES = st.lists(
    st.one_of(
        st.builds(
            lambda gap, count, unit: (gap, count * unit, unit, None),
            st.integers(0, 300),
            st.integers(1, 120),
            st.sampled_from([1, 2, 4, 8, 12]),
        ),
        st.builds(lambda gap, bit: (gap, 1, 1, bit), st.integers(0, 9), st.integers(0, 7)),
    ),
    min_size=1,
    max_size=60,
)


def laid_out(shapes: list[tuple[int, int, int, int | None]]) -> list[Piece]:
    """Pieces one behind the other with gaps between them; each byte says where it is."""
    made, at = [], 0
    for gap, size, unit, bit in shapes:
        at += gap
        made.append(Piece(DB, 1, at, bytes(n % 251 for n in range(at, at + size)), unit, bit))
        at += size
    return made


@given(_PIECES, st.sampled_from([240, 480, 960]))
def test_messages_hold_every_piece_once_and_fit(
    shapes: list[tuple[int, int, int, int | None]], pdu: int
) -> None:
    """None is longer than the CPU takes or names more than 20; no unit is torn."""
    made = laid_out(shapes)
    messages = requests(made, pdu)
    written: dict[tuple[int, int | None], int] = {}
    for message in messages:
        assert len(make_write(message)) <= pdu
        assert 1 <= len(message) <= 20
        for piece in message:
            for at, byte in enumerate(piece.data, piece.start):
                assert (at, piece.bit) not in written
                written[at, piece.bit] = byte
            owner = max(whole.start for whole in made if whole.start <= piece.start)
            assert (piece.start - owner) % piece.unit == len(piece.data) % piece.unit == 0
    asked = {
        (at, piece.bit): byte for piece in made for at, byte in enumerate(piece.data, piece.start)
    }
    assert written == asked


@pytest.mark.parametrize(("kind", "value"), [("LINT", -1), ("DTL", "2024-01-15T10:30:00")])
def test_the_smallest_message_holds_any_value_that_is_not_torn(kind: str, value: Value) -> None:
    """Of the shortest messages that are agreed on, one writes the longest value."""
    made = make_pieces(parse_s7("DB1.0", kind), value, "latin-1")
    (message,) = requests(made, _PDU_LEAST)
    assert len(make_write(message)) <= _PDU_LEAST


def test_the_end_of_a_long_piece_goes_first() -> None:
    """What stands at its beginning, as a string's length, is true when it arrives."""
    long = Piece(DB, 1, 10, bytes(500))
    starts = [piece.start for message in requests([long], 240) for piece in message]
    assert starts == [434, 222, 10]
