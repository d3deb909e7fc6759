"""Tests of watching cameras, streams and files."""
