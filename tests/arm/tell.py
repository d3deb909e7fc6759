"""Tells, as one JSON object, what the machine that runs this makes of the golden vectors and of clips.

Arguments: clips. Without any it needs no OpenCV.
"""

import json
import platform
import sys
from pathlib import Path

from unmask_edge.bundle import Bundle
from unmask_edge.formats import TFLiteFormat
from unmask_edge.golden import Golden, formula_image
from unmask_edge.runtime import Model, with_shape

FORMATS: tuple[TFLiteFormat, ...] = ("float16", "int8")
FRAMES = 3


def detector_net(bundle: Bundle, format_: TFLiteFormat) -> Model:
    """The detector's net."""
    return Model(bundle.path(bundle.manifest.models[format_].path))


def golden_scores(bundle: Bundle, net: Model) -> list[float]:
    """Raw scores of the golden vectors."""
    manifest = bundle.manifest
    golden = Golden.model_validate_json(bundle.path("golden.json").read_text("utf-8"))
    scores = []
    for crop in golden.crops:
        picture = formula_image(manifest.input.width_px, manifest.input.height_px, crop.formula)
        outputs = net(picture[None].astype(net.input_dtype))
        scores.append(float(with_shape(outputs, manifest.outputs.score_shape)[0, 0]))
    return scores


def results(bundle: Bundle, format_: TFLiteFormat, clips: list[Path]) -> dict[str, object]:
    """Results of the clips, by name."""
    from unmask_edge.detector import Detector

    detector = Detector(bundle, format_)
    return {clip.name: detector.score(clip, FRAMES).model_dump() for clip in clips}


if __name__ == "__main__":
    packaged, given = Bundle(), [Path(argument) for argument in sys.argv[1:]]
    nets = {format_: detector_net(packaged, format_) for format_ in FORMATS}
    told = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "runtime": nets["float16"].runtime,
        "golden": {format_: golden_scores(packaged, net) for format_, net in nets.items()},
        "results": {format_: results(packaged, format_, given) for format_ in FORMATS} if given else {},
    }
    print(json.dumps(told))
