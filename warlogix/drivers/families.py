"""Which driver speaks to which family.

    drivers = new_drivers()
    driver = drivers[endpoint.family](endpoint)

Drivers of one `new_drivers` share the connection where a PLC takes only one.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from warlogix.drivers.ads import new_ads_drivers
from warlogix.drivers.base import Driver
from warlogix.drivers.logix import LogixSession
from warlogix.drivers.omron import omron_driver
from warlogix.drivers.s7 import S7Driver
from warlogix.drivers.session import SessionDriver
from warlogix.tags import Endpoint

Drivers: TypeAlias = Mapping[str, Callable[[Endpoint], Driver]]


def new_drivers() -> Drivers:
    """What makes the driver of each family, for all PLCs of one gateway."""
    return {
        "logix": _logix,
        "micro800": _logix,
        "s7": S7Driver,
        "beckhoff": new_ads_drivers(),
        "omron": omron_driver,
    }


def _logix(endpoint: Endpoint) -> Driver:
    return SessionDriver(endpoint, LogixSession)
