"""The stress test: simulated scans on the very way that a poller's take, counted until confirmed.

    async with open_way(cluster, spec, "warlogix-line1", buffer, Plant(plcs=50, tags=100)) as way:
        await way.open_up()                     # a first scan is back, all connections are made
        way.begin_again()
        until = trio.current_time() + 10
        while trio.current_time() < until:
            await way.hand_in()                 # as fast as scans are taken
        await way.settled()
        way.ledger.settled, way.ledger.latency.percentile(0.99)

`rehearsal` does this for one cluster after another, with time limits, and tells what came of each.
"""

from warlogix.stress.ledger import Latency, Ledger
from warlogix.stress.plant import Plant
from warlogix.stress.way import Way, open_way

__all__ = ["Latency", "Ledger", "Plant", "Way", "open_way"]
