"""Whatever a file holds, it is loaded or refused with faults: nothing else ever comes out."""

import copy
from pathlib import Path
from typing import Any

import pytest
import tomli
import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.configurations import ENVIRON, EXAMPLES, SECRET, SECRET_FILES, whole
from warlogix.config import load
from warlogix.errors import ConfigError

[COMPLETE] = (whole(path) for path in EXAMPLES if path.name == "complete.toml")
DOCUMENT = tomli.loads(COMPLETE)

tables = st.dictionaries(
    st.text(max_size=5), st.integers() | st.text(max_size=3) | st.lists(st.integers()), max_size=3
)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=True)
    | st.text(max_size=30)
    | st.sampled_from(["\0", "", "5", "-1s", "9" * 5000, "DB" + "9" * 5000, "${", "${X", "\x1b[2J"])
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.lists(st.integers() | st.text(max_size=3) | tables, max_size=3)
    | tables
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place of a document but its root."""
    below: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list):
        below = list(enumerate(value))
    found: list[tuple[str | int, ...]] = []
    for key, item in below:
        found += [(*path, key), *places(item, (*path, key))]
    return found


PLACES = places(DOCUMENT)


def outcome(folder: Path, content: bytes) -> str:
    """How loading ends: "" or every fault as told; each of them is complete and safe to print."""
    path = folder / "warlogix.toml"
    path.write_bytes(content)
    for name in SECRET_FILES:
        (folder / name).write_text(SECRET)
    try:
        load(path, ENVIRON)
    except ConfigError as error:
        refusal = error
    else:
        return ""
    assert refusal.faults
    for fault in refusal.faults:
        assert fault.fact
        assert fault.remedy
        assert f"{fault.place}{fault.fact}{fault.remedy}".isprintable()
    assert SECRET not in str(refusal)
    return str(refusal)


def without_none(value: Any) -> Any:
    """The value as TOML can hold it: `None` becomes an empty table."""
    if value is None:
        return {}
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the whole module: each example overwrites the last one's file."""
    return tmp_path_factory.mktemp("mutations")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=values)
@example(place=("plcs", 0, "slot"), value=10**25)
@example(place=("plcs", 0, "tags", 0, "name"), value="DB" + "9" * 390 + ".DBW0")
@example(place=("kafka", 0, "options"), value={"": "", "a\0": 1})
def test_a_wrong_value_anywhere(folder: Path, place: tuple[str | int, ...], value: object) -> None:
    """A value of any type at any place is taken, or is faults."""
    document = copy.deepcopy(DOCUMENT)
    container: Any = document
    for part in place[:-1]:
        container = container[part]
    container[place[-1]] = without_none(value)
    outcome(folder, tomli_w.dumps(document).encode("utf-8", "replace"))


@settings(max_examples=100, deadline=None)
@given(place=st.sampled_from(PLACES), key=st.text(max_size=20))
def test_a_renamed_key_anywhere(folder: Path, place: tuple[str | int, ...], key: str) -> None:
    """Any key under any other name is taken, or is faults."""
    document = copy.deepcopy(DOCUMENT)
    container: Any = document
    for part in place[:-1]:
        container = container[part]
    if isinstance(container, dict):
        container[key] = container.pop(place[-1])
        outcome(folder, tomli_w.dumps(document).encode("utf-8", "replace"))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(COMPLETE.encode()) - 1), st.integers(0, 255)),
        min_size=1,
        max_size=5,
    )
)
def test_flipped_bytes_anywhere(folder: Path, flips: list[tuple[int, int]]) -> None:
    """A file with some bytes replaced is taken, or is faults."""
    content = bytearray(COMPLETE.encode())
    for position, byte in flips:
        content[position] = byte
    outcome(folder, bytes(content))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
@example(b"a = " + b"[{b = " * 3000)
@example(b"[a." + b"b." * 3000 + b"c]")
@example(b"namespace = " + b"1" * 10_000)
@example(b"namespace = 0x" + b"f" * 10_000)
@example(b'namespace = "' + b"x" * 1_000_000 + b'"')
@example(b'"' + b"x" * 100_000 + b'" = 1')
@example(b"plcs = [" + b"{}," * 1000 + b"]")
def test_any_bytes_at_all(folder: Path, content: bytes) -> None:
    """Any bytes are taken, or are faults."""
    outcome(folder, content)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_wrong_type_at_every_key(folder: Path, place: tuple[str | int, ...]) -> None:
    """A date is right nowhere: at every single place it is a fault at that very place."""
    document = copy.deepcopy(DOCUMENT)
    container: Any = document
    for part in place[:-1]:
        container = container[part]
    container[place[-1]] = tomli.loads("at = 2024-01-15")["at"]
    told = outcome(folder, tomli_w.dumps(document).encode())
    tail = place[-1] if isinstance(place[-1], str) else f"[{place[-1]}]"
    assert f"{tail} (" in told or f'"{tail}" (' in told
