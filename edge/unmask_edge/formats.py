"""Names of the formats that a detector can be loaded from; apart from it, since naming one needs no runtime."""

from typing import Literal

TFLiteFormat = Literal["float32", "float16", "dynamic", "int8", "int16"]
