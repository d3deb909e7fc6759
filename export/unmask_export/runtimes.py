"""Runs a bundle's formats on crops."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.manifest import ModelFormat, OutputSpec
from unmask_edge.runtime import Model, with_shape
from unmask_export import tfjs


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a net says of `n` crops.

    Attributes:
        scores: `(n,)` raw P(fake), before temperature.
        region_maps: `(n, h, w)` P(changed).
    """

    scores: NDArray[np.float32]
    region_maps: NDArray[np.float32]


def run(format: ModelFormat, path: Path, crops: NDArray[np.uint8], outputs: OutputSpec, threads: int = 1) -> Outputs:
    """Run a format's file on `(n, H, W, 3)` uint8 RGB crops."""
    if format == "tfjs":
        maps = _tfjs(path, crops, outputs.region_map_shape).reshape(-1, *outputs.region_map_shape[1:3])
        return Outputs(_tfjs(path, crops, outputs.score_shape)[:, 0], maps)
    model = Model(path, threads)
    said = [model(crop[None].astype(model.input_dtype)) for crop in crops]
    scores = np.array([with_shape(one, outputs.score_shape)[0, 0] for one in said], np.float32)
    return Outputs(scores, np.stack([with_shape(one, outputs.region_map_shape)[0, :, :, 0] for one in said]))


def _tfjs(path: Path, crops: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.float32]:
    script = tfjs.SCRIPT.read_text().replace("(await score.data())[0]", "Array.from(await score.data())")
    local = tfjs._installed() / "run_all.mjs"
    local.write_text(script)
    parts = []
    for start in range(0, len(crops), 64):
        some = crops[start : start + 64]
        request = {"model": str(path.resolve()), "shape": some.shape, "score_shape": shape}
        text = json.dumps({**request, "pixels": some.reshape(-1).tolist()})
        done = subprocess.run(["node", str(local)], input=text, capture_output=True, text=True, check=True)
        parts += json.loads(done.stdout)
    return np.array(parts, np.float32)
