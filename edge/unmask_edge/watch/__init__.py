"""Watches cameras, streams, files and folders for forged faces, for as long as they last."""
