"""The HTTP interface `/v1`, one module for each group of routes."""
