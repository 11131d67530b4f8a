"""What `warlogix write` proposes where a value was read as something else than was meant."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warlogix.asking.misread import misread
from warlogix.asking.request import read_value, text_value
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import DataType, Structure, parse_data_type
from warlogix.errors import BadRequest


@pytest.mark.parametrize(
    ("typed", "kind", "told"),
    [
        (".5", "REAL", '".5" was read as a text; write 0.5'),
        ("-.5", "REAL", '"-.5" was read as a text; write -0.5'),
        ("007", "DINT", '"007" was read as a text; write 7'),
        ("+5", "DINT", '"+5" was read as a text; write 5'),
        ("100.", "DINT", '"100." was read as a text; write 100'),
        ("00", "TIME", '"00" was read as a text; write 0'),
        ("+1.5e3", "REAL", '"+1.5e3" was read as a text; write 1.5e3'),
        ('"5"', "DINT", '"5" was read as a text; write 5 without quotation marks'),
        ("0x10", "DINT", '"0x10" was read as a text; numbers are written like'),
        (".", "REAL", '"." was read as a text; numbers are written like'),
        ("True", "BOOL", '"True" was read as a text; write true'),
        ("01", "BOOL", '"01" was read as a text; write 1'),
        ("e0", "REAL", '"e0" was read as a text; numbers are written like'),
        ("on", "BOOL", '"on" was read as a text; write true or false'),
        ("[.5]", "REAL[1]", '"[.5]" was read as a text; lists are written like'),
        ("123", "STRING[10]", "123 was read as JSON, not as a text; --string sends it"),
        ("true", "WCHAR", "true was read as JSON, not as a text; --string sends it"),
        ("40000", "INT", ""),
        ("[1,2]", "REAL[1]", ""),
        ("[5]", "STRING[3][1]", ""),
        ("true", "DINT", ""),
        ("abc", "CHAR", ""),
        ("x", "DATE", ""),
        ("5", "DATE", ""),
    ],
)
def test_a_value_that_was_read_as_something_else(typed: str, kind: str, told: str) -> None:
    """A text where a number was meant, or the reverse, gets a hint of what to type instead."""
    value = read_value(typed)
    with pytest.raises(BadRequest) as refused:
        convert(parse_json(value), parse_data_type(kind))
    hint = misread(value, str(refused.value))
    assert (hint[: len(told)], bool(hint)) == (told, bool(told))


def test_a_structure_that_was_read_as_a_text() -> None:
    """An object that lacks its quotation marks gets a hint of how objects are written."""
    kind = Structure("Motor", (("Name", DataType("STRING")),))
    for typed, told in (("{Name:a}", "structures are written like"), ('{"Name":5}', "")):
        value = read_value(typed)
        with pytest.raises(BadRequest) as refused:
            convert(parse_json(value), kind)
        hint = misread(value, str(refused.value))
        assert (told in hint, bool(hint)) == (True, bool(told))


@given(st.text(), st.sampled_from(["REAL", "DINT", "BOOL", "STRING[3]"]))
def test_a_number_that_is_proposed_is_one(typed: str, kind: str) -> None:
    """Whatever was typed, a hint never fails, and what it proposes is JSON."""
    hint = misread(text_value(typed), f'"?" does not fit {kind}; it takes')
    proposed = hint.rpartition("; write ")[2].partition(" ")[0]
    if "; write " in hint:
        json.loads(proposed)
