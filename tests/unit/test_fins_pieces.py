"""What is written for a value: its own words and bits, and nothing beside them."""

from hypothesis import given
from hypothesis import strategies as st

from warlogix.addresses.fins import parse_fins
from warlogix.drivers.omron.fins.codec import Codec
from warlogix.drivers.omron.fins.pieces import write_commands
from warlogix.simulators.fins import CJ2M, Journal, Memory, Station
from warlogix.tags import Value

HEADER = bytes((0x80, 0, 2, 0, 0, 0, 0, 1, 0, 7))


def commands(name: str, data_type: str, value: Value) -> list[str]:
    """The commands for a value, in hexadecimal digits."""
    address = parse_fins(name, data_type)
    return [text.hex() for text in write_commands(address, value, "latin-1", low_word_first=True)]


def written(name: str, data_type: str, value: Value, memory: Memory) -> list[int]:
    """Write a value into a simulated memory; the end codes."""
    station = Station(CJ2M, memory, Journal(lambda: 0.0))
    address = parse_fins(name, data_type)
    sent = write_commands(address, value, "latin-1", low_word_first=True)
    answers = [station.answer(HEADER + text) for text in sent]
    return [int.from_bytes(answer[12:14], "big") for answer in answers]


def test_a_value_is_one_command() -> None:
    """A number, a text and an array are each written as the words that they fill."""
    assert commands("D100", "DINT", -70000) == ["010282006400" + "0002" + "ee90fffe"]
    assert commands("E0_1", "STRING[4]", "AB") == ["0102a0000100" + "0002" + "41420000"]
    assert commands("W5", "INT[3]", [1, 2, 3]) == ["0102b1000500" + "0003" + "000100020003"]


def test_a_bit_is_written_as_a_bit() -> None:
    """One bit goes out alone, so that its neighbours cannot change in between."""
    assert commands("CIO0.05", "", True) == ["010230000005" + "0001" + "01"]
    assert commands("E10_7.15", "", False) == ["0102e000070f" + "0001" + "00"]


def test_bits_of_an_array_that_fill_no_word_are_written_as_bits() -> None:
    """An array of 18 bits is a word and two bits."""
    assert commands("D7", "BOOL[18]", [True, *[False] * 16, True]) == [
        "010282000700" + "0001" + "0001",
        "010202000800" + "0002" + "0001",
    ]


def test_an_odd_text_leaves_the_other_byte_of_its_last_word() -> None:
    """Its last character is written as the eight high bits of the word."""
    memory = Memory()
    memory.data[:8] = b"\xff" * 8
    assert written("D0", "STRING[5]", "Hallo", memory) == [0, 0]
    assert memory.data[:8] == b"Hallo\xff\xff\xff"
    assert written("D0", "STRING[5]", "Hi", memory) == [0, 0]
    assert memory.data[:8] == b"Hi\0\0\0\xff\xff\xff"


def test_a_long_array_is_cut_between_its_elements() -> None:
    """An array longer than a command is written by several, none with a torn value."""
    memory = Memory()
    values: list[Value] = list(range(1, 601))
    assert written("D100", "LINT[600]", values, memory) == [0, 0, 0]
    raw = bytes(memory.data[200 : 200 + 8 * 600])
    decode = Codec(parse_fins("D100", "LINT[600]"), "latin-1", low_word_first=True).decode
    assert decode(raw) == values
    assert not any(memory.data[:200] + memory.data[200 + 8 * 600 :])


PLACES = st.sampled_from(
    [
        ("D10", "BOOL[7]", st.lists(st.booleans(), min_size=7, max_size=7)),
        ("D10", "BOOL[33]", st.lists(st.booleans(), min_size=33, max_size=33)),
        ("D10.9", "BOOL", st.booleans()),
        (
            "D10",
            "STRING[3][2]",
            st.lists(st.sampled_from(["", "a", "abc"]), min_size=2, max_size=2),
        ),
        ("D10", "INT[2,2]", st.just([[1, -1], [2, -2]])),
        ("D10", "UDINT", st.integers(0, (1 << 32) - 1)),
    ]
)


@given(st.data(), PLACES, st.binary(min_size=40, max_size=40))
def test_nothing_but_the_value_is_touched(
    data: st.DataObject, place: tuple[str, str, st.SearchStrategy[Value]], around: bytes
) -> None:
    """A value is read back as written, and every bit outside of it is as before."""
    name, data_type, values = place
    value = data.draw(values)
    memory = Memory(data=bytearray(around))
    assert set(written(name, data_type, value, memory)) == {0}
    address = parse_fins(name, data_type)
    raw = bytes(memory.data[20 : 20 + 2 * address.words])
    codec = Codec(address, "latin-1", low_word_first=True)
    assert codec.decode(raw) == value
    kept = _outside(name, data_type)
    now = int.from_bytes(memory.data, "big") & kept
    assert now == int.from_bytes(around, "big") & kept


def _outside(name: str, data_type: str) -> int:
    """A mask of the bits of forty bytes of D that a value leaves alone."""
    own = Memory(data=bytearray(40))
    full: dict[str, Value] = {
        "BOOL": True,
        "BOOL[7]": [True] * 7,
        "BOOL[33]": [True] * 33,
        "STRING[3][2]": ["\xff" * 3] * 2,
        "INT[2,2]": [[-1, -1], [-1, -1]],
        "UDINT": (1 << 32) - 1,
    }
    written(name, data_type, full[data_type], own)
    return ~int.from_bytes(own.data, "big")
