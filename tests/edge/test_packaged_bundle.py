"""The packaged bundle on this machine's runtime."""

import pytest

from unmask_edge import Bundle, Detector
from unmask_edge.detector import TFLiteFormat
from unmask_edge.golden import Golden, formula_image

FORMATS: list[TFLiteFormat] = ["float16", "int8"]


@pytest.mark.parametrize("format_", FORMATS)
def test_golden_scores(format_: TFLiteFormat) -> None:
    """Each TFLite format gives its golden scores within the tolerance that the manifest states."""
    bundle = Bundle()
    golden = Golden.model_validate_json(bundle.path("golden.json").read_text("utf-8"))
    detector = Detector(bundle, format_)
    size, model = bundle.manifest.input, bundle.manifest.models[format_]
    assert golden.crops
    for crop in golden.crops:
        score, region_map = detector.score_crop(formula_image(size.width_px, size.height_px, crop.formula))
        assert score == pytest.approx(crop.scores[format_], abs=model.tolerance)
        assert abs(crop.scores[format_] - crop.scores["float16"]) <= 2 * model.tolerance
        assert region_map.shape == bundle.manifest.outputs.region_map_shape[1:3]
        assert 0 <= region_map.min() <= region_map.max() <= 1


@pytest.mark.parametrize("format_", FORMATS)
def test_golden_drift_within_tolerance(format_: TFLiteFormat) -> None:
    """The drift that export measured keeps to the tolerance that it states."""
    model = Bundle().manifest.models[format_]
    assert model.golden_drift <= model.tolerance
