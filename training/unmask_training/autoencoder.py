"""Builds and trains the small autoencoders that forge faces: `autoencoder_swap` and `generated` in `synthesis/`.

Each half becomes a `.tflite` file with float16 weights in a folder `autoencoders/`, so that forging needs no Keras:

    swap_encoder, swap_decoder                          a face through a narrow code
    encoder4, transposed4, nearest4, ... encoder8, ...   a picture through a wide one, by stride and up-sampling

All take and give RGB in [0, 255].

Packaged are those of 600 steps on 1,500 windows: 138 s at stride 4 and 101 s at stride 8, on two shared cores. The
loss, averaged over all steps, was .29 to .31 by decoder at stride 4 and .42 to .44 at stride 8; 24 held-out windows
came back at a PSNR of 28.7 to 30.3 and 26.2 to 26.8 dB. The swap had 3,000 steps on 6,000 faces, 14 minutes, to a mean
loss of .24; 100 held-out faces came back at 25.9 dB inside the ellipse.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from unmask_edge.errors import UnmaskError
from unmask_edge.opencv import cv2
from unmask_training.faces import Face, extract_faces, find_pictures, read_window
from unmask_training.finder import face_finder_spec
from unmask_training.synthesis.autoencoder_nets import (
    CODE_SHAPE,
    LATENT_CHANNELS,
    PICTURE_PX,
    SWAP_PX,
    UP_SAMPLINGS,
    UpSampling,
)
from unmask_training.synthesis.autoencoder_swap import aligned, face_ellipse

SEED = 1
PATCH_PX = 64
WINDOWS, ALIGNED_FACES = 1500, 6000
LEARNING_RATE = 2e-3
_HIDDEN = {"padding": "same", "activation": "leaky_relu", "kernel_initializer": "he_normal"}
Pixels = NDArray[np.float32]


def real_faces(data: Path, store: Path, workers: int = 2) -> list[Face]:
    """The real training faces of a data folder; their windows go to `store`, or lie there from an earlier run.

    Raises:
        UnmaskError: if there is none.
    """
    found = extract_faces(find_pictures(data), data, store, face_finder_spec(), workers)
    faces = [face for face in found if face.split == "train" and face.label == "real"]
    if not faces:
        raise UnmaskError(f"Expected real training faces. Received: none among {len(found)} faces in {data}.")
    return faces


def train_autoencoders(faces: list[Face], store: Path, out: Path, swap_steps: int, picture_steps: int) -> list[Path]:
    """Train all of them; those that an earlier run has finished are kept.

    Args:
        faces: real faces.
        store: where their windows lie.
        out: gets the `.tflite` files.
        swap_steps: steps of the swap's training.
        picture_steps: steps of each stride's training.

    Returns:
        The files.
    """
    out.mkdir(parents=True, exist_ok=True)
    order = [faces[index] for index in np.random.default_rng(SEED).permutation(len(faces))]
    if not _all_exist(out, ["swap_encoder", "swap_decoder"]):
        _write(train_swap(_aligned_faces(order[:ALIGNED_FACES], store), swap_steps), out)
    for stride, kinds in UP_SAMPLINGS.items():
        if not _all_exist(out, [f"{half}{stride}" for half in ("encoder", *kinds)]):
            windows = [read_window(store, face) for face in order[:WINDOWS]]
            _write(train_pictures(windows, stride, picture_steps), out)
    return sorted(out.glob("*.tflite"))


def train_swap(faces: NDArray[np.uint8], steps: int) -> dict[str, keras.Model]:
    """Train encoder and decoder of the swap on `(n, SWAP_PX, SWAP_PX, 3)` uint8 RGB aligned faces."""
    keras.utils.set_random_seed(SEED)
    encoder, decoder = swap_encoder(), swap_decoder()
    _fit(encoder, [decoder], _WarpedFaces(list(faces), steps), face_ellipse()[..., None])
    return _rounded({"swap_encoder": encoder, "swap_decoder": decoder})


def train_pictures(windows: Sequence[NDArray[np.uint8]], stride: int, steps: int) -> dict[str, keras.Model]:
    """Train one encoder of a stride, with a decoder of each of its kinds at once, on patches of uint8 RGB windows.

    Returns:
        The trained nets, at a picture's size.
    """
    keras.utils.set_random_seed(SEED)
    encoder = picture_encoder(stride, PATCH_PX)
    decoders = [picture_decoder(kind, stride, PATCH_PX) for kind in UP_SAMPLINGS[stride]]
    _fit(encoder, decoders, _Patches(windows, steps))
    whole = {f"encoder{stride}": picture_encoder(stride, PICTURE_PX)}
    whole |= {f"{kind}{stride}": picture_decoder(kind, stride, PICTURE_PX) for kind in UP_SAMPLINGS[stride]}
    for net, patch_net in zip(whole.values(), [encoder, *decoders], strict=True):
        net.set_weights(patch_net.get_weights())
    return _rounded(whole)


def swap_encoder() -> keras.Model:
    """A face of SWAP_PX to a code of CODE_SHAPE: too narrow to carry skin, or all of who it is."""
    face = keras.Input((SWAP_PX, SWAP_PX, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(layers.AveragePooling2D(2)(face))
    for channels in (24, 32, 48):
        x = layers.Conv2D(channels, 4, strides=2, **_HIDDEN)(x)
    x = layers.Conv2D(64, 3, **_HIDDEN)(x)
    code = layers.Conv2D(CODE_SHAPE[-1], 1, activation="tanh")(x)
    # Noise in training makes neighbouring codes faces as well, so that forging can move to one.
    return keras.Model(face, layers.GaussianNoise(0.05)(code))


def swap_decoder() -> keras.Model:
    """A code to a face of SWAP_PX."""
    code = keras.Input(CODE_SHAPE)
    x = _PlaceBias()(layers.Conv2D(64, 3, **_HIDDEN)(code))
    x = layers.Conv2D(64, 3, **_HIDDEN)(x)
    x = _PlaceBias()(layers.UpSampling2D(interpolation="nearest")(x))
    x = layers.Conv2D(64, 3, **_HIDDEN)(x)
    x = layers.Conv2D(48, 3, **_HIDDEN)(layers.UpSampling2D(interpolation="nearest")(x))
    x = _shuffle(layers.Conv2D(48, 3, padding="same")(x), 4)
    return keras.Model(code, _to_rgb(x))


class _PlaceBias(layers.Layer):  # type: ignore[misc]
    """Adds a trained map: eyes and mouths of aligned faces lie where they lie."""

    def build(self, shape: tuple[int, ...]) -> None:
        self._map = self.add_weight(shape=shape[1:], initializer="zeros")

    def call(self, x: Any) -> Any:
        return x + self._map


def picture_encoder(stride: int, side: int) -> keras.Model:
    """A picture of `side` px to its latent, `(side / stride, side / stride, LATENT_CHANNELS[stride])`."""
    picture = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(picture)
    x = layers.Conv2D(12, 3, **_HIDDEN)(x)
    for channels in _channels(stride)[::-1]:
        x = layers.Conv2D(channels, 4, strides=2, **_HIDDEN)(x)
    return keras.Model(picture, layers.Conv2D(LATENT_CHANNELS[stride], 1)(x))


def picture_decoder(kind: UpSampling, stride: int, side: int) -> keras.Model:
    """A latent to a picture of `side` px, by one kind of up-sampling."""
    latent = keras.Input((side // stride, side // stride, LATENT_CHANNELS[stride]))
    first, *others = _channels(stride)
    x = layers.Conv2D(first, 3, **_HIDDEN)(latent)
    for channels in (*others, 12):
        x = _up(x, kind, channels)
    return keras.Model(latent, _to_rgb(x))


def _channels(stride: int) -> tuple[int, ...]:
    return {4: (40, 24), 8: (40, 28, 20)}[stride]


def _up(x: Any, kind: UpSampling, channels: int) -> Any:
    if kind == "transposed":
        return layers.Conv2DTranspose(channels, 4, strides=2, **_HIDDEN)(x)
    if kind == "shuffle":
        return _shuffle(layers.Conv2D(4 * channels, 3, **_HIDDEN)(x), 2)
    x = layers.UpSampling2D(interpolation=kind)(x)
    return layers.Conv2D(channels, 3, **_HIDDEN)(x)


def _shuffle(x: Any, factor: int) -> Any:
    """Channels to pixels (Shi et al., "Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016)."""
    _, height, width, channels = x.shape
    channels //= factor**2
    x = ops.transpose(ops.reshape(x, (-1, height, width, factor, factor, channels)), (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, factor * height, factor * width, channels))


def _to_rgb(x: Any) -> Any:
    return layers.Rescaling(127.5, offset=127.5)(layers.Conv2D(3, 3, padding="same")(x))


def reconstruction_loss(truth: Any, output: Any) -> Any:
    """L1 at four scales, over pixels and over the differences of neighbours, which carry what L1 alone lets blur."""
    error, loss = (truth - output) / 255, 0.0
    for _ in range(4):
        loss += ops.mean(ops.abs(error))
        loss += sum(ops.mean(ops.abs(ops.diff(error, axis=axis))) for axis in (1, 2))
        error = ops.average_pool(error, 2)
    return loss


def _fit(
    encoder: keras.Model, decoders: Sequence[keras.Model], batches: "_Batches", weight: float | Pixels = 1.0
) -> None:
    latent = encoder(encoder.input)
    model = keras.Model(encoder.input, [decoder(latent) for decoder in decoders])
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, len(batches))
    batches.targets = len(decoders)
    losses = [lambda truth, output: reconstruction_loss(weight * truth, weight * output)] * len(decoders)
    model.compile(keras.optimizers.Adam(rate), loss=losses, jit_compile=False)
    model.fit(batches, verbose=2 if len(batches) < 10 else 1)


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """One epoch of `steps` batches `(inputs, (targets,) * decoders)`, both float32 RGB in [0, 255]."""

    size = 8

    def __init__(self, images: Sequence[NDArray[np.uint8]], steps: int) -> None:
        super().__init__()
        self.targets = 1
        self._images = images
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[Pixels, tuple[Pixels, ...]]:
        rng = np.random.default_rng((SEED, index))
        chosen = [self._images[number] for number in rng.integers(len(self._images), size=self.size)]
        inputs, targets = zip(*(self.example(image, rng) for image in chosen), strict=True)
        return np.stack(inputs).astype(np.float32), (np.stack(targets).astype(np.float32),) * self.targets

    def example(self, image: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Any, Any]:
        raise NotImplementedError


