"""ARM processors, emulated; run by `make test-arm`."""
