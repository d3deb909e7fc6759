"""What `unmask compare` tells of a bundle's formats, and the content of `compare.json`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from unmask_edge.scoring import Verdict
from unmask_training.data.record import Label
from unmask_training.evaluation.metrics import Figure

KERAS = "keras"


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figures(_Told):
    """Metrics of one format.

    Attributes:
        figures: by the names of `METRICS` of `unmask evaluate`, each with its 95 % interval.
        beside_keras: what each is more than Keras's on the same files, the interval paired; a lost AUC is negative.
    """

    figures: dict[str, Figure]
    beside_keras: dict[str, Figure]


class Drift(_Told):
    """Distances |format - Keras| over all crops, of raw scores or of the cells of region maps, both in [0, 1]."""

    mean: float
    median: float
    quantile_90: float
    quantile_99: float
    largest: float


class Flip(_Told):
    """A file whose verdict is not Keras's.

    Attributes:
        path: relative to the folder of the set.
        keras_score, score: calibrated P(fake) in [0, 1].
    """

    path: str
    label: Label
    keras_verdict: Verdict
    keras_score: float
    verdict: Verdict
    score: float


class FormatOnSet(_Told):
    """One format on one set.

    Attributes:
        format: of the bundle, or `keras`, beside which all are told.
        files: figures of images or clips, as users see them.
        crops: figures of single face crops, by the calibrated score of each; files weigh as many as they have faces.
        flipped: share of the scored files in [0, 1] whose verdict is not Keras's.
        flips: these files.
    """

    format: str
    files: Figures
    crops: Figures
    score_drift: Drift
    region_map_drift: Drift
    flipped: float
    flips: list[Flip]


class SetComparison(_Told):
    """All formats on one set.

    Attributes:
        data: the set and folder, as they were named.
        split: which files of them; None for all.
        unit: what a file is.
        reals, fakes: scored files.
        unscored: files without a face that could be scored; they are in no figure.
        crops: face crops on which every format was run, of pictures each twice, as it is and mirrored.
        formats: Keras first.
    """

    data: str
    split: str | None
    unit: Literal["image", "clip"]
    reals: int
    fakes: int
    unscored: int
    crops: int
    formats: list[FormatOnSet]


class Layer(_Told):
    """What quantization did to one layer's output.

    Attributes:
        name: of the tensor, the same in both files.
        operation: as LiteRT calls it.
        snr_db: 10 log10(sum x^2 / sum (x - q)^2) over all crops and elements, `x` from the float32 file and `q` from
            the quantized one; None where they are equal. What earlier layers lost is in it.
        lost_db: how much less that is than at the worst of the layer's own inputs; None where none of them was matched.
    """

    name: str
    operation: str
    snr_db: float | None
    lost_db: float | None


class LayerNoise(_Told):
    """Where a quantized TFLite file loses precision.

    Attributes:
        crops: on how many crops it was measured.
        layers: in the order in which the float32 file runs them.
        unmatched: layers of that file without a tensor of the same name and shape in the other.
    """

    format: str
    crops: int
    layers: list[Layer]
    unmatched: int


class Latency(_Told):
    """How long one crop takes, in ms, over rounds in which the formats took turns."""

    threads: int
    p50_ms: float
    p95_ms: float


class FormatCost(_Told):
    """What a format costs on the machine at hand.

    Attributes:
        runtime: what ran it.
        size_bytes: of all its files.
        load_ms: to open the file, until the first crop can be given; the runtime was loaded before.
        latencies: TF.js runs on one thread only.
        peak_memory_mb: 10^6 bytes by which the peak resident memory of a fresh process grew from before the file was
            opened until it had scored crops: weights, their repacked copies and activations, not the runtime itself;
            None where the system does not tell.
        energy_mj: millijoules a crop on one thread, of the whole processor; None where it is not metered.
    """

    format: str
    runtime: str
    size_bytes: int
    load_ms: float
    latencies: list[Latency]
    peak_memory_mb: float | None
    energy_mj: float | None


class Breach(_Told):
    """A stated loss that a format exceeds on a set."""

    format: str
    data: str
    measure: Literal["AUC lost", "verdicts flipped", "mean score drift"]
    stated: float
    found: float


class Comparison(_Told):
    """`compare.json`, whole.

    Attributes:
        model: name and version of the bundle's.
        version: of Unmask.
        machine: where the costs were measured.
        layer_noise: of the quantized TFLite formats.
        breaches: none where every format is within its stated loss on every set.
    """

    model: str
    version: str
    machine: str
    sets: list[SetComparison]
    layer_noise: list[LayerNoise]
    costs: list[FormatCost]
    breaches: list[Breach]
