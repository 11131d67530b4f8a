"""The objects of Omron NJ and NX controllers."""

from warlogix.simulators.cip.messages import Answer, Message, Refusal, Status
from warlogix.simulators.cip.station import Station


class NjObjects:
    """Answers what is asked of a controller's own objects."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def serve(self, message: Message, room: int) -> Answer:
        """Carry a request out; `room` is the most bytes of its answer. Raises `Refusal`."""
        raise Refusal(Status.PATH_UNKNOWN)
