"""What a PLC says of its tags' types, and why it does not."""

import pytest
import trio

from tests.fakes import FakePlc
from warlogix.datatypes import DataType, Kind, Structure
from warlogix.errors import Rejected, Unreachable
from warlogix.plc import Plc
from warlogix.tags import Endpoint, Tag

ENDPOINT = Endpoint("Press", "logix", "127.0.0.1")
COUNT, GONE, LINE = Tag("Count", alias="Pieces"), Tag("Gone"), Tag("Line")
MOTOR = Structure("Motor", (("Speed", DataType("INT")),))
CONFIGURED = Tag("DB1.DBW0", kind=DataType("INT"))


@pytest.fixture
def fake() -> FakePlc:
    """A PLC with two tags that it tells the types of."""
    kinds: dict[str, Kind] = {"Count": DataType("DINT"), "Line": MOTOR, "Gone": DataType("INT")}
    return FakePlc({"Count": 1, "Line": {"Speed": 2}}, kinds=kinds)


async def test_the_type_is_the_one_of_the_last_reading(fake: FakePlc) -> None:
    """It is known from the first reading on, and follows the PLC's program."""
    plc = Plc(ENDPOINT, fake.driver)
    async with plc.connected():
        unread = plc.kind(COUNT)
        assert isinstance(unread, str)
        assert unread.startswith("tag Pieces of PLC Press was not read yet")
        await plc.read((COUNT, LINE, GONE))
        assert (plc.kind(COUNT), plc.kind(LINE)) == (DataType("DINT"), MOTOR)
        fake.kinds["Count"] = DataType("REAL")
        await plc.read((COUNT, LINE, GONE))
        async with plc.turn() as turn:
            assert turn.kind(COUNT) == plc.kind(COUNT) == DataType("REAL")


async def test_a_bad_tag_has_no_type_and_says_why(fake: FakePlc) -> None:
    """The reason is the one of its last reading, and is over with it."""
    plc = Plc(ENDPOINT, fake.driver)
    async with plc.connected():
        await plc.read((COUNT, GONE))
        assert plc.kind(GONE) == "tag Gone of PLC Press is bad: no such tag"
        fake.memory["Gone"] = 1
        await plc.read((COUNT, GONE))
        assert plc.kind(GONE) == DataType("INT")


async def test_a_plc_that_is_away_says_so(fake: FakePlc) -> None:
    """With the real cause; only what the configuration alone decides is known then."""
    plc = Plc(ENDPOINT, fake.driver)
    assert plc.kind(COUNT) == "Press: not connected: first attempt"
    assert plc.kind(CONFIGURED) == DataType("INT")
    async with plc.connected():
        await plc.read((COUNT,))
    fake.refuses = Unreachable("Press", "127.0.0.1:102: connection refused")
    with pytest.raises(Unreachable):
        async with plc.connected():
            raise AssertionError("the block must not be entered")
    assert plc.kind(COUNT) == "Press: not connected: 127.0.0.1:102: connection refused"
    assert plc.kind(CONFIGURED) == DataType("INT")


async def test_what_was_known_of_another_connection_counts_no_more(fake: FakePlc) -> None:
    """A tag that was bad before may be there now, and its type another one."""
    plc = Plc(ENDPOINT, fake.driver)
    for _ in range(2):
        async with plc.connected():
            for tag in (COUNT, GONE):
                assert "was not read yet" in str(plc.kind(tag))
            await plc.read((COUNT, GONE))


async def test_a_plc_that_refuses_to_be_read_says_so(fake: FakePlc) -> None:
    """What nobody may read has no type; the PLC's own words are the reason."""
    plc = Plc(ENDPOINT, fake.driver)
    with trio.fail_after(60):
        async with plc.connected():
            fake.failure = Rejected("Press", "the key switch is off")
            with pytest.raises(Rejected):
                await plc.read((COUNT,))
            assert plc.kind(COUNT) == "Press: the key switch is off"
