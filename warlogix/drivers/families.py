"""Which driver speaks to which family.

    drivers = new_drivers()
    driver = drivers[endpoint.family](endpoint)

Drivers of one `new_drivers` share the connection where a PLC takes only one. A family's code, and
the library below it, is loaded with its first driver: a plant has one family or two.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

from warlogix.drivers.base import Driver
from warlogix.drivers.session import SessionDriver
from warlogix.tags import Endpoint

Factory: TypeAlias = Callable[[Endpoint], Driver]
Drivers: TypeAlias = Mapping[str, Factory]


def new_drivers() -> Drivers:
    """What makes the driver of each family, for all PLCs of one gateway."""
    ads = cache(_new_ads_drivers)
    return {
        "logix": _logix,
        "micro800": _logix,
        "s7": _s7,
        "beckhoff": lambda endpoint: ads()(endpoint),
        "omron": _omron,
    }


def _logix(endpoint: Endpoint) -> Driver:
    from warlogix.drivers.logix import LogixSession

    return SessionDriver(endpoint, LogixSession)


def _s7(endpoint: Endpoint) -> Driver:
    from warlogix.drivers.s7 import S7Driver

    return S7Driver(endpoint)


def _new_ads_drivers() -> Factory:
    from warlogix.drivers.ads import new_ads_drivers

    return new_ads_drivers()


def _omron(endpoint: Endpoint) -> Driver:
    from warlogix.drivers.omron import omron_driver

    return omron_driver(endpoint)
