"""tflite-runtime in place of ai-edge-litert, with its NumPy and OpenCV, in an environment of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.edge.media_files import portrait_clip
from unmask_edge import Detector
from unmask_edge.formats import TFLiteFormat

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="tflite-runtime's last release knows Python up to 3.11"
)


@pytest.fixture(scope="module")
def unmask(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment that `requirements-tflite.lock` describes."""
    environment = tmp_path_factory.mktemp("tflite") / "venv"
    uv = Path(sys.executable).with_name("uv")
    into = ["--quiet", "--system-certs", "--no-deps", "--python", str(environment)]
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    lock = ROOT / "requirements-tflite.lock"
    subprocess.run([uv, "pip", "install", *into, "--only-binary=:all:", "--require-hashes", "-r", lock], check=True)
    subprocess.run([uv, "pip", "install", *into, "--editable", ROOT], check=True)
    return environment / "bin" / "unmask"


@pytest.mark.parametrize(("format_", "drift"), [("float16", 0.01), ("int8", 0.02)])
def test_it_scores_alike(format_: TFLiteFormat, drift: float, unmask: Path, tmp_path: Path) -> None:
    """The same track and verdict as ai-edge-litert gives."""
    clip = portrait_clip(tmp_path / "clip.mp4")
    command = [str(unmask), "score", str(clip), "--format", format_, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (there,) = json.loads(done.stdout)
    here = Detector(format=format_).score(clip)
    assert there["model"]["runtime"] == "tflite_runtime"
    assert here.model.runtime == "ai_edge_litert"
    assert (there["verdict"], len(there["tracks"])) == (here.verdict, 1)
    assert there["score"] == pytest.approx(here.score, abs=drift)
