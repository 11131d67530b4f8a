"""EtherNet/IP controllers as real protocol servers: Logix, Micro800 and Omron NJ.

Built to answer as controllers do, refusals included; checked against clients that others wrote.
"""

from warlogix.simulators.cip.journal import Journal, Write
from warlogix.simulators.cip.memory import NotFound
from warlogix.simulators.cip.messages import Refusal
from warlogix.simulators.cip.models import COMPACTLOGIX, CONTROLLOGIX, MICRO850, NJ501, Model
from warlogix.simulators.cip.program import (
    TIMER,
    Access,
    Member,
    Program,
    Record,
    StringType,
    Tag,
)
from warlogix.simulators.cip.simulator import (
    CipSimulator,
    open_logix_simulator,
    open_micro800_simulator,
    open_nj_simulator,
)
from warlogix.simulators.cip.station import Station

__all__ = [
    "COMPACTLOGIX",
    "CONTROLLOGIX",
    "MICRO850",
    "NJ501",
    "TIMER",
    "Access",
    "CipSimulator",
    "Journal",
    "Member",
    "Model",
    "NotFound",
    "Program",
    "Record",
    "Refusal",
    "Station",
    "StringType",
    "Tag",
    "Write",
    "open_logix_simulator",
    "open_micro800_simulator",
    "open_nj_simulator",
]
