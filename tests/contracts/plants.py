"""PLCs to try a driver on: each family with a simulator is one more entry in `SIMULATED`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from tests.contracts.ads_plant import open_ads_online_plant, open_ads_plant
from tests.contracts.cip_plant import (
    open_logix_plant,
    open_micro800_plant,
    open_nj_plant,
)
from tests.contracts.fake_plant import open_fake_plant
from tests.contracts.fins_plant import open_fins_tcp_plant, open_fins_udp_plant
from tests.contracts.plant import MANY, Plant, Simulated
from tests.contracts.s7_plant import open_s7_plant

OpenPlant: TypeAlias = Callable[[], AbstractAsyncContextManager[Plant]]


class OpenSimulated(Protocol):
    """Opens a plant, with fewer than `MANY` tags beside the three for who needs none."""

    def __call__(self, many: int = MANY) -> AbstractAsyncContextManager[Simulated]:
        """A plant that runs on loopback until the block is left."""


SIMULATED: dict[str, OpenSimulated] = {
    "logix": open_logix_plant,
    "micro800": open_micro800_plant,
    "s7": open_s7_plant,
    "beckhoff": open_ads_plant,
    "omron-fins-tcp": open_fins_tcp_plant,
    "omron-fins-udp": open_fins_udp_plant,
    "omron-eip": open_nj_plant,
}

PLANTS: dict[str, OpenPlant] = {
    "fake": open_fake_plant,
    **SIMULATED,
    "beckhoff-online": open_ads_online_plant,
}
