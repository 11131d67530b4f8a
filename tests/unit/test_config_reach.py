"""Conditions that the type of their tag decides for good."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.configurations import accepted, faults, with_trigger
from warlogix.config.reach import settled, undecided
from warlogix.datatypes import DataType, Kind, Structure, parse_data_type
from warlogix.triggers import Condition


@pytest.mark.parametrize(
    ("kind", "word", "wanted", "why"),
    [
        ("SINT", ">", 300, "whose values (-128 to 127) are never > 300"),
        ("UINT", "==", -1, "whose values (0 to 65535) are never == -1"),
        ("UINT", "!=", -1, "whose values (0 to 65535) are always != -1"),
        ("UINT", ">=", 0, "whose values (0 to 65535) are always >= 0"),
        ("UINT", "<=", 0, ""),
        ("INT", ">", 32766.5, ""),
        ("INT", ">", 32767, "whose values (-32768 to 32767) are never > 32767"),
        ("LWORD", "==", 2**64 - 1, ""),
        ("REAL", ">", 1e39, "whose values (-3.4028235e+38 to 3.4028235e+38) are never > 1e+39"),
        ("LREAL", ">", 1e300, ""),
        ("S5TIME", ">=", 9_990_001, "whose values (0 to 9990000) are never >= 9990001"),
        ("TIME", ">", 3_000_000_000, ""),
        ("STRING[3]", "==", "Done", 'whose texts (up to 3 characters) are never == "Done"'),
        ("STRING[3]", "!=", "Done", 'whose texts (up to 3 characters) are always != "Done"'),
        ("STRING[4]", "==", "Done", ""),
        ("STRING", "==", "Done", ""),
        ("WCHAR", "==", "ab", 'whose texts (up to 1 character) are never == "ab"'),
        ("BOOL", "==", 1, ""),
        ("DATE", "==", "2024-01-15", ""),
    ],
)
def test_what_a_type_decides_for_good(kind: str, word: str, wanted: Any, why: str) -> None:
    """A condition that no value of the type meets, or every one, is told with what the type has."""
    assert settled(parse_data_type(kind), word, wanted) == why


@given(
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.integers(-300, 300) | st.sampled_from([-128.5, -127.5, 126.5, 127.5]),
)
def test_it_is_decided_as_every_value_would(word: str, wanted: float) -> None:
    """Of a type with few values the verdict is that of all of them, one by one; that none is a
    fraction is not judged."""
    condition = Condition(word, wanted)
    met = {condition.holds(value) for value in range(-128, 128)}
    is_fraction = word in ("==", "!=") and wanted in (-127.5, 126.5)
    why = settled(DataType("SINT"), word, wanted)
    assert bool(why) == (len(met) == 1 and not is_fraction)
    assert not why or (" always " in why) == (met == {True})


@pytest.mark.parametrize(
    ("kind", "word", "wanted", "why"),
    [
        (DataType("INT"), "==", "Done", 'which cannot be compared with "Done"'),
        ("the structure ST_Tank", "==", 1, "which cannot be compared with 1"),
        (Structure("ST_Tank", ()), "==", 1, "which cannot be compared with 1"),
        (DataType("SINT"), ">", 300, "whose values (-128 to 127) are never > 300"),
    ],
)
def test_why_a_condition_is_decided_comes_with_a_remedy(
    kind: Kind | str, word: str, wanted: Any, why: str
) -> None:
    """What cannot be compared, and what never changes, each has its reason and what to do."""
    found = undecided(kind, word, wanted)
    assert found is not None
    assert found[0] == why
    assert found[1].startswith("compare" if "compared" in why else "write a condition")
    assert undecided(DataType("INT"), "==", 1.5) is None


def test_a_condition_that_never_changes_is_a_fault(tmp_path: Path) -> None:
    """It is told at the condition's value, with the tag, its type and what to write."""
    document = with_trigger(trigger_tag="Ack", condition={"operator": ">", "value": 40_000})
    [fault] = faults(tmp_path, document)
    assert fault.place == "triggers[0].condition.value"
    assert fault.fact == ('the tag "Ack" is INT, whose values (-32768 to 32767) are never > 40000')
    assert fault.remedy == "write a condition that some of them meet, and others do not"
    assert fault.about.startswith("t, line ")
    document["triggers"][0]["condition"]["value"] = 32_766
    assert accepted(tmp_path, document)
