"""Turns scans into encoded changes and packs, and puts them into the outbox.

scans     the channel of all PLCs, from which each scan is encoded
gathered  what is encoded and waits for the disk
changes   what is new of one PLC's tags, and for whom
packs     many tags as one message, and when it is due
"""

from warlogix.pipeline.changes import PlcChanges, Takers
from warlogix.pipeline.packs import Packs, packs_of
from warlogix.pipeline.scans import publish_scans, scan_channel

__all__ = ["Packs", "PlcChanges", "Takers", "packs_of", "publish_scans", "scan_channel"]
