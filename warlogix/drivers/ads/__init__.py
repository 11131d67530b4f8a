"""Beckhoff TwinCAT 3 by ADS over AMS/TCP.

wire      frames and commands (pure)
sums      many small requests in one (pure)
entries   what a PLC tells of symbols and data types (pure)
elements  layouts   types     bytes to values and back, by the types of the program (pure)
reasons   what error codes mean (pure)
"""
