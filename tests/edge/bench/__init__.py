"""Tests of `unmask bench`."""
