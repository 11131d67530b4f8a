"""What sets one controller apart from another, as it tells of itself and by what it can do.

Pure facts: who changes one at run time changes its `Station`.
"""

import enum
from dataclasses import dataclass


class Flavour(enum.Enum):
    """Which services a controller's variables are reached by."""

    LOGIX = enum.auto()
    MICRO800 = enum.auto()
    NJ = enum.auto()


@dataclass(frozen=True, slots=True)
class Model:
    """A controller.

    `bridge` names the Ethernet module in front of a controller in a chassis; without one it has
    its own port. `large` and `small` are the most bytes of a connection that a large and an
    ordinary Forward Open may ask for, 0 where it refuses them. `unconnected` is the most bytes of
    an answer outside of connections. `packets` is whether it takes several services in a message.
    """

    flavour: Flavour
    vendor: int
    product_code: int
    name: str
    revision: tuple[int, int]
    bridge: str | None = None
    large: int = 4002
    small: int = 504
    unconnected: int = 504
    packets: bool = True


CONTROLLOGIX = Model(Flavour.LOGIX, 1, 166, "1756-L83E/B", (33, 11), bridge="1756-EN2T/D")
COMPACTLOGIX = Model(Flavour.LOGIX, 1, 107, "1769-L33ER/A LOGIX5333ER", (32, 11))
MICRO850 = Model(
    Flavour.MICRO800, 1, 245, "2080-LC50-48QWB", (12, 11), large=0, small=504, packets=False
)
NJ501 = Model(Flavour.NJ, 47, 1604, "NJ501-1300", (2, 3), large=1994, small=502, unconnected=502)
