"""One thin file per command: parse, load, call, print, exit."""
