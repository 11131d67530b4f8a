"""Real PLC protocol servers on loopback, for `demo`, the tests and the examples."""
