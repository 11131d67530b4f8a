from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.omron.eip.objects import (
    Declared,
    Page,
    ask_names,
    ask_type,
    ask_variable,
    parse_names,
    parse_type,
    parse_variable,
)

# As an NX sent them: a structure variable of 40 bytes whose type object is 101, and the member
# MVLowLmt of it, a REAL with the member 103 behind it.
VARIABLE = bytes.fromhex("28 00 00 00 a2 00 00 00 65 00 00 00 00 00 00 00 00 04 00 00 65 00 00 00")
MEMBER = bytes.fromhex(
    "04 00 00 00 00 ca 00 00 00 00 67 00 00 00 00 00 08 4d 56 4c 6f 77 4c 6d 74 00"
    "67 00 00 00 00 00 00 00"
)


def test_a_variable_of_a_controller_is_understood() -> None:
    """Its size, its type and the number of its structure."""
    assert parse_variable(VARIABLE) == Declared(40, 0xA2, 0, (), (), 101)


def test_a_member_of_a_controllers_structure_is_understood() -> None:
    """Its name, its type and the member behind it."""
    member = parse_type(MEMBER)
    assert (member.name, member.declared.code, member.declared.size) == ("MVLowLmt", 0xCA, 4)
    assert (member.members, member.crc, member.next, member.declared.type) == (0, 0, 103, 0)


def test_an_array_has_its_dimensions_and_what_they_count_from() -> None:
    """Both stand once for each dimension, in front of and behind the rest."""
    raw = bytes.fromhex(
        "02 00 00 00 a3 c3 02 00 05 00 00 00 03 00 00 00"
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 0a 00 00 00"
    )
    assert parse_variable(raw) == Declared(2, 0xA3, 0xC3, (5, 3), (1, 10), 0)


def test_objects_are_asked_for_by_name_and_by_number() -> None:
    """Get Attributes All of each, and a page of the list of published variables."""
    assert ask_variable("It").encode() == bytes.fromhex("01 02 91 02 49 74")
    assert ask_type(0x165).encode() == bytes.fromhex("01 03 20 6c 25 00 65 01")
    assert ask_names(101).encode() == bytes.fromhex(
        "5f 02 20 6a 24 00 65 00 00 00 64 00 00 00 02 00"
    )


def test_names_are_listed_page_by_page() -> None:
    """Each entry says how long it is; whether there are more stands in front."""
    raw = bytes.fromhex(
        "02 00 01 00"
        "01 00 00 00 0a 00 6b 00 07 00 00 00 02 49 74 00"
        "02 00 00 00 0a 00 6b 00 08 00 00 00 03 52 50 4d"
    )
    assert parse_names(raw) == Page(("It", "RPM"), more=True)


@pytest.mark.parametrize(
    "raw",
    [
        VARIABLE[:23],
        VARIABLE[:6] + b"\x04" + VARIABLE[7:] + bytes(40),
        b"\xff\xff\xff\x7f" + VARIABLE[4:],
        bytes.fromhex("02 00 00 00 a3 c3 00 00") + bytes(20),
    ],
)
def test_a_variable_that_cannot_be_is_nonsense(raw: bytes) -> None:
    """Cut short, of too many dimensions or bytes, or an array of none."""
    with pytest.raises(Nonsense):
        parse_variable(raw)


@given(st.binary(max_size=80))
def test_any_bytes_are_objects_or_nonsense(raw: bytes) -> None:
    """No answer makes the parsers fail in another way."""
    for parse in (parse_variable, parse_type, parse_names):
        with suppress(Nonsense):
            parse(raw)
