"""Writes model bundles: converts a trained run to every format and runs each one before it is believed."""

import os

# TensorFlow reads these when it is imported, which only this package's modules do. oneDNN fuses operations that TF.js
# cannot run, and its converter does not say so.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
