"""Forgeries made from real faces, to train and to teach detection."""
