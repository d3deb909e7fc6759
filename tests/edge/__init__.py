"""Tests of the edge runtime."""
