"""Siemens S7-300, 400, 1200 and 1500 by S7 communication over ISO-on-TCP.

plan      which requests read a set of values (pure)
pieces    which bytes and bits are written for a value, and in which requests (pure)
wire      requests and replies, byte by byte (pure)
elements  codec     bytes to values (pure)
encode    strings   values to bytes, and what a string in the PLC has room for (pure)
reasons   what a CPU's codes mean (pure)
blocks    what is new of the values in one block
scan      one tuple of tags, read again and again
writing   one value, written once
link      one connection
driver    all of it as the gateway's driver
"""

from warlogix.drivers.s7.driver import S7Driver

__all__ = ["S7Driver"]
