"""Readers of the public data sets."""
