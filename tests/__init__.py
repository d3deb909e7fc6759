"""Unmask's tests."""
