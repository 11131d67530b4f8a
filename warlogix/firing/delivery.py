"""Waits until every chosen cluster has an event."""

import trio

from warlogix.outbox import Outbox, Receipt
from warlogix.triggers import Trigger


async def undelivered(trigger: Trigger, receipt: Receipt, outbox: Outbox, until: float) -> str:
    """Why an event counts as not delivered, "" as soon as every chosen cluster has confirmed it.

    `receipt` is of the event alone, `until` is on Trio's clock. What is not delivered by then is
    kept and delivered all the same.
    """
    if not receipt.durable:
        return f"the buffer takes nothing: {outbox.error.value}"
    if outbox.full.value:
        return "the buffer is full of what may not be dropped"
    (row,) = receipt.ids
    owing = dict.fromkeys(trigger.clusters)
    reasons: list[str] = []
    with trio.move_on_at(until):
        async with trio.open_nursery() as nursery:

            async def follow(cluster: str) -> None:
                lane = trigger.lane
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
    if reasons:
        return reasons[0]
    late = f"not confirmed within {trigger.ack_timeout:g} s by {', '.join(owing)}"
    return late if owing else ""
