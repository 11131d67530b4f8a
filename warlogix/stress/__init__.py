"""The stress test: simulated scans on the very way that a poller's take, counted until confirmed.

    async with open_path(cluster, spec, "warlogix-line1", buffer, Plant(plcs=50, tags=100)) as path:
        await path.open_up()                    # a first scan is back, all connections are made
        path.begin_again()
        until = trio.current_time() + 10
        while trio.current_time() < until:
            await path.hand_in()                # as fast as scans are taken
        await path.settled()
        path.ledger.confirmed, path.ledger.latency.percentile(0.99)

`rehearsal` does this for one cluster after another, with time limits, and tells what came of each.
"""

from warlogix.stress.ledger import Latency, Ledger
from warlogix.stress.path import Path, open_path
from warlogix.stress.plant import Plant

__all__ = ["Latency", "Ledger", "Path", "Plant", "open_path"]
