import pytest
from pycomm3.cip.data_types import PADDED_EPATH, LogicalSegment
from pycomm3.packets.util import tag_request_path

from warlogix.drivers.cip.paths import instance_path, symbol_path
from warlogix.errors import Malformed


@pytest.mark.parametrize(
    "name",
    ["Speed", "Motor", "Line.Speed", "Program:Main.Step", "Values[5]", "Grid[2,300]",
     "Deep[1,2,3]", "Motors[3].Limits.High", "Local:1:I.Data", "_under"],
)  # fmt: skip
def test_names_are_paths_as_the_library_makes_them(name: str) -> None:
    """Members, elements of one to three dimensions, programs and modules."""
    # pycomm3 does not annotate it.
    expected = tag_request_path(name, {}, use_instance_ids=False)  # type: ignore[no-untyped-call]
    assert symbol_path(name) == expected[1:]


def test_names_of_other_alphabets_are_utf_8() -> None:
    """Omron's controllers have them; their length counts bytes."""
    assert symbol_path("温度") == b"\x91\x06" + "温度".encode()


def test_an_index_in_brackets_of_its_own_is_one_more_dimension() -> None:
    """`Grid[1][2]` is another way to write `Grid[1,2]`."""
    assert symbol_path("Grid[1][2]") == symbol_path(" Grid[1, 2] ")


def test_numbers_beyond_16_bits_take_four_bytes() -> None:
    """Their segments end in binary 10; the library's, in 11, are reserved."""
    assert symbol_path("A[70000]") == bytes.fromhex("91 01 41 00 2a 00 70 11 01 00")
    assert instance_path(0x6A, 70_000) == bytes.fromhex("20 6a 26 00 70 11 01 00")


@pytest.mark.parametrize(
    "name",
    ["", ".", "A.", ".A", "A..B", "A[", "A[]", "A[-1]", "A[x]", "A[1].", "3", "A B", "A.3",
     "A[1]B", "A\nB", "A[4294967296]", "x" * 256],
)  # fmt: skip
def test_what_cannot_be_a_tag_is_malformed(name: str) -> None:
    """The text says so, and how a name is written."""
    with pytest.raises(Malformed, match="write a name like"):
        symbol_path(name)


@pytest.mark.parametrize(
    ("class_", "instance", "attribute"),
    [(0x6B, 0, None), (0x6B, 255, None), (0x6C, 256, 1), (0x300, 1, 300)],
)
def test_objects_are_paths_as_the_library_makes_them(
    class_: int, instance: int, attribute: int | None
) -> None:
    """Each number in the shortest form that holds it."""
    segments = [LogicalSegment(class_, "class_id"), LogicalSegment(instance, "instance_id")]
    if attribute is not None:
        segments.append(LogicalSegment(attribute, "attribute_id"))
    assert instance_path(class_, instance, attribute) == PADDED_EPATH.encode(segments)
