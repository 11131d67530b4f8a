"""Beckhoff TwinCAT 3 by ADS over AMS/TCP.

wire      frames and commands (pure)
sums      many small requests in one (pure)
entries   what a PLC tells of symbols and data types (pure)
elements  layouts   types     bytes to values and back, by the types of the program (pure)
reasons   what error codes mean (pure)
browsing  all symbols, from the PLC's tables (pure)
scan      one tuple of tags, read again and again (pure)
program   what is known of a PLC's program
link      one connection, shared by all that ask through it
links     the connections of a gateway
session   all of it for one PLC
"""

from collections.abc import Callable

from warlogix.drivers.ads.links import AdsLinks
from warlogix.drivers.ads.session import AdsSession
from warlogix.drivers.session import SessionDriver
from warlogix.tags import Endpoint

__all__ = ["AdsLinks", "AdsSession", "new_ads_drivers"]


def new_ads_drivers() -> Callable[[Endpoint], SessionDriver]:
    """What makes the drivers of one gateway; those of one host share its connection."""
    links = AdsLinks()
    return lambda endpoint: SessionDriver(endpoint, lambda given: AdsSession(links, given))
