"""What is known of a trigger after a restart."""

from msgspec import Struct, msgpack


class State(Struct, frozen=True, array_like=True):
    """The last sight of a trigger's condition, and its last event.

    `condition` is what was watched, `sequence` the number of the last event, 0 before the first;
    `ack` is what was written for the last edge, None while nothing was. Stored as msgpack, so the
    order of the fields is a format.
    """

    condition: str
    holds: bool
    sequence: int
    ack: int | None = None

    def encoded(self) -> bytes:
        """The state as it is kept."""
        return msgpack.encode(self)

    @classmethod
    def decoded(cls, raw: bytes) -> "State":
        """The state that was kept as these bytes."""
        return msgpack.decode(raw, type=cls)
