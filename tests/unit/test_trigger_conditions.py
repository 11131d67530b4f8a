"""Conditions: numbers, BOOL and text, by every operator."""

import pytest

from warlogix.tags import Value
from warlogix.triggers import Condition


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("==", True, True, True),
        ("==", True, False, False),
        ("==", 1, True, True),
        ("!=", False, True, True),
        ("==", 3, 3, True),
        ("==", 3, 3.0, True),
        ("!=", 3, 4, True),
        (">", 72.5, 72.5, False),
        (">=", 72.5, 72.5, True),
        ("<", -1, -2, True),
        ("<=", 0, 0.1, False),
        ("==", 0.1, 0.1, True),
        ("==", 9007199254740993, 9007199254740992, False),
        ("==", "RUN", "RUN", True),
        ("!=", "RUN", "STOP", True),
        ("==", "2024-01-15", "2024-01-15", True),
    ],
)
def test_a_condition_holds_as_its_operator_says(
    operator: str, wanted: bool | float | str, value: Value, holds: bool
) -> None:
    """Numbers compare as numbers at full width, texts as texts, and a BOOL also with 0 and 1."""
    condition = Condition(operator, wanted)
    assert condition.comparable(value)
    assert condition.holds(value) is holds


@pytest.mark.parametrize(
    ("wanted", "value"),
    [(True, 1), (1, "1"), ("1", 1), (2, True), (True, "true"), (1, [1]), (1, {"a": 1}), ("", None)],
)
def test_what_cannot_be_compared_is_no_sight_of_a_condition(
    wanted: bool | float | str, value: Value
) -> None:
    """A number is no text, a DINT no BOOL, and arrays and structures are none of them."""
    assert not Condition("==", wanted).comparable(value)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition("==", True), "== true"),
        (Condition(">=", 72.5), ">= 72.5"),
        (Condition("!=", "RUN"), '!= "RUN"'),
    ],
)
def test_a_condition_is_told_as_it_is_configured(condition: Condition, text: str) -> None:
    """Its text form is that of the configuration."""
    assert str(condition) == text
