"""The other drivers, against answers gone wrong; apart from the first so that both run at once."""

import pytest

from tests.contracts.plants import SIMULATED
from tests.protocol.fuzzing import SPOILT, hear_enough

FAMILIES = [each for each in SIMULATED if each not in ("beckhoff", "omron-eip", "logix")]


@pytest.mark.parametrize("family", FAMILIES)
async def test_lies_are_values_or_errors(family: str) -> None:
    """Each call gives what can be published, or says why not, in a bounded time."""
    assert await hear_enough(family) >= SPOILT[family]
