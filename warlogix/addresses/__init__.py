"""Memory addresses of the families whose PLCs do not name their variables."""
