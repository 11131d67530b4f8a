"""What parts of the gateway cost, measured; each prints its figures. Nothing here is a test."""
