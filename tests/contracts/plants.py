"""PLCs to try a driver on: each family is one more entry in `PLANTS`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from tests.contracts.fake_plant import open_fake_plant
from tests.contracts.plant import Plant
from tests.contracts.s7_plant import open_s7_plant

OpenPlant: TypeAlias = Callable[[], AbstractAsyncContextManager[Plant]]

PLANTS: dict[str, OpenPlant] = {"fake": open_fake_plant, "s7": open_s7_plant}
