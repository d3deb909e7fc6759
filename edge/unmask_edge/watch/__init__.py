"""Watches cameras, streams and files for forged faces, for as long as they last."""
