"""What was looked at and what of it was shown, for whom nothing was.

looked = Looked(Wanted(Kind.CHANGES, tag="Sped"))
items = looked.chosen(source, records)
looked.nothing()    # 'nothing matched; did you mean "Speed"?'
"""

from collections.abc import Sequence

from warlogix.config.names import nearest
from warlogix.kafka.records import Record
from warlogix.tailing.choice import Source
from warlogix.tailing.records import Item, Wanted, recognise, subjects

# More names than this are not remembered.
_MOST = 20_000


class Looked:
    """Chooses what is wanted, and remembers names as long as nothing was."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._any = self._matched = False
        # The tags of each PLC that records speak of; dictionaries keep the order.
        self._plcs: dict[str, None] = {}
        self._tags: dict[str, None] = {}

    def chosen(self, source: Source, records: Sequence[Record]) -> list[Item]:
        """The records that are wanted, as what they are."""
        items = [recognise(record, source.kinds.get(record.topic)) for record in records]
        chosen = [item for item in items if self._wanted.holds(item)]
        self._any = self._any or bool(items)
        self._matched = self._matched or bool(chosen)
        if not self._matched and (self._wanted.plc or self._wanted.tag):
            self._remember(items)
        return chosen

    def nothing(self) -> str:
        """That nothing was there or matched, and which name is near; "" when something did."""
        if self._matched:
            return ""
        if not self._any:
            return "there is no record to show"
        plc, tag = self._wanted.plc, self._wanted.tag
        if plc and plc.casefold() not in map(str.casefold, self._plcs):
            return f"nothing matched{nearest(plc, list(self._plcs))}"
        return f"nothing matched{nearest(tag, list(self._tags)) if tag else ''}"

    def _remember(self, items: Sequence[Item]) -> None:
        wanted = self._wanted.plc.casefold()
        for item in items:
            if max(len(self._plcs), len(self._tags)) >= _MOST:
                return
            for plc, tags in subjects(item):
                self._plcs[plc] = None
                if wanted in ("", plc.casefold()):
                    self._tags.update(dict.fromkeys(filter(None, tags)))
