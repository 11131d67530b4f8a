"""The list of bugs from the field: whole, and every test that it names is there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
ROW = re.compile(r"\| (\d+) \| .+ \| (.+) \|")
NAMED = re.compile(r"`(\S+)::(test_\w+)`")
ROWS = {
    int(form[1]): form[2]
    for line in (TESTS / "field_bugs.md").read_text().splitlines()
    if (form := ROW.fullmatch(line))
}


def test_every_bug_has_its_row() -> None:
    """Forty-six of them and seventeen of triggers and packs, each with tests or with a reason."""
    assert list(ROWS) == [*range(1, 47), *range(140, 157)]
    without = [n for n, row in ROWS.items() if not NAMED.search(row)]
    assert without == [5, 6, 13, 46, 150, 151, 154]
    assert all(ROWS[n].startswith("Cannot happen: ") for n in without)


@pytest.mark.parametrize("number", ROWS)
def test_the_tests_of_a_bug_are_there(number: int) -> None:
    """Whoever renames or moves a test learns that the list names it."""
    for path, name in NAMED.findall(ROWS[number]):
        assert f"def {name}(" in (TESTS / path).read_text(), f"{path}::{name}"