class _Patches(_Batches):
    """Patches at many scales, to be reproduced as they are."""

    def example(self, image: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Any, Any]:
        whole = min(image.shape[:2])
        side = int(rng.uniform(min(PATCH_PX, whole), min(2.5 * PATCH_PX, whole)))
        top, left = rng.integers(whole - side + 1, size=2)
        patch = cv2.resize(
            image[top : top + side, left : left + side], (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_AREA
        )
        return patch, patch


class _WarpedFaces(_Batches):
    """Faces bent a little, to be straightened, as the classic face swapper was trained: the code keeps no outline."""

    size = 16

    def example(self, image: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Any, Any]:
        if rng.random() < 0.5:
            image = np.ascontiguousarray(image[:, ::-1])
        grid = rng.normal(0, 1, (2, 5, 5)).astype(np.float32)
        shift_x, shift_y = (cv2.resize(field, (SWAP_PX, SWAP_PX), interpolation=cv2.INTER_CUBIC) for field in grid)
        x, y = np.meshgrid(*[np.arange(SWAP_PX, dtype=np.float32)] * 2)
        bent = cv2.remap(image, x + shift_x, y + shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return bent, image


def _aligned_faces(faces: Sequence[Face], store: Path) -> NDArray[np.uint8]:
    turned = track(faces, description="Aligning faces", console=Console(stderr=True))
    return np.stack([aligned(read_window(store, face), face.landmarks)[0] for face in turned])


def _rounded(nets: dict[str, keras.Model]) -> dict[str, keras.Model]:
    """Round weights to what the files store, so that nets and files agree."""
    for net in nets.values():
        net.set_weights([weight.astype(np.float16).astype(np.float32) for weight in net.get_weights()])
    return nets


def _all_exist(folder: Path, names: Sequence[str]) -> bool:
    return all((folder / f"{name}.tflite").exists() for name in names)


def _write(nets: dict[str, keras.Model], folder: Path) -> None:
    for name, net in nets.items():
        (folder / f"{name}.tflite").write_bytes(to_tflite(net))


def to_tflite(net: keras.Model) -> bytes:
    """A net for one sample at a time, with float16 weights, as the content of a `.tflite` file."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    spec = tf.TensorSpec((1, *net.input_shape[1:]), tf.float32)
    function = tf.function(lambda sample: net(sample, training=False), input_signature=[spec])
    # Keras 3's variables would become resource variables that nothing fills.
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    content: bytes = converter.convert()
    return content
