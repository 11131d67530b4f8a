"""What `warlogix.drivers.base` promises of types, plans and browsing."""

import sys

import pytest

from tests.contracts.plant import MANY, Plant
from warlogix.datatypes import DataType
from warlogix.drivers.base import Driver
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Found, Outcome

INT = DataType("INT")


async def test_a_tag_that_was_read_has_the_type_that_it_is_written_by(
    plant: Plant, driver: Driver
) -> None:
    """It is the published one."""
    await driver.read(plant.tags)
    assert [driver.kind(tag) for tag in plant.tags] == [INT, INT, INT]


async def test_only_a_good_reading_tells_a_type_that_the_plc_knows(
    plant: Plant, driver: Driver
) -> None:
    """Where the PLC knows the types, a tag that is bad or was never read has none."""
    unread, bad = driver.kind(plant.tags[0]), plant.missing
    await driver.read((bad,))
    expected = INT if plant.contradicting is None else None
    assert unread in (expected, INT)
    assert driver.kind(bad) == (bad.kind if plant.contradicting is None else None)


async def test_a_type_that_the_plc_contradicts_is_bad(plant: Plant, driver: Driver) -> None:
    """The reason names both types and what to write; nothing is written by the wrong one."""
    wrong, (first, second, third) = plant.contradicting, plant.tags
    if wrong is None:
        assert not (await driver.read(plant.tags)).bad
        return
    readings = await driver.read((wrong, second, third))
    assert list(readings.values) == [None, -2, 3]
    assert readings.bad == {
        0: f"the PLC has INT there, the configuration says {wrong.data_type}:"
        ' write data_type = "INT" or leave it out'
    }
    assert driver.kind(wrong) is None
    result = await driver.write(wrong, 7)
    assert result.outcome is Outcome.REFUSED
    assert result.reason
    assert plant.held() == (1, -2, 3)
    assert list((await driver.read((first,))).values) == [1]


async def test_a_thousand_tags_take_few_requests(plant: Plant, driver: Driver) -> None:
    """They share requests as far as the protocol lets them; the count is printed."""
    assert list((await driver.read(plant.many)).values) == [0] * MANY
    before = plant.requests()
    readings = await driver.read(plant.many)
    taken = plant.requests() - before
    sys.stdout.write(f"{MANY} tags: {taken} requests\n")
    assert not readings.bad
    assert readings.types == ("INT",) * MANY
    assert 0 < taken <= plant.most_requests


async def test_many_plans_in_turn_keep_their_own_order(plant: Plant, driver: Driver) -> None:
    """More tuples of tags than plans are kept: each gets its own values each time."""
    held = {plant.tags[0]: 1, plant.tags[1]: -2, plant.tags[2]: 3, plant.missing: None}
    tags = tuple(held)
    plans = [(*tags[at:], *tags[:at], tags[other]) for at in range(4) for other in range(4)]
    for _ in range(3):
        for plan in plans:
            readings = await driver.read(plan)
            assert list(readings.values) == [held[tag] for tag in plan]


async def test_browsing_tells_names_types_and_what_may_be_written(
    plant: Plant, driver: Driver
) -> None:
    """In the order of the names; a family that does not tell says so and stays connected."""
    if plant.tells:
        found = await driver.browse()
        names = [each.name for each in found]
        assert names == sorted(names)
        assert plant.missing.name not in names
        for tag in (*plant.tags, *plant.many):
            assert Found(tag.name, "INT", INT, writable=True) in found
    else:
        with pytest.raises(Rejected) as caught:
            await driver.browse()
        assert caught.value.reason
    assert list((await driver.read(plant.tags)).values) == [1, -2, 3]


async def test_browsing_without_a_connection_is_unreachable(plant: Plant, driver: Driver) -> None:
    """As a read is; a family that never tells may say that first."""
    await driver.aclose()
    with pytest.raises((Unreachable, Rejected)):
        await driver.browse()
    with pytest.raises(Unreachable):
        await plant.driver().read(plant.tags)
