"""What every implementation of a contract must do, run on the fake and on the real thing."""
