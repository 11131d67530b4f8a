"""What was noted by key: the value that each key has now, and what the file has yet to be told."""

from collections.abc import Mapping
from types import MappingProxyType


class Notes:
    """`known` is what each key stands for; `unsaved` is what of it is in memory alone.

    b"" stands for no value: a key that has it is not known.
    """

    def __init__(self, found: Mapping[str, bytes]) -> None:
        self._known = dict(found)
        self.known: Mapping[str, bytes] = MappingProxyType(self._known)
        self.unsaved: dict[str, bytes] = {}

    def keep(self, notes: Mapping[str, bytes]) -> None:
        """The disk did not take these: they hold, and are to be written."""
        self._learn(notes)
        self.unsaved.update(notes)

    def took(self, notes: Mapping[str, bytes]) -> None:
        """These are on disk."""
        self._learn(notes)
        for key in notes:
            self.unsaved.pop(key, None)

    def start_over(self) -> None:
        """The file is new and holds nothing: all is to be written again."""
        self.unsaved = dict(self._known)

    def _learn(self, notes: Mapping[str, bytes]) -> None:
        for key, value in notes.items():
            if value:
                self._known[key] = value
            else:
                self._known.pop(key, None)
