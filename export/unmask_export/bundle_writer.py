"""Writes a bundle folder from a run: every format, converted, run and held to Keras."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask_edge.detector import TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.golden import Golden, GoldenCrop
from unmask_edge.manifest import BundleFile, Generator, InputSpec, Manifest, ModelFile, ModelFormat, OutputSpec
from unmask_edge.version import __version__
from unmask_export import tfjs, tflite
from unmask_export.golden_vectors import FORMULAS, TOLERANCES, golden_crops
from unmask_export.keras_model import keras_scores, save_frozen
from unmask_export.model_card import model_card
from unmask_training.finder import face_finder_spec
from unmask_training.model import load_detector
from unmask_training.run import Run
from unmask_training.trainable import WEIGHTS, build_trained, write_trainable

TFLITE_FORMATS: tuple[TFLiteFormat, ...] = ("float32", "float16", "int8")
Report = Callable[[str], None]


@dataclass(frozen=True)
class Drift:
    """How far one format's scores lie from Keras's.

    Attributes:
        golden: the largest difference on the golden vectors.
        crops_mean, crops_max: on the run's calibration crops, which are faces; for information.
    """

    golden: float
    crops_mean: float
    crops_max: float


@dataclass(frozen=True)
class Exported:
    """What one export wrote and measured."""

    manifest: Manifest
    drifts: dict[ModelFormat, Drift]


def export_run(run_folder: Path, out: Path, version: str, report: Report) -> Exported:
    """Write a bundle.

    Args:
        run_folder: a finished run.
        out: the bundle folder; replaced only once every format has passed.
        version: the model's version.
        report: called with each step's description.

    Raises:
        UnmaskError: if the run is not finished, or a format does not run or strays beyond its tolerance.
    """
    run = Run.read(run_folder)
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise UnmaskError(f"Expected --out to be new, empty or a bundle. Received: {out} with other files.")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "bundle"
        folder.mkdir()
        exported = _Export(run, run_folder, folder, report).write(version)
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(folder), out)
    return exported


class _Export:
    def __init__(self, run: Run, run_folder: Path, folder: Path, report: Report) -> None:
        self._run = run
        self._folder = folder
        self._report = report
        self._calibration: NDArray[np.uint8] = np.load(run_folder / "calibration.npy")
        self._keras = load_detector(run_folder)
        side = self._keras.output["region_map"].shape[1]
        self._outputs = OutputSpec(score_shape=(1, 1), region_map_shape=(1, side, side, 1))
        self._golden = golden_crops(run.recipe.model.input_px)
        self._keras_golden = keras_scores(self._keras, self._golden)
        self._keras_crops = keras_scores(self._keras, self._calibration)
        self._scores: dict[ModelFormat, NDArray[np.float32]] = {}
        self._drifts: dict[ModelFormat, Drift] = {}

    def write(self, version: str) -> Exported:
        saved_model = self._folder.parent / "saved_model"
        save_frozen(self._keras, saved_model)
        models: dict[ModelFormat, ModelFile] = {name: self._tflite(name, saved_model) for name in TFLITE_FORMATS}
        models["tfjs"] = self._tfjs(saved_model)
        self._write_golden()
        self._write_trainable()
        manifest = self._manifest(version, models)
        (self._folder / "MODEL_CARD.md").write_text(model_card(manifest, self._run, self._drifts), "utf-8")
        manifest = manifest.model_copy(update={"files": self._files()})
        (self._folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
        return Exported(manifest, self._drifts)

    def _tflite(self, format: TFLiteFormat, saved_model: Path) -> ModelFile:
        self._report(f"Converting to TFLite {format}")
        path = self._folder / f"detector.{format}.tflite"
        path.write_bytes(tflite.convert(saved_model, format, self._calibration))
        self._check(format, lambda crops: tflite.run(path, crops, self._outputs))
        return self._model_file("tflite", path, format)

    def _tfjs(self, saved_model: Path) -> ModelFile:
        self._report("Converting to TF.js")
        path = self._folder / "tfjs" / "model.json"
        tfjs.convert(saved_model, path.parent)
        self._check("tfjs", lambda crops: tfjs.run(path, crops, self._outputs))
        return self._model_file("tfjs", path, "tfjs")

    def _check(self, format: ModelFormat, scores: Callable[[NDArray[np.uint8]], NDArray[np.float32]]) -> None:
        self._scores[format] = scores(self._golden)
        golden = np.abs(self._scores[format] - self._keras_golden)
        crops = np.abs(scores(self._calibration) - self._keras_crops)
        self._drifts[format] = Drift(float(golden.max()), float(crops.mean()), float(crops.max()))
        # Written so that a NaN fails too.
        if not golden.max() <= TOLERANCES[format]:
            raise UnmaskError(
                f"Expected {format} within {TOLERANCES[format]} of Keras on the golden vectors. "
                f"Received: {golden.max():.4f} (Keras {self._keras_golden}, {format} {self._scores[format]})."
            )

    def _model_file(self, runtime: str, path: Path, format: ModelFormat) -> ModelFile:
        return ModelFile.model_validate(
            {
                "runtime": runtime,
                "path": path.relative_to(self._folder).as_posix(),
                "input_dtype": "uint8" if format == "int8" else "float32",
                "tolerance": TOLERANCES[format],
                "golden_drift": round(self._drifts[format].golden, 6),
            }
        )

    def _write_trainable(self) -> None:
        self._report("Writing the weights to train on")
        write_trainable(self._keras, self._run.recipe, self._folder)
        rebuilt = build_trained(self._run.recipe, self._folder / WEIGHTS)
        drift = np.abs(keras_scores(rebuilt, self._golden) - self._keras_golden).max()
        if not drift <= TOLERANCES["float16"]:
            raise UnmaskError(
                f"Expected the net built from {WEIGHTS} within {TOLERANCES['float16']} of Keras on the golden vectors. "
                f"Received: {drift:.4f}."
            )

    def _write_golden(self) -> None:
        crops = [
            GoldenCrop(
                formula=formula,
                scores={name: round(float(scores[index]), 6) for name, scores in self._scores.items()},
            )
            for index, formula in enumerate(FORMULAS)
        ]
        (self._folder / "golden.json").write_text(Golden(crops=crops).model_dump_json(indent=2) + "\n", "utf-8")

    def _manifest(self, version: str, models: dict[ModelFormat, ModelFile]) -> Manifest:
        recipe = self._run.recipe
        side = recipe.model.input_px
        return Manifest(
            schema_version=1,
            name=recipe.name,
            version=version,
            licence=recipe.licence,
            generator=Generator(name="unmask", version=__version__),
            models=models,
            files=self._files(),
            input=InputSpec(height_px=side, width_px=side, layout="NHWC", colour_order="RGB", value_range=(0, 255)),
            face_finder=face_finder_spec(),
            crop=recipe.crop,
            outputs=self._outputs,
            sampling=recipe.sampling,
            tracking=recipe.decision.tracking,
            aggregation=recipe.decision.aggregation,
            temperature=self._run.temperature,
            bands=self._run.bands,
            metrics=self._run.metrics,
            training_data=self._run.training_data,
        )

    def _files(self) -> list[BundleFile]:
        return [
            BundleFile(
                path=path.relative_to(self._folder).as_posix(),
                size_bytes=path.stat().st_size,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in sorted(self._folder.rglob("*"))
            if path.is_file()
        ]
