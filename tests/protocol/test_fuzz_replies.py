"""Drivers of PLCs that tell their tags, against answers gone wrong."""

import pytest

from tests.contracts.plants import SIMULATED
from tests.protocol.fuzzing import SPOILT, hear_enough

FAMILIES = [each for each in SIMULATED if each in ("beckhoff", "omron-eip", "logix")]


@pytest.mark.parametrize("family", FAMILIES)
async def test_lies_are_values_or_errors(family: str) -> None:
    """Each call gives what can be published, or says why not, in a bounded time."""
    assert await hear_enough(family) >= SPOILT[family]
