"""Omron NJ, NX and NY by their published variables, over EtherNet/IP.

names       what a tag's name says (pure)
objects     what a controller tells of its variables and types (pure)
layouts     how types lie in memory: bytes to values and back (pure)
nodes       a variable and its parts, as a tag's name goes through them (pure)
pieces      which requests read or write a value, and what answers them (pure)
plan        which messages read a set of tags (pure)
definitions what the controller has, asked for as it is needed
scan        one tuple of tags, read again and again
writing     one value, written once
browsing    every published variable
session     one connection
"""

from warlogix.drivers.omron.eip.session import OmronEipSession

__all__ = ["OmronEipSession"]
