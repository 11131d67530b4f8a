"""EtherNet/IP and CIP, for every family that speaks it.

messages       services and their replies, alone and several in one packet (pure)
paths          tag names and object instances as the bytes that a request carries (pure)
packing        which requests share a packet (pure)
reasons        what a PLC's status codes mean (pure)
encapsulation  the frames around all of it on TCP (pure)
connecting     the requests that open a CIP connection (pure)
identity       what a device says it is (pure)
link           one connection
writing        one value by one request after another
"""
