"""Trains the detector: face crops, synthetic forgeries, the Keras model, recipes."""
