"""One module per PLC family; `base` says what a driver promises."""
