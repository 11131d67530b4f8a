"""Decides when many tags go out as one message, and what it holds.

    plan    a pack of the configuration
    part    its members on one PLC
    pack    its window, its message, and what a trigger's event holds of it

Rule of this room: `now` is an argument. It knows no clock, no Trio, no Kafka.
"""

from warlogix.packs.pack import WINDOW, Pack, Troubles, trouble
from warlogix.packs.plan import Member, PackPlan

__all__ = ["WINDOW", "Member", "Pack", "PackPlan", "Troubles", "trouble"]
