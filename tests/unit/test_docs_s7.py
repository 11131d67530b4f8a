"""The manual's table of S7 types is what the parser of addresses does."""

import re
from pathlib import Path

import pytest

from warlogix.addresses.s7 import parse_s7
from warlogix.datatypes import BASES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "s7.md"
ROW = re.compile(r"\| [^|]+ \| (?:[^|`]*)`([^`]+)` \| `([^`]+)` \| (\d+) \|")
ROWS = [match.groups() for match in map(ROW.fullmatch, PAGE.read_text().splitlines()) if match]


@pytest.mark.parametrize(("data_type", "address", "size"), ROWS)
def test_each_row_is_an_address_of_that_size(data_type: str, address: str, size: str) -> None:
    """Type and address of a row fit each other, and take the bytes that it says."""
    found = parse_s7(address, data_type)
    assert found.size == int(size)
    assert found.type.spelled == data_type


def test_every_type_has_a_row() -> None:
    """No type that an S7 can have is missing."""
    assert {parse_s7(address, data_type).type.base for data_type, address, _ in ROWS} == BASES
