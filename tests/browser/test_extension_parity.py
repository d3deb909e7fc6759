"""The same clip gives the same tracks, scores and crops in the extension and in `unmask score`."""

import base64
import subprocess
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.extension import EXTENSION, SHARED_CLIPS, Browser, copied_result, serve, verdict, video
from tests.browser.media import MediaServer
from tests.edge.media_files import ffmpeg
from unmask_edge import Detector
from unmask_edge.result import Result
from unmask_edge.video import Clip

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("closed_pages")]

BOX_TOLERANCE_PX = 2
CROP_TOLERANCE = 2
SCORE_TOLERANCE = 0.02
SHARED = ["dfl_Kim_Jarrey_0_fake.mp4", "real_lp_d0.mp4"]
# What the offscreen document does with a clip up to the detector's input, by the extension's own modules.
CROPS = """
import { faceCrop } from './lib/crop.ts';
import { dataUrl } from './lib/data_url.ts';
import { DecodedClip } from './lib/decoded_clip.ts';

globalThis.crops = async (src, boxes, scale, sizePx) => {
  const clip = await DecodedClip.open(src);
  const crops = [];
  const remaining = boxes.values();
  for await (const { image } of clip.sample(boxes.length)) {
    const box = remaining.next().value;
    if (!box) continue;
    const { pixels } = faceCrop(image, box, scale, sizePx);
    crops.push(await dataUrl(new Blob([pixels])));
  }
  clip.close();
  return crops;
};
"""


@pytest.fixture(scope="module")
def crops_script() -> str:
    """The extension's own modules, bundled for a page."""
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=iife", "--loader=ts"]
    options = ["--define:import.meta.env.FIREFOX=false", "--log-level=error"]
    done = subprocess.run([*command, *options], cwd=EXTENSION, input=CROPS, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(
    scope="module",
    params=[
        "vp9",
        "720p",
        "720p, colours unstated",
        *(pytest.param(name, marks=pytest.mark.shared) for name in SHARED if SHARED_CLIPS.is_dir()),
    ],
)
def clip(request: pytest.FixtureRequest, portrait_clip: Path) -> Path:
    """The portrait in VP9; in H.264 with the colours of high definition, stated as by most clips or not; real faces."""
    if request.param == "vp9":
        return portrait_clip
    if "720p" not in request.param:
        return SHARED_CLIPS / str(request.param)
    path = portrait_clip.with_name(f"portrait-{'stated' if request.param == '720p' else 'unstated'}.mp4")
    colours = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    scaled = ["-vf", "scale=720:720:out_color_matrix=bt709,pad=1280:720:280:0", "-pix_fmt", "yuv420p"]
    stated = colours if request.param == "720p" else []
    ffmpeg("-i", portrait_clip, *scaled, *stated, "-c:v", "libx264", "-crf", "18", path)
    return path


def test_a_clip_is_seen_as_in_python(
    browser: Browser, media_server: MediaServer, clip: Path, crops_script: str
) -> None:
    """Boxes, crops and scores."""
    page = browser.open(serve(media_server, video(clip.name), clip))
    result = copied_result(verdict(browser.click_toolbar(page)))
    assert result.pop("route") == "whole_clip"
    expected = Detector().score(clip)
    _assert_same_result(Result.model_validate(result, strict=False), expected)
    page.evaluate(crops_script)
    _assert_same_crops(page, clip, expected)


def _assert_same_result(received: Result, expected: Result) -> None:
    assert received.frames_sampled == expected.frames_sampled
    assert received.score == pytest.approx(expected.score, abs=SCORE_TOLERANCE)
    assert len(received.tracks) == len(expected.tracks)
    for ours, theirs in zip(received.tracks, expected.tracks, strict=True):
        assert [frame.time_s for frame in ours.frames] == pytest.approx([f.time_s for f in theirs.frames], abs=0.002)
        np.testing.assert_allclose([f.box for f in ours.frames], [f.box for f in theirs.frames], atol=BOX_TOLERANCE_PX)
        assert ours.score == pytest.approx(theirs.score, abs=SCORE_TOLERANCE)


def _assert_same_crops(page: Page, clip: Path, expected: Result) -> None:
    """The crops of the first face, at the same boxes, as the extension's modules cut them in the page."""
    detector = Detector()
    manifest = detector.bundle.manifest
    boxes = {frame.time_s: frame.box for frame in expected.tracks[0].frames}
    frames = [(boxes.get(round(time_s, 3)), image) for time_s, image in Clip(clip).sample(manifest.sampling.frames)]
    settings = [manifest.crop.scale, manifest.input.width_px]
    received = page.evaluate("(all) => crops(...all)", [f"/{clip.name}", [box for box, _ in frames], *settings])
    theirs = [detector.crop(image, np.array(box, np.float32)) for box, image in frames if box]
    assert len(received) == len(theirs)
    for ours, crop in zip(received, theirs, strict=True):
        pixels = np.frombuffer(base64.b64decode(ours.partition(",")[2]), np.uint8).reshape(crop.shape)
        assert np.abs(pixels.astype(np.float32) - crop).mean() <= CROP_TOLERANCE
