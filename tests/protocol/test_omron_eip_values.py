"""Values of an NJ both ways: every type at its limits, and what does not fit."""

import pytest

from tests.protocol.nj_peers import LINE_VALUE, MOTOR_VALUE, driving, program
from warlogix.simulators.cip import Tag as Variable
from warlogix.tags import Outcome, Tag, Value, WriteResult

# Type as it is declared, as it is published, and values as messages carry them.
TYPES: list[tuple[str, str, list[Value]]] = [
    ("BOOL", "BOOL", [True, False]),
    ("SINT", "SINT", [-128, 127]),
    ("INT", "INT", [-32768, 32767]),
    ("DINT", "DINT", [-(2**31), 2**31 - 1]),
    ("LINT", "LINT", [-(2**63), 2**63 - 1]),
    ("USINT", "USINT", [0, 255]),
    ("UINT", "UINT", [0, 65535]),
    ("UDINT", "UDINT", [0, 2**32 - 1]),
    ("ULINT", "ULINT", [0, 2**64 - 1]),
    ("BYTE", "BYTE", [0, 255]),
    ("WORD", "WORD", [0, 65535]),
    ("DWORD", "DWORD", [0, 2**32 - 1]),
    ("LWORD", "LWORD", [0, 2**64 - 1]),
    ("REAL", "REAL", [3.14, -3.4028235e38, 1e-45]),
    ("LREAL", "LREAL", [0.1, -1.7976931348623157e308]),
    ("ENUM", "DINT", [-1, 3]),
    ("TIME", "LTIME", [-(2**63), 5_000_000]),
    ("DATE", "DATE", ["1990-01-01", "2106-02-06"]),
    ("TIME_OF_DAY", "LTOD", ["00:00:00.000", "23:59:59.999999999"]),
    ("DATE_AND_TIME", "LDT", ["1970-01-01T00:00:00.000", "2106-02-06T23:59:59.999999999"]),
    ("STRING(20)", "STRING", ["", "温度 24 °C", "x" * 20]),
    ("STRING(1985)", "STRING", ["y" * 1985, "z" * 1984]),
    ("INT[2,3]", "INT[2,3]", [[[1, 2, 3], [-4, -5, -6]]]),
    ("BOOL[3,7]", "BOOL[3,7]", [[[True] * 7, [False] * 7, [True, *[False] * 6]]]),
    ("REAL[3000]", "REAL[3000]", [[index / 8 for index in range(3000)]]),
    ("USINT[2001]", "USINT[2001]", [[index % 256 for index in range(2001)]]),
    ("STRING(10)[2,2]", "STRING[2,2]", [[["a", "bb"], ["", "c" * 10]]]),
    ("DATE[2]", "DATE[2]", [["2024-01-15", "2024-02-29"]]),
    ("Motor", "Motor", [MOTOR_VALUE]),
    ("Motor[2]", "Motor[2]", [[MOTOR_VALUE, {**MOTOR_VALUE, "Speed": 0.5}]]),
    ("Line", "Line", [LINE_VALUE]),
    ("Line[40]", "Line[40]", [[LINE_VALUE] * 40]),
]


@pytest.mark.parametrize(("declared", "published", "values"), TYPES)
async def test_values_of_every_type_go_both_ways(
    declared: str, published: str, values: list[Value]
) -> None:
    """What is written is what is read, at the limits of each type, under its published name."""
    async with driving(program(Variable("It", declared), Variable("Next", "DINT", 7))) as (
        _,
        driver,
    ):
        tags = (Tag("It"), Tag("Next"))
        for value in values:
            assert await driver.write(tags[0], value) == WriteResult(Outcome.DONE)
            readings = await driver.read(tags)
            assert readings.bad == {}
            assert list(readings.values) == [value, 7]
            assert readings.types == (published, "DINT")
            assert str(driver.kind(tags[0])) == published


@pytest.mark.parametrize(
    ("declared", "value", "reason"),
    [
        ("SINT", 128, "SINT"),
        ("UDINT", -1, "UDINT"),
        ("STRING(4)", "12345", "holds 4"),
        ("STRING(4)", "温度", "6 bytes"),
        ("STRING(4)", "a\0b", "NUL"),
        ("INT[2]", [1, 2, 3], "has not the shape [2]"),
        ("INT[2]", [1, 40000], "INT"),
        ("DATE", "2999-01-01", "beyond"),
        ("REAL", 1e39, "REAL"),
        ("Motor", {"On": True}, "all its members"),
        ("Motor", {**MOTOR_VALUE, "Mode": 200}, "SINT"),
    ],
)
async def test_what_does_not_fit_is_refused_and_not_sent(
    declared: str, value: Value, reason: str
) -> None:
    """The reason names what is wrong; nothing reaches the controller."""
    async with driving(program(Variable("It", declared))) as (plc, driver):
        result = await driver.write(Tag("It"), value)
        assert result.outcome is Outcome.REFUSED
        assert reason in result.reason
        assert not plc.journal.writes
