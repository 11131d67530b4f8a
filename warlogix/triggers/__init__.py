"""Decides when a trigger fires, and what of that must be known after a restart.

    condition   what the tag must be
    trigger     a trigger of the configuration
    edges       which sights of the condition are edges
    state       what is known after a restart
    event       what is published of one

Rule of this room: `now` is an argument. It knows no clock, no Trio, no Kafka.
"""

from warlogix.triggers.condition import Condition
from warlogix.triggers.edges import Edges, Sight
from warlogix.triggers.event import DELIVERED, UNDELIVERED, ack_value, event
from warlogix.triggers.state import State
from warlogix.triggers.trigger import Trigger

__all__ = [
    "DELIVERED",
    "UNDELIVERED",
    "Condition",
    "Edges",
    "Sight",
    "State",
    "Trigger",
    "ack_value",
    "event",
]
