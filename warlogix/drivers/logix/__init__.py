"""Allen-Bradley Logix and Micro800 by CIP on EtherNet/IP.

names       what a configuration calls a tag (pure)
symbols     a controller's list of tags (pure)
templates   how a controller describes its structures (pure)
layouts     values and bytes of elementary types and strings (pure)
blocks      of arrays and bits (pure)
structures  of structures (pure)
catalogue   what a controller has said of its program (pure)
places      where a tag is, and what lies there (pure)
requests    the services that read and write it (pure)
fetching    many places in few messages
scan        one tuple of tags, read again and again
learning    asking for lists and structures
browsing    every tag that there is
session     one connection
"""

from warlogix.drivers.logix.session import LogixSession

__all__ = ["LogixSession"]
