"""Runs a TFLite file by tflite-runtime, in an environment that holds that and NumPy alone.

Arguments: the model, a `.npy` of `(n, H, W, 3)` uint8 RGB crops, and the `.npz` to write, of one array an output, each
with a row for every crop.
"""

import sys

import numpy as np
from tflite_runtime.interpreter import Interpreter

model, crops_file, out = sys.argv[1:]
interpreter = Interpreter(model_path=model, num_threads=1)
interpreter.allocate_tensors()
(image,) = interpreter.get_input_details()
indices = [output["index"] for output in interpreter.get_output_details()]
rows = []
for crop in np.load(crops_file):
    interpreter.set_tensor(image["index"], crop[None].astype(image["dtype"]))
    interpreter.invoke()
    rows.append([interpreter.get_tensor(index) for index in indices])
np.savez(out, *(np.stack(column) for column in zip(*rows)))  # noqa: B905  (older Pythons may run this)
