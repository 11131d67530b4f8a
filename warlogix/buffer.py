"""The durable buffer as it is configured, for `run` and for the stress test alike."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from warlogix.outbox import Outbox, open_outbox
from warlogix.plan import BufferPlan


def open_buffer(buffer: BufferPlan, clusters: Sequence[str]) -> AbstractAsyncContextManager[Outbox]:
    """The outbox in the buffer's folder, as `open_outbox` opens and closes it."""
    return open_outbox(
        buffer.directory,
        clusters,
        max_size=buffer.max_size,
        max_age=buffer.max_age,
    )
