"""What is published of an edge, and what its ack tag gets."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from warlogix.datatypes import DataType
from warlogix.messages import Batch, TriggerEvent, encode, exact_timestamp, own_headers
from warlogix.tags import Value
from warlogix.triggers.trigger import Trigger

# What an ack says: every chosen cluster has the event, or not all of them in time.
DELIVERED, UNDELIVERED = 1, -1


def event(
    trigger: Trigger,
    sequence: int,
    at: int,
    data: Mapping[str, Any],
    errors: Mapping[str, str],
    instance: str,
) -> Batch:
    """An event as it is kept and sent; `at` is when its edge was seen, in ns since 1970.

    `data` holds what was captured by its label, `errors` why a value there is null.
    """
    message = TriggerEvent(
        trigger.name,
        exact_timestamp(at),
        sequence,
        trigger.plc,
        dict(trigger.metadata),
        dict(data),
        dict(errors) or UNSET,
    )
    return Batch(
        [trigger.name.encode()], [encode(message)], [at // 1_000_000], [own_headers(instance)]
    )


def ack_value(kind: DataType, ack: int) -> Value:
    """What a tag of this type gets; None for nothing, as a BOOL cannot say -1."""
    if kind.base == "BOOL":
        return True if ack == DELIVERED else None
    return float(ack) if kind.base in ("REAL", "LREAL") else ack
