"""A Siemens S7 CPU as a real protocol server: S7 communication over ISO-on-TCP.

Built to answer as CPUs do, refusals included; checked against the python-snap7 client. What it
does not know (block up- and download, S7CommPlus) it refuses as a CPU without that function.
"""

from warlogix.simulators.s7.journal import Change, Journal, Read, Write
from warlogix.simulators.s7.memory import Area, ItemCode, Memory, Transport
from warlogix.simulators.s7.simulator import S7Simulator, open_s7_simulator
from warlogix.simulators.s7.station import S7_300, S7_400, S7_1200, S7_1500, Cpu, Station

__all__ = [
    "S7_300",
    "S7_400",
    "S7_1200",
    "S7_1500",
    "Area",
    "Change",
    "Cpu",
    "ItemCode",
    "Journal",
    "Memory",
    "Read",
    "S7Simulator",
    "Station",
    "Transport",
    "Write",
    "open_s7_simulator",
]
