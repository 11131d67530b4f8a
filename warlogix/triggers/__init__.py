"""Decides when a trigger fires, and what of that must be known after a restart.

    condition   what the tag must be
    trigger     a trigger of the configuration

Rule of this room: `now` is an argument. It knows no clock, no Trio, no Kafka.
"""

from warlogix.triggers.condition import Condition
from warlogix.triggers.trigger import Trigger

__all__ = ["Condition", "Trigger"]
