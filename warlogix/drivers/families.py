"""Which driver speaks to which family.

    drivers = new_drivers()
    driver = drivers[endpoint.family](endpoint)

Drivers of one `new_drivers` share the connection where a PLC takes only one. A family's code, and
the library below it, is loaded when it is looked up: a plant has one family or two.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from warlogix.drivers.base import Driver
from warlogix.drivers.session import SessionDriver
from warlogix.tags import Endpoint

Factory: TypeAlias = Callable[[Endpoint], Driver]
Drivers: TypeAlias = Mapping[str, Factory]


def new_drivers() -> Drivers:
    """What makes the driver of each family, for all PLCs of one gateway."""
    return _Drivers()


class _Drivers(dict[str, Factory]):
    def __missing__(self, family: str) -> Factory:
        self[family] = factory = _FAMILIES[family]()
        return factory


def _logix() -> Factory:
    from warlogix.drivers.logix import LogixSession

    return lambda endpoint: SessionDriver(endpoint, LogixSession)


def _s7() -> Factory:
    from warlogix.drivers.s7 import S7Driver

    return S7Driver


def _beckhoff() -> Factory:
    from warlogix.drivers.ads import new_ads_drivers

    return new_ads_drivers()


def _omron() -> Factory:
    from warlogix.drivers.omron import omron_driver

    return omron_driver


_FAMILIES: Mapping[str, Callable[[], Factory]] = {
    "logix": _logix,
    "micro800": _logix,
    "s7": _s7,
    "beckhoff": _beckhoff,
    "omron": _omron,
}
