"""What the manual quotes to those who have trouble is what the program says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
QUOTES = re.findall(r"^\| `([^`]+)`.* \|$", PAGE.read_text(), re.M)


def said() -> Iterator[str]:
    """Every text of the source, with "…" where something is put in."""
    for file in (ROOT / "warlogix").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.JoinedStr(values=parts):
                    yield "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts
                    )
                case ast.Constant(value=str(text)):
                    yield re.sub(r"%[.0-9]*[a-z]|\{[a-z]+\}", "…", text)


SAID = "\n".join(said())


@pytest.mark.parametrize("quote", QUOTES)
def test_each_quote_is_what_the_program_says(quote: str) -> None:
    """The fixed words of a message that the page quotes stand so, and together, in the source."""
    fixed = ".*".join(re.escape(part.strip(" :;")) for part in quote.split("…"))
    assert re.search(fixed, SAID)


def test_every_area_has_its_table() -> None:
    """No part of the program is left out, and each table has rows."""
    areas = re.split(r"^## ", PAGE.read_text(), flags=re.M)[1:]
    heads = [area.splitlines()[0] for area in areas]
    assert heads == ["A PLC", "Kafka", "The buffer", "Writeback", "Triggers", "The configuration"]
    assert all(area.count("\n| `") >= 5 for area in areas)
