"""The public data sets of forged faces: what they are, and how to read, check and audit a copy."""
