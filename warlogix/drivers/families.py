"""Which driver speaks to which family; a family that is not here is not read yet."""

from collections.abc import Callable, Mapping

from warlogix.drivers.base import Driver
from warlogix.drivers.s7 import S7Driver
from warlogix.tags import Endpoint

DRIVERS: Mapping[str, Callable[[Endpoint], Driver]] = {"s7": S7Driver}
