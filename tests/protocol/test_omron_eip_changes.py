"""The program of an NJ changes while the driver is connected: nothing is taken for what it was."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio

from warlogix.drivers.columns import TRY_AGAIN_AFTER
from warlogix.drivers.omron.eip import OmronEipSession
from warlogix.drivers.session import SessionDriver
from warlogix.errors import Unreachable
from warlogix.simulators.cip import (
    CipSimulator,
    Member,
    Program,
    Record,
    open_nj_simulator,
    spoilers,
)
from warlogix.simulators.cip import Tag as Variable
from warlogix.simulators.server import Spoiler
from warlogix.tags import Endpoint, Outcome, Tag, Value

BEFORE = (Member("Speed", "INT"), Member("Level", "INT"), Member("History", "INT[2,3]"))
AFTER = (Member("Level", "INT"), Member("Speed", "INT"), Member("History", "INT[3,2]"))


def program(members: tuple[Member, ...], *variables: Variable) -> Program:
    """A program with these variables and the structure Motor."""
    return Program(variables, types=(Record("Motor", members),))


@asynccontextmanager
async def driving(
    declared: Program, now: Callable[[], float] = time.monotonic
) -> AsyncIterator[tuple[CipSimulator, SessionDriver]]:
    """A simulated controller, and a driver connected to it."""
    with trio.fail_after(20):
        async with open_nj_simulator(declared) as plc:
            endpoint = Endpoint(
                "Labeller", "omron", "127.0.0.1", plc.port, protocol="eip", timeout=1.0
            )
            driver = SessionDriver(endpoint, lambda where: OmronEipSession(where, now))
            await driver.connect()
            yield plc, driver
            await driver.aclose()


CHANGES: list[tuple[str, Variable, str, Variable, str]] = [
    ("It", Variable("It", "INT", 5), "INT", Variable("It", "UINT", 6), "UINT"),
    ("It", Variable("It", "INT", 5), "INT", Variable("It", "INT[3]", [1, 2, 3]), "INT[3]"),
    (
        "It",
        Variable("It", "INT[2,3]", [[1, 2, 3], [4, 5, 6]]),
        "INT[2,3]",
        Variable("It", "INT[3,2]", [[1, 2], [3, 4], [5, 6]]),
        "INT[3,2]",
    ),
    ("It", Variable("It", "INT[3]"), "INT[3]", Variable("It", "INT[4]", [1, 2, 3, 4]), "INT[4]"),
    ("It", Variable("It", "BOOL[9]"), "BOOL[9]", Variable("It", "BOOL[10]"), "BOOL[10]"),
    (
        "It",
        Variable("It", "STRING(3)", "abc"),
        "STRING",
        Variable("It", "STRING(9)", "x" * 9),
        "STRING",
    ),
    (
        "It",
        Variable("It", "Motor", {"Speed": 1}),
        "Motor",
        Variable("It", "Motor", {"Speed": 2}),
        "Motor",
    ),
    ("It", Variable("It", "Motor[2]"), "Motor[2]", Variable("It", "Motor[3]"), "Motor[3]"),
    (
        "It.Speed",
        Variable("It", "Motor", {"Speed": 1}),
        "INT",
        Variable("It", "Motor", {"Speed": 2}),
        "INT",
    ),
    (
        "It.History",
        Variable("It", "Motor", {"History": [[1, 2, 3], [4, 5, 6]]}),
        "INT[2,3]",
        Variable("It", "Motor", {"History": [[1, 2], [3, 4], [5, 6]]}),
        "INT[3,2]",
    ),
]


@pytest.mark.parametrize(("name", "old", "was", "new", "by_now"), CHANGES)
async def test_values_are_never_decoded_by_an_old_declaration(
    name: str, old: Variable, was: str, new: Variable, by_now: str
) -> None:
    """The first reading after a download has the new type, and the value of the new program."""
    other = Variable("Other", "DINT", 7)
    async with driving(program(BEFORE, old, other)) as (plc, driver):
        tags = (Tag(name), Tag("Other"))
        first = await driver.read(tags)
        assert (first.types[0], first.values[0]) == (was, as_told(plc, name))
        plc.download(program(AFTER, new, other))
        second = await driver.read(tags)
        assert (second.types[0], second.values[0]) == (by_now, as_told(plc, name))
        assert list(second.values)[1:] == [7]
        assert plc.accepted == 1


def as_told(plc: CipSimulator, name: str) -> Value:
    """What the controller holds by its own account."""
    value: Value = plc.get(name)
    return value


async def test_members_that_changed_places_are_noticed_by_their_declaration() -> None:
    """The checksum of the structure is the same, and so are all of its bytes."""
    pair, turned = Member("A", "INT"), Member("B", "INT")
    it, as_bytes = Variable("It", "Motor"), (1).to_bytes(2, "little") + (2).to_bytes(2, "little")
    async with driving(program((pair, turned), it)) as (plc, driver):
        tags = (Tag("It"),)
        plc.poke("It", as_bytes)
        assert (await driver.read(tags)).values == [{"A": 1, "B": 2}]
        plc.download(program((turned, pair), it))
        plc.poke("It", as_bytes)
        assert (await driver.read(tags)).values == [{"B": 1, "A": 2}]


async def test_a_download_between_two_messages_of_a_reading_is_noticed() -> None:
    """What was read before it is thrown away with what was read behind it."""
    many = [Variable(f"V{number:03}", "LINT[30]") for number in range(40)]
    table = Variable("Table", "INT[2,3]", [[1, 2, 3], [4, 5, 6]])
    after = Variable("Table", "INT[3,2]", [[1, 2], [3, 4], [5, 6]])
    async with driving(program(BEFORE, *many, table)) as (plc, driver):
        tags = (*(Tag(variable.name) for variable in many), Tag("Table"))
        await driver.read(tags)
        seen = 0

        def download_once(answer: bytes) -> bytes:
            nonlocal seen
            seen += 1
            if seen == 3:
                plc.download(program(BEFORE, *many, after))
            return answer

        plc.spoil = download_once
        plc.put("V000", [1] * 30)
        readings = await driver.read(tags)
        assert (readings.types[40], readings.values[40]) == ("INT[3,2]", [[1, 2], [3, 4], [5, 6]])
        assert readings.values[0] == [0] * 30
        assert readings.bad == {}


async def test_a_variable_that_is_gone_is_bad_and_comes_back() -> None:
    """Its neighbours go on; it is asked for again after a while, without a new connection."""
    it, other = Variable("It", "INT", 5), Variable("Other", "DINT", 7)
    now = 100.0
    async with driving(program(BEFORE, it, other), lambda: now) as (plc, driver):
        tags = (Tag("It"), Tag("Other"))
        await driver.read(tags)
        plc.download(program(BEFORE, other))
        readings = await driver.read(tags)
        assert list(readings.values) == [None, 7]
        assert "no published variable It" in readings.bad[0]
        assert driver.kind(tags[0]) is None
        plc.download(program(BEFORE, it, other))
        assert (await driver.read(tags)).values[0] is None
        now += TRY_AGAIN_AFTER
        assert list((await driver.read(tags)).values) == [5, 7]
        assert plc.accepted == 1


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        (Variable("It", "INT"), Variable("It", "UINT"), 5),
        (Variable("It", "INT[2,3]"), Variable("It", "INT[3,2]"), [[1, 2, 3], [4, 5, 6]]),
        (
            Variable("It", "Motor"),
            Variable("It", "Motor"),
            {"Speed": 1, "Level": 2, "History": [[1, 2, 3], [4, 5, 6]]},
        ),
    ],
)
async def test_a_value_is_never_written_by_an_old_declaration(
    old: Variable, new: Variable, value: Value
) -> None:
    """It was made for the old type, so it is refused, and nothing is sent."""
    async with driving(program(BEFORE, old)) as (plc, driver):
        tag = Tag("It")
        await driver.read((tag,))
        plc.download(program(AFTER, new))
        result = await driver.write(tag, value)
        assert result.outcome is Outcome.REFUSED
        assert "type of It" in result.reason
        assert "changed" in result.reason
        assert not plc.journal.writes


async def test_a_value_is_written_after_a_download_that_left_its_type() -> None:
    """New numbers of variables and types do not matter: the name is what is asked for."""
    async with driving(program(BEFORE, Variable("It", "Motor"))) as (plc, driver):
        tag = Tag("It")
        await driver.read((tag,))
        plc.download(program(BEFORE, Variable("It", "Motor")))
        value: Value = {"Speed": 1, "Level": 2, "History": [[1, 2, 3], [4, 5, 6]]}
        assert (await driver.write(tag, value)).outcome is Outcome.DONE
        assert plc.get("It") == value


async def test_a_value_of_several_pieces_says_how_far_it_came() -> None:
    """A link that breaks in the middle leaves the value in between, and the answer says so."""
    async with driving(program(BEFORE, Variable("It", "DINT[2000]"))) as (plc, driver):
        tag = Tag("It")
        await driver.read((tag,))

        def cut_the_third(answer: bytes) -> bytes | None:
            return None if len(plc.journal.writes) == 3 else answer

        plc.spoil = cut_the_third
        result = await driver.write(tag, list(range(2000)))
        assert result.outcome is Outcome.UNKNOWN
        assert result.reason.endswith("; 2 of 5 pieces of the value had been written already")
        with pytest.raises(Unreachable):
            await driver.read((tag,))


@pytest.mark.parametrize("spoil", [spoilers.truncate, spoilers.scramble, spoilers.answer_another])
async def test_an_answer_that_is_none_is_never_a_value(spoil: Spoiler) -> None:
    """The link is given up, or the tag is bad: nothing of what came is shown."""
    async with driving(program(BEFORE, Variable("It", "DINT[3]", [1, 2, 3]))) as (plc, driver):
        tags = (Tag("It"),)
        await driver.read(tags)
        plc.put("It", [4, 5, 6])
        plc.spoil = spoil
        try:
            readings = await driver.read(tags)
        except Unreachable:
            return
        assert list(readings.values) == [None]
        assert 0 in readings.bad
