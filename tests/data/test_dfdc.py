"""The layout of the Deepfake Detection Challenge."""

import json

import pytest

from tests.data.conftest import Tree
from unmask_edge.errors import UnmaskError
from unmask_training.data.dfdc import DFDC
from unmask_training.data.record import Record

PART = {
    "fake.mp4": {"label": "FAKE", "split": "train", "original": "real.mp4"},
    "real.mp4": {"label": "REAL", "split": "train", "original": None},
}
LISTS = {
    "dfdc_train_part_7/metadata.json": json.dumps(PART),
    "validation/labels.csv": "filename,label\n4000.mp4,1\n",
    "test/labels.csv": "filename,label\naalscayrfi.mp4,0\n",
}


def test_one_means_fake_and_an_original_is_the_source(tree: Tree) -> None:
    """Listed videos are recorded, whether or not they are there."""
    assert DFDC.read(tree(**LISTS)) == [
        Record("dfdc_train_part_7/fake.mp4", "fake", "train", source_video="real"),
        Record("dfdc_train_part_7/real.mp4", "real", "train", source_video="real"),
        Record("validation/4000.mp4", "fake", "val"),
        Record("test/aalscayrfi.mp4", "real", "test", source_video="aalscayrfi"),
    ]


def test_parts_may_lie_in_a_folder(tree: Tree) -> None:
    """As the set's own page hands them out."""
    records = DFDC.read(tree(**{"train/dfdc_train_part_7/metadata.json": json.dumps(PART)}))
    assert records[0].path == "train/dfdc_train_part_7/fake.mp4"


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, "dfdc_train_part_0/metadata.json"),
        ({"test/labels.csv": "filename,label\na.mp4,1\nb.mp4,FAKE\n"}, "0 or 1 in line 3 of .*labels.csv"),
        ({"dfdc_train_part_0/metadata.json": '{"a.mp4": {"label": 1}}'}, "REAL or FAKE for a.mp4 in .*metadata.json"),
    ],
)
def test_copies_that_cannot_be_read_are_refused(tree: Tree, files: dict[str, str], named: str) -> None:
    """Missing lists and unknown labels are named."""
    with pytest.raises(UnmaskError, match=named):
        DFDC.read(tree(**files))
