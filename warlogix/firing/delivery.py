"""Waits until every chosen cluster has an event."""

import trio

from warlogix.firing.record import Kept
from warlogix.outbox import Outbox
from warlogix.triggers import Trigger


async def undelivered(trigger: Trigger, kept: Kept, outbox: Outbox, until: float) -> str:
    """Why an event counts as not delivered, "" as soon as every chosen cluster has confirmed it.

    `until` is on Trio's clock. What is not delivered by then is kept and delivered all the same.
    """
    owing = dict.fromkeys(trigger.clusters)
    reason = ""
    with trio.move_on_at(until) as scope:
        receipt = await kept.receipt()
        if not receipt.durable:
            return f"the buffer takes nothing: {outbox.error.value}"
        if outbox.full.value:
            return "the buffer is full of what may not be dropped"
        reason = await _refused(trigger, receipt.ids[0], outbox, owing)
    late = f"not confirmed within {trigger.ack_timeout:g} s by {', '.join(owing)}"
    return late if scope.cancelled_caught else reason


async def _refused(trigger: Trigger, row: int, outbox: Outbox, owing: dict[str, None]) -> str:
    """Why a cluster will not have the row, "" when all have it; who has it is not `owing` more."""
    reasons: list[str] = []
    lane = trigger.lane
    async with trio.open_nursery() as nursery:

        async def follow(cluster: str) -> None:
            await outbox.confirmed(cluster, lane).wait_value(lambda last: last >= row)
            if outbox.refused(cluster, lane, row):
                reasons.append(f"{cluster} refuses it")
            elif outbox.lost(cluster, lane, row):
                reasons.append(f"it went with a damaged file before {cluster} had it")
            if reasons:
                nursery.cancel_scope.cancel()
            del owing[cluster]

        for cluster in trigger.clusters:
            nursery.start_soon(follow, cluster)
    return reasons[0] if reasons else ""
