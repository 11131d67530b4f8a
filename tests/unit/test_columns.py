"""The values and reasons of a scan while it is made."""

from collections.abc import Sequence

import pytest

from warlogix.drivers.columns import Columns


@pytest.mark.parametrize("positions", [range(1, 3), (1, 2)])
def test_good_values_take_the_reasons_away(positions: range | Sequence[int]) -> None:
    """Of the positions that they are given to, and of no other."""
    columns = Columns(4)
    for index in (1, 3):
        columns.set_bad(index, "refused")
    columns.set_values(positions, (10, 20))
    readings = columns.readings(("DINT",) * 4)
    assert readings.values == [None, 10, 20, None]
    assert readings.bad == {3: "refused"}


@pytest.mark.parametrize("positions", [range(2), (0, 1)])
def test_what_was_given_away_stays_as_it_was(positions: range | Sequence[int]) -> None:
    """Values that come later are in the next readings alone."""
    columns = Columns(2)
    columns.set_values(positions, (1, 2))
    assert columns.take_changed()
    first = columns.readings(("DINT",) * 2)
    columns.set_values(positions, (3, 4))
    assert first.values == [1, 2]
    assert columns.readings(("DINT",) * 2).values == [3, 4]
