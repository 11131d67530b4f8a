"""Whom a request means, and what its sender is told when it cannot be carried out."""

import pytest

from tests.unit.write_requests import TARGETS, request, settled, tag, told
from warlogix.errors import BadRequest
from warlogix.tags import Value
from warlogix.writes.targets import Targets

_FIRST = tag("DB1.DBW0", alias="Speed", address="DB1.DBW0")
_UPPER, _LOWER = tag("RUN"), tag("run")


def find(plc: str, name: str, targets: Targets = TARGETS) -> tuple[str, str] | str:
    """The PLC and the tag that are meant, or what the sender is told."""
    try:
        target = targets.find(plc, name)
    except BadRequest as error:
        return str(error)
    return target.plc, target.tag.name


@pytest.mark.parametrize(
    ("plc", "name"),
    [
        ("MainPLC", "Speed"),
        ("MainPLC", "speed"),
        ("mainplc", "SPEED"),
        ("MAINPLC", "DB1.DBW0"),
        ("MainPLC", " db1.dbw0 "),
    ],
)
def test_alias_name_and_address_in_any_case(plc: str, name: str) -> None:
    """A tag is found by alias, name or address, and case means nothing where one is meant."""
    assert find(plc, name) == ("MainPLC", "DB1.DBW0")


def test_what_is_written_exactly_comes_first() -> None:
    """Names that differ in case alone are told apart when written exactly, and only then."""
    targets = Targets([("A", [_UPPER, _LOWER]), ("a", [_FIRST])])
    assert find("A", "RUN", targets) == ("A", "RUN")
    assert find("A", "run", targets) == ("A", "run")
    ambiguous = 'unknown tag "Run" of PLC A: it could be RUN, run; write it exactly'
    assert find("A", "Run", targets) == ambiguous
    assert find("a", "speed", targets) == ("a", "DB1.DBW0")
    ambiguous = 'unknown PLC " a": it could be A, a; write it exactly'
    assert find(" a", "speed", targets) == ambiguous


@pytest.mark.parametrize(
    ("plc", "name", "text"),
    [
        ("Nobody", "Speed", 'unknown PLC "Nobody"; known are MainPLC, Mixer'),
        ("", "Speed", 'unknown PLC ""; known are MainPLC, Mixer'),
        ("press", "Speed", "PLC Press is disabled; it needs enabled = true"),
        (
            "Mixer",
            "Valve",
            'unknown tag "Valve" of PLC Mixer; add it to the PLC\'s tags in the configuration',
        ),
        ("MainPLC", "spare", 'tag "spare" of PLC MainPLC is disabled; it needs enabled = true'),
        (
            "MainPLC",
            "Name",
            'tag is not writable: "Name" of PLC MainPLC; '
            "it needs writable = true in the configuration",
        ),
    ],
)
def test_each_refusal_has_its_own_text(plc: str, name: str, text: str) -> None:
    """Unknown PLC, disabled PLC, unknown tag, disabled tag and not writable are told apart."""
    assert find(plc, name) == text
    assert told(request(name, plc=plc)) == [text]


def test_long_and_odd_names_stay_short_and_plain() -> None:
    """A refusal cuts long names, spells out what steers a terminal, and lists ten PLCs at most."""
    text = find("\x1b[31m" + "P" * 900, "T")
    assert isinstance(text, str)
    assert text.startswith('unknown PLC "\\x1b[31mPPP')
    assert len(text) < 200
    plant = Targets([(f"P{n}", []) for n in range(50)])
    names = ", ".join(f"P{n}" for n in range(10))
    assert find("Q", "T", plant) == f'unknown PLC "Q"; known are {names} and 40 more'
    assert find("Q", "T", Targets([])) == 'unknown PLC "Q"; none is enabled'


@pytest.mark.parametrize(
    ("base", "asked", "written"),
    [
        ("INT", 100, 100),
        ("INT", 100.0, 100),
        ("LWORD", 2**64 - 1, 2**64 - 1),
        ("BOOL", True, True),
        ("BOOL", 1, True),
        ("BOOL", 0, False),
        ("REAL", 3.14, 3.14),
        ("STRING", "Größe", "Größe"),
        ("TOD", "10:30:00.123", "10:30:00.123"),
    ],
)
def test_a_value_becomes_the_tags_own(base: str, asked: object, written: Value) -> None:
    """A value is converted by the real type of its tag."""
    targets = Targets([("P", [tag("T", base)])])
    (write,) = settled(request("T", asked, plc="P"), targets=targets).todo
    assert (write.value, type(write.value)) == (written, type(written))


@pytest.mark.parametrize(
    ("base", "asked", "parts"),
    [
        ("BYTE", 300, ("300", "BYTE", "255")),
        ("INT", 70000, ("70000", "INT", "-32768", "32767")),
        ("INT", 1.9, ("1.9", "INT")),
        ("BOOL", 2, ("2", "BOOL")),
        ("INT", "5", ('"5"', "INT")),
        ("INT", True, ("true", "INT")),
        ("STRING", 5, ("5", "STRING")),
        ("INT", None, ("null", "INT")),
        ("INT", [1], ("INT",)),
        ("INT", {"a": 1}, ("INT",)),
        ("DINT", 10**4000, ("DINT", "2147483647")),
    ],
)
def test_what_does_not_fit_names_value_type_and_range(
    base: str, asked: object, parts: tuple[str, ...]
) -> None:
    """Nothing is truncated or wrapped: the error names the value, the type and its range."""
    targets = Targets([("P", [tag("T", base)])])
    (text,) = told(request("T", asked, plc="P"), targets=targets)
    assert all(part in text for part in parts)
    assert len(text) < 300
