"""An Omron CS, CJ or CP as a real protocol server: FINS over TCP and UDP on one port number.

Built to answer as these CPUs and their Ethernet units do, refusals included. Commands that it does
not know (programs, files, forced bits, clock) it refuses as undefined.
"""

from warlogix.simulators.fins.journal import Change, Journal, Read, Write
from warlogix.simulators.fins.memory import EndCode, Memory, Place
from warlogix.simulators.fins.simulator import BOTH, FinsSimulator, Way, open_fins_simulator
from warlogix.simulators.fins.station import CJ2M, CP1L, Cpu, Station

__all__ = [
    "BOTH",
    "CJ2M",
    "CP1L",
    "Change",
    "Cpu",
    "EndCode",
    "FinsSimulator",
    "Journal",
    "Memory",
    "Place",
    "Read",
    "Station",
    "Way",
    "Write",
    "open_fins_simulator",
]
