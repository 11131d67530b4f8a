"""A sign of life of a cluster: asked for several times, within seconds."""

from functools import partial

import confluent_kafka
import trio

from warlogix.clusters import Cluster
from warlogix.kafka.clients import answers

# One attempt, and all of them: a frozen broker is told within ten seconds.
_PROBE, _PROBES, _SHORTEST_PROBE = 2.0, 3.0, 0.5


async def gives_sign(
    client: confluent_kafka.Producer,
    cluster: Cluster,
    topic: str,
    attempts: int,
    threads: trio.CapacityLimiter,
) -> bool:
    """Whether a broker answers one of so many attempts, or of those that there is time for."""
    until = trio.current_time() + _PROBES
    limit = min(_PROBE, max(_PROBES / attempts, _SHORTEST_PROBE))
    ask = partial(answers, client, topic, limit)
    for _ in range(attempts):
        if await trio.to_thread.run_sync(ask, limiter=threads):
            return True
        left = until - limit - trio.current_time()
        if left < 0:
            break
        await trio.sleep(min(cluster.retry_backoff, left))
    return False
