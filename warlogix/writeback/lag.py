"""Whether a producer's clock is behind ours, as far as its records tell. Pure.

A record that comes when its partition was read to its end is as young as that; where its timestamp
says otherwise, it waited in its producer, or the producer's clock is behind. What waited comes with
ages that differ; a clock is behind by the same every time.
"""

# A difference in seconds that a network makes.
_ALIKE = 1.0
# So many in a row are no accident.
_ENOUGH = 3


class Lag:
    """The records of one partition, as they come."""

    def __init__(self) -> None:
        self._behind = 0.0
        self._alike = 0

    def note(self, behind: float) -> str:
        """What an answer adds that has expired; `behind` is in seconds, 0 or less when in time."""
        if behind < _ALIKE:
            self._alike = 0
            return ""
        near = self._alike and abs(behind - self._behind) < _ALIKE
        self._alike = self._alike + 1 if near else 1
        self._behind = behind
        if self._alike < _ENOUGH:
            return ""
        return f"its producer's clock seems to be {behind:.0f} s behind this gateway's"
