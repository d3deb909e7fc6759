"""Writes a bundle folder from a run: every format, converted, run and held to Keras."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from unmask_edge.detector import TFLiteFormat
from unmask_edge.errors import UnmaskError
from unmask_edge.golden import Golden, GoldenCrop
from unmask_edge.manifest import (
    SCHEMA_VERSION,
    BundleFile,
    Generator,
    InputSpec,
    Manifest,
    ModelFile,
    ModelFormat,
    OutputSpec,
)
from unmask_edge.version import __version__
from unmask_export import onnx, tfjs, tflite
from unmask_export.calibration import RECORD, Calibration, calibration_of_pictures, calibration_of_run
from unmask_export.formats import DEFAULT, family, input_dtype, relative_path
from unmask_export.golden_vectors import FORMULAS, TOLERANCES, golden_crops
from unmask_export.keras_model import keras_scores, save_frozen
from unmask_export.model_card import model_card
from unmask_export.run_check import require_readable
from unmask_export.runtimes import main_runtime
from unmask_export.verification import Reference, Verified, in_short, run_elsewhere, verify
from unmask_export.weight_rounding import rounded
from unmask_training.evaluation.onnx_net import ONNXFormat
from unmask_training.finder import face_finder_spec
from unmask_training.model import load_detector
from unmask_training.run import Run
from unmask_training.trainable import WEIGHTS, build_trained, write_trainable

# Formats with one scale for each output of a layer, by which weights are rounded.
ROUNDED: tuple[ModelFormat, ...] = ("dynamic", "int8", "int16")
# Called with what is done next, and how many formats are done.
Report = Callable[[str, int], None]


@dataclass(frozen=True)
class Plan:
    """What to export.

    Attributes:
        version: the model's version.
        formats: which to make.
        calibration: a folder of pictures whose faces calibrate in place of the run's own.
        everywhere: whether to run each file in all runtimes of its format, or in its main one alone.
    """

    version: str
    formats: tuple[ModelFormat, ...] = DEFAULT
    calibration: Path | None = None
    everywhere: bool = False


@dataclass(frozen=True)
class Exported:
    """What one export wrote and measured.

    Attributes:
        verified: the formats that are in the bundle.
        failed: why each of the others is not.
    """

    manifest: Manifest
    verified: dict[ModelFormat, Verified] = field(default_factory=dict)
    failed: dict[ModelFormat, str] = field(default_factory=dict)


def export_run(run_folder: Path, out: Path, plan: Plan, report: Report) -> Exported:
    """Write a bundle of the formats that convert, run and keep their tolerances.

    Args:
        run_folder: a finished run.
        out: the bundle folder; replaced only if at least one format passed.
        plan: what to export.
        report: told of each step.

    Raises:
        UnmaskError: if the run is not finished or not what this version reads, pictures hold too few faces, or no
            format passed.
    """
    run = Run.read(run_folder)
    require_readable(run)
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise UnmaskError(f"Expected --out to be new, empty or a bundle. Received: {out} with other files.")
    pictures = plan.calibration
    calibration = calibration_of_pictures(pictures, run.recipe) if pictures else calibration_of_run(run_folder)
    with tempfile.TemporaryDirectory() as work:
        export = _Export(run, run_folder, Path(work), calibration)
        exported = export.write(plan, report)
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(export.folder), out)
    return exported


class _Export:
    def __init__(self, run: Run, run_folder: Path, work: Path, calibration: Calibration) -> None:
        self.folder = work / "bundle"
        self.folder.mkdir()
        self._run = run
        self._work = work
        self._calibration = calibration
        self._keras = load_detector(run_folder)
        side = self._keras.output["region_map"].shape[1]
        golden = golden_crops(run.recipe.model.input_px)
        self._reference = Reference(
            golden=golden,
            faces=calibration.crops,
            keras_golden=keras_scores(self._keras, golden),
            keras_faces=keras_scores(self._keras, calibration.crops),
            outputs=OutputSpec(score_shape=(1, 1), region_map_shape=(1, side, side, 1)),
        )

    def write(self, plan: Plan, report: Report) -> Exported:
        save_frozen(self._keras, self._work / "saved_model")
        verified: dict[ModelFormat, Verified] = {}
        failed: dict[ModelFormat, str] = {}
        for done, name in enumerate(plan.formats):
            report(name, done)
            try:
                verified[name] = self._verified(name, plan.everywhere)
            except Exception as error:  # each converter and each runtime has its own
                failed[name] = in_short(error)
        if not verified:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
            raise UnmaskError(f"Expected one format at least that can be written. Received: {reasons}")
        report("weights to train on", len(plan.formats))
        self._write_golden(verified)
        self._write_trainable()
        (self.folder / RECORD).write_text(self._calibration.record.model_dump_json(indent=2) + "\n", "utf-8")
        return self._described(plan.version, verified, failed)

    def _verified(self, format: ModelFormat, everywhere: bool) -> Verified:
        """Convert one format and run it; its files enter the bundle once they have passed."""
        staged = self._work / format
        path = staged / relative_path(format)
        path.parent.mkdir(parents=True)
        self._convert(format, path)
        drift, scores = verify(format, path, self._reference)
        elsewhere = list(run_elsewhere(format, path, self._reference)) if everywhere else []
        size_bytes = sum(file.stat().st_size for file in staged.rglob("*") if file.is_file())
        shutil.copytree(staged, self.folder, dirs_exist_ok=True)
        return Verified(main_runtime(format), size_bytes, drift, scores, elsewhere)

    def _convert(self, format: ModelFormat, path: Path) -> None:
        crops = self._calibration.crops
        match family(format):
            case "tflite":
                path.write_bytes(tflite.convert(self._saved_model(format), cast("TFLiteFormat", format), crops))
            case "tfjs":
                tfjs.convert(self._saved_model(format), cast("tfjs.TFJSFormat", format), path.parent)
            case "onnx":
                onnx.convert(self._keras, cast("ONNXFormat", format), crops, path)

    def _saved_model(self, format: ModelFormat) -> Path:
        """The net that TensorFlow's converters take; for 8-bit weights of TFLite it has rounded ones."""
        if format not in ROUNDED:
            return self._work / "saved_model"
        folder = self._work / f"{format}_saved_model"
        save_frozen(rounded(self._keras, self._calibration.crops, activations=format == "int8"), folder)
        return folder

    def _write_trainable(self) -> None:
        write_trainable(self._keras, self._run.recipe, self.folder)
        rebuilt = build_trained(self._run.recipe, self.folder / WEIGHTS)
        drift = np.abs(keras_scores(rebuilt, self._reference.golden) - self._reference.keras_golden).max()
        if not drift <= TOLERANCES["float16"]:
            raise UnmaskError(
                f"Expected the net built from {WEIGHTS} within {TOLERANCES['float16']} of Keras on the golden vectors. "
                f"Received: {drift:.4f}."
            )

    def _write_golden(self, verified: dict[ModelFormat, Verified]) -> None:
        crops = [
            GoldenCrop(
                formula=formula,
                scores={name: round(float(one.golden_scores[index]), 6) for name, one in verified.items()},
            )
            for index, formula in enumerate(FORMULAS)
        ]
        (self.folder / "golden.json").write_text(Golden(crops=crops).model_dump_json(indent=2) + "\n", "utf-8")

    def _described(
        self, version: str, verified: dict[ModelFormat, Verified], failed: dict[ModelFormat, str]
    ) -> Exported:
        """Write the model card and the manifest, which lists all files, the card among them."""
        manifest = self._manifest(version, verified)
        card = model_card(manifest, self._run, Exported(manifest, verified, failed), self._calibration.record)
        (self.folder / "MODEL_CARD.md").write_text(card, "utf-8")
        manifest = manifest.model_copy(update={"files": self._files()})
        (self.folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
        return Exported(manifest, verified, failed)

    def _manifest(self, version: str, verified: dict[ModelFormat, Verified]) -> Manifest:
        recipe = self._run.recipe
        side = recipe.model.input_px
        return Manifest(
            schema_version=SCHEMA_VERSION,
            name=recipe.name,
            version=version,
            licence=recipe.licence,
            generator=Generator(name="unmask", version=__version__),
            models={name: _model_file(name, one) for name, one in verified.items()},
            files=self._files(),
            input=InputSpec(height_px=side, width_px=side, layout="NHWC", colour_order="RGB", value_range=(0, 255)),
            face_finder=face_finder_spec(),
            crop=recipe.crop,
            outputs=self._reference.outputs,
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
                path=path.relative_to(self.folder).as_posix(),
                size_bytes=path.stat().st_size,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        ]


def _model_file(format: ModelFormat, verified: Verified) -> ModelFile:
    return ModelFile(
        runtime=family(format),
        path=relative_path(format),
        input_dtype=input_dtype(format),
        tolerance=TOLERANCES[format],
        golden_drift=round(verified.drift.golden, 6),
    )
