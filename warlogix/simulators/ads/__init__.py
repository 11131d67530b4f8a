"""A Beckhoff TwinCAT 3 host as a real protocol server: ADS over AMS/TCP.

Built to answer as TwinCAT does, refusals included; checked against the pyads client. What it does
not know (notifications, method calls, the system service) it refuses as a runtime without it.
"""

from warlogix.simulators.ads.journal import Journal, Write
from warlogix.simulators.ads.project import (
    Access,
    Alias,
    Enumeration,
    Field,
    FunctionBlock,
    Project,
    Struct,
    Symbol,
)
from warlogix.simulators.ads.runtime import Runtime, State
from warlogix.simulators.ads.simulator import AMS_PORT, NET_ID, AdsSimulator, open_ads_simulator
from warlogix.simulators.ads.wire import Code, Command, Group

__all__ = [
    "AMS_PORT",
    "NET_ID",
    "Access",
    "AdsSimulator",
    "Alias",
    "Code",
    "Command",
    "Enumeration",
    "Field",
    "FunctionBlock",
    "Group",
    "Journal",
    "Project",
    "Runtime",
    "State",
    "Struct",
    "Symbol",
    "Write",
    "open_ads_simulator",
]
