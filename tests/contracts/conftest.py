"""The plants that each promise of a driver is tried on: one fixture for all of these tests."""

from collections.abc import AsyncIterator

import pytest
import trio

from tests.contracts.plant import HASTY, Plant
from tests.contracts.plants import PLANTS
from warlogix.drivers.base import Driver


@pytest.fixture(params=PLANTS.values(), ids=list(PLANTS))
async def plant(request: pytest.FixtureRequest) -> AsyncIterator[Plant]:
    """A running PLC of each family, its tags at 1, -2 and 3; nothing wrong is sent to it."""
    with trio.fail_after(60):
        async with request.param() as opened:
            opened.put((1, -2, 3))
            yield opened
            assert opened.offences() == []


@pytest.fixture
async def driver(plant: Plant) -> AsyncIterator[Driver]:
    """A connected driver."""
    connected = plant.driver()
    await connected.connect()
    yield connected
    await connected.aclose()


@pytest.fixture
async def hasty(plant: Plant) -> AsyncIterator[Driver]:
    """A connected driver that waits for `HASTY` seconds, for tests that wait for its time limit."""
    connected = plant.driver(HASTY)
    await connected.connect()
    yield connected
    await connected.aclose()
