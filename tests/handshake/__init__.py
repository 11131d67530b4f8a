"""The handshake of triggers, played with a PLC's program through every trouble, and judged."""
