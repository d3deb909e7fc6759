"""The face finder that training, and every bundle made from it, stands behind."""

from unmask_edge.fetch_assets import load_assets
from unmask_edge.manifest import FaceFinderSpec


def face_finder_spec() -> FaceFinderSpec:
    """The face finder that all training and scoring shares, as the manifest states it."""
    return FaceFinderSpec(
        model="blazeface_full_range_sparse",
        sha256=load_assets()["face_finder"]["sha256"],
        input_px=192,
        score_threshold=0.5,
        iou_threshold=0.3,
    )
