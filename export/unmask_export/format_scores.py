"""Runs a bundle's Keras net and its formats on the same faces of the same files."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from unmask_edge.bundle import Bundle
from unmask_edge.errors import UnmaskError
from unmask_edge.manifest import BundleFile, Manifest, ModelFormat
from unmask_export import runtimes
from unmask_export.comparison import KERAS
from unmask_export.kept_outputs import FileOutputs, KeptOutputs, output_key
from unmask_export.runtimes import Outputs
from unmask_training.data.copies import look_at
from unmask_training.evaluation.cases import Case
from unmask_training.evaluation.crops import FileCrops, Source, file_digest, source_crops
from unmask_training.evaluation.judge import judge
from unmask_training.evaluation.scorers import BATCH, Scorer, fingerprint
from unmask_training.trainable import RECIPE, WEIGHTS, read_trainable

# Files whose faces are held in memory at a time.
BLOCK = 64

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Net:
    """One format, or the Keras net.

    Attributes:
        fingerprint: of its files' content and of the rules.
        run: from `(n, H, W, 3)` uint8 RGB crops.
    """

    name: str
    fingerprint: str
    run: Callable[[NDArray[np.uint8]], Outputs]


def open_nets(bundle: Bundle, formats: Sequence[str], scorer: Scorer) -> list[Net]:
    """The Keras net, then the formats.

    Args:
        bundle: whose.
        formats: of the bundle; all of them if empty.
        scorer: by whose rules files are judged.

    Raises:
        UnmaskError: if the bundle lacks a format, or the weights of the Keras net.
    """
    known = bundle.manifest.models
    unknown = [name for name in formats if name not in known]
    if unknown:
        raise UnmaskError(f"Expected formats of the bundle, {', '.join(known)}. Received: {', '.join(unknown)}.")
    chosen = [name for name in known if not formats or name in formats]
    return [_keras(bundle, scorer), *(_format(bundle, name, scorer) for name in chosen)]


def model_files(manifest: Manifest, format: ModelFormat) -> list[BundleFile]:
    """All files of a format: one, but for TF.js, whose shards lie beside its `model.json`."""
    path = manifest.models[format].path
    folder = path.removesuffix("model.json")
    return [file for file in manifest.files if file.path == path or (folder != path and file.path.startswith(folder))]


@dataclass(frozen=True, eq=False)
class Bench:
    """Where nets are run on files.

    Attributes:
        nets: the Keras net, then the formats.
        scorer: by whose rules faces are found and files judged.
        kept: what earlier runs found; keeps what this one does.
        pool: processes that read files.
    """

    nets: Sequence[Net]
    scorer: Scorer
    kept: KeptOutputs
    pool: Executor

    def score(self, case: Case, progress: Progress) -> dict[str, list[FileOutputs]]:
        """What each net, by its name, says of each file; those of which all is kept are not read."""
        digests = self._digests(case)
        keys = {net.name: [output_key(digest, net.fingerprint) for digest in digests] for net in self.nets}
        todo = [number for number in range(len(digests)) if not all(keys[name][number] in self.kept for name in keys)]
        blocks = [todo[start : start + BLOCK] for start in range(0, len(todo), BLOCK)]
        for block in progress.track(blocks, description=case.data):
            files = list(self.pool.map(self._reader(), [case.files[number] for number in block], chunksize=4))
            for net in self.nets:
                said = _said(files, net, self.scorer)
                self.kept.update([(keys[net.name][number], one) for number, one in zip(block, said, strict=True)])
        return {name: [self.kept[key] for key in of_net] for name, of_net in keys.items()}

    def sample(self, cases: Sequence[Case], count: int) -> NDArray[np.uint8]:
        """Crops `(n, H, W, 3)` uint8 RGB, at most `count`, each of another file, spread evenly over all cases."""
        files = [file for case in cases for file in case.files]
        # Twice as many as are wanted: some have no face.
        read = self.pool.map(self._reader(), _spread(files, 2 * count))
        return np.stack(_spread([file.faces[0].crops[self.scorer.view] for file in read if file.faces], count))

    def _reader(self) -> Callable[[Source], FileCrops]:
        views = {self.scorer.view, self.scorer.rules.quality}
        return partial(source_crops, looking=self.scorer.rules.looking, views=views, distortion=None)

    def _digests(self, case: Case) -> list[str]:
        """By which outputs are kept; a store tells them unread."""
        if case.stored:
            return [case.stored.files[record].digest for record in case.records]
        return list(self.pool.map(partial(look_at, look=file_digest), case.locations, chunksize=16))


def _spread(items: Sequence[T], count: int) -> list[T]:
    """So many of them at even distances, or all."""
    places = np.linspace(0, len(items) - 1, min(count, len(items)))
    return [items[place] for place in places.round().astype(int)]


def _keras(bundle: Bundle, scorer: Scorer) -> Net:
    from keras import ops

    _, net = read_trainable(bundle)

    def run(crops: NDArray[np.uint8]) -> Outputs:
        batches = [crops[start : start + BATCH].astype(np.float32) for start in range(0, len(crops), BATCH)]
        said = [net(batch, training=False) for batch in batches]
        scores, maps = (
            np.concatenate([ops.convert_to_numpy(one[name]) for one in said]) for name in ("score", "region_map")
        )
        return Outputs(scores[:, 0], maps[..., 0])

    files = [file for file in bundle.manifest.files if file.path in {RECIPE, WEIGHTS}]
    return Net(KERAS, _fingerprint(KERAS, files, scorer), run)


def _format(bundle: Bundle, name: ModelFormat, scorer: Scorer) -> Net:
    manifest = bundle.manifest
    files = model_files(manifest, name)
    paths = {file.path: bundle.path(file.path) for file in files}  # each held to its sha256
    path = paths[manifest.models[name].path]
    return Net(
        name,
        _fingerprint(runtimes.main_runtime(name), files, scorer),
        lambda crops: runtimes.run(name, path, crops, manifest.outputs),
    )


def _fingerprint(runtime: str, files: Sequence[BundleFile], scorer: Scorer) -> str:
    return fingerprint([], runtime, [file.sha256 for file in files], scorer.view, scorer.rules)


def _said(files: Sequence[FileCrops], net: Net, scorer: Scorer) -> Iterator[FileOutputs]:
    """What a net says of each file, from one run over the faces of all."""
    looks = [file.looks(scorer.view) for file in files]
    crops = list(chain.from_iterable(looks))
    said = net.run(np.stack(crops)) if crops else Outputs(np.empty(0, np.float32), np.empty((0, 0, 0), np.float32))
    ends = np.cumsum([len(of_file) for of_file in looks])[:-1]
    parts = zip(np.split(said.scores, ends), np.split(said.region_maps, ends), strict=True)
    for file, (scores, maps) in zip(files, parts, strict=True):
        yield FileOutputs(judge(file, scores.astype(np.float64), scorer.rules), Outputs(scores, maps))
