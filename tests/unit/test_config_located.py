"""Faults say what people call the thing, and on which line it stands."""

from pathlib import Path

import pytest

from warlogix.config import load
from warlogix.errors import ConfigError, Fault

TEXT = """\
namespace = "factory"

[[plcs]]
name = "MainPLC"
family = "s7"
address = "192.168.1.102"
slott = 1
tags = [
  { name = "DB1.DBW0", alias = "Speed", data_type = "INTT" },
  { name = "DB1" },
]

[[plcs]]
family = "s7"
address = "a b"

[[kafka]]
name = "Main\\u001b[31m"
brokers = [
  "localhost:9092",
  "a b",
]
selector = "${MISSING}"
"""


def told(folder: Path, text: str) -> dict[str, str]:
    """What is said about each place of a file that is wrong."""
    file = folder / "warlogix.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    return {fault.place: fault.about for fault in caught.value.faults}


def test_a_fault_names_the_thing_and_its_line(tmp_path: Path) -> None:
    """Names from outside in, an alias before an address; the line of the key, or of its table, and
    one behind the other."""
    found = told(tmp_path, TEXT)
    assert found == {
        "plcs[0].slott": "MainPLC, line 7",
        "plcs[0].tags[0].data_type": "MainPLC, Speed, line 9",
        "plcs[0].tags[1].name": "MainPLC, DB1, line 10",
        "plcs[1].name": "line 13",
        "plcs[1].address": "line 15",
        "kafka[0].name": "Main\\x1b[31m, line 18",
        "kafka[0].brokers[1]": "Main\\x1b[31m, line 21",
        "kafka[0].selector": "Main\\x1b[31m, line 23",
    }
    lines = [int(about.rpartition(" ")[2]) for about in found.values()]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("[buffer]\nx = 1\n", {"namespace": "", "buffer.x": "line 2"}),
        ('namespace = "f"\nplcs = 3\n', {"plcs": "line 2"}),
        ('namespace = "f"\nplcs = [\n3]\n', {"plcs[0]": "line 3"}),
        ('namespace = "f"\nplcs = [{name = 3}]\n', {"plcs[0].name": "line 2"}),
        (f'namespace = "f"\nx = {"[" * 150}{"]" * 150}', {"x": "line 2"}),
    ],
)
def test_what_has_no_name_is_not_named(text: str, about: dict[str, str], tmp_path: Path) -> None:
    """A thing without a name has its line alone, and what is missing at the top not even that."""
    found = told(tmp_path, text)
    assert {place: found[place] for place in about} == about


def test_places_stay_what_they_were() -> None:
    """People see names and line behind the place; without them a fault looks as it did."""
    fault = Fault("plcs[0].slot", "is too large", "the most is 255", "MainPLC, line 4")
    assert str(fault).startswith("error: plcs[0].slot (MainPLC, line 4): is too large\n")
    assert str(Fault("plcs[0].slot", "is", "")).startswith("error: plcs[0].slot: is\n")
    assert str(Fault("", "is", "do")) == "error: is\nhint: do"
