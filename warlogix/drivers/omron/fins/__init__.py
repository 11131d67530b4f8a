"""Omron CS, CJ, CP and, where they have it, NJ and NX by FINS over TCP or UDP.

areas     the codes of memory areas (pure)
wire      commands and responses, byte by byte (pure)
codec     words to values and back (pure)
pieces    which words and bits are written for a value (pure)
plan      which commands read a set of values (pure)
reasons   what the end codes mean (pure)
reader    what a plan asks for, and what to do where the PLC says no
scan      one tuple of tags, read again and again
tcp  udp  the two ways to the PLC
link      commands and their responses
session   all of it as a driver's session
"""

from warlogix.drivers.omron.fins.session import FinsSession

__all__ = ["FinsSession"]
