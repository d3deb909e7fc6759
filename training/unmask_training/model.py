"""The detector: the first three quarters of MobileNetV2 (Sandler et al., CVPR 2018) with a score and a region map.

Further backbones may stand beside it. Each has heads of its own, whose logits are averaged: nets of different build err
differently, so that together they hold better on fakes that neither has seen (Lakshminarayanan et al., "Simple and
scalable predictive uncertainty estimation using deep ensembles", NeurIPS 2017). `ensemble.py` joins trained nets.

Where a recipe has two heads, each learns one family of fakes: what a blend leaves inside a picture, or what a maker
leaves all over a face. One head for both may rank one family by the cues of the other, below chance; of two heads the
score is the higher one, so that either suffices.

The backbone ends at stride 16. What tells a forgery is local; Chai et al. ("What makes fake images detectable?", ECCV
2020) found that nets cut short generalise better to unseen makers, and 73 % of the weights lie in the part left away.
Convolution, batch normalisation and ReLU6 follow one another throughout, so that batch norms fold and 8-bit integers
hold. Rescaling is inside.
"""

from pathlib import Path

import keras
from keras import layers

from unmask_edge.errors import UnmaskError
from unmask_training.efficientnet_lite import efficientnet_lite, load_pytorch_weights
from unmask_training.recipe import ModelRecipe

# Keras's MobileNetV2 has 0.999, which lags far behind a short fine-tuning: the same weights reached a validation AUC of
# .63 with it, and .80 once the averages had caught up.
BN_MOMENTUM = 0.99
FIRST_BACKBONE = "backbone"
REGION_CHANNELS = 64


def build_detector(recipe: ModelRecipe) -> keras.Model:
    """Build the net.

    Args:
        recipe: its shape and the backbone's weights.

    Returns:
        A model from `(batch, input_px, input_px, 3)` float32 RGB in [0, 255] to a dict of `score`, `(batch, 1)`
        P(fake), and `region_map`, `(batch, input_px / 16, input_px / 16, 1)` P(changed), both float32 in [0, 1].

    Raises:
        UnmaskError: if the weights cannot be had or do not fit.
    """
    if recipe.beside and recipe.weights != "none":
        raise UnmaskError(
            f"Expected the weights 'none', a run or a bundle for {recipe.kinds}, which `unmask join` puts together. "
            f"Received: {recipe.weights}."
        )
    size = (recipe.input_px, recipe.input_px, 3)
    image = keras.Input(size, name="image")
    rescaled = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(image)
    seen = {name: _features(kind, name, size, recipe)(rescaled) for kind, name in backbone_names(recipe).items()}
    regions = [_conv_bn_relu6(cells, REGION_CHANNELS, part_name("region", name)) for name, cells in seen.items()]
    region_map = layers.Conv2D(1, 1, activation="sigmoid", name="region_map")(_joined(regions, "regions"))
    heads = [_head(seen, recipe, part, name) for name, part in head_parts(recipe).items()]
    score = layers.Maximum(name="score")(heads) if len(heads) > 1 else heads[0]
    return keras.Model(image, {"score": score, "region_map": region_map}, name="detector")


def head_parts(recipe: ModelRecipe) -> dict[str, str]:
    """What the layers before each head are called after, by the head's name."""
    return {"score": "head"} if recipe.heads == ("score",) else {name: name for name in recipe.heads}


def backbone_names(recipe: ModelRecipe) -> dict[str, str]:
    """What the layer of each backbone is called in the net: the first one, as in older nets, by no name of its own."""
    return {str(recipe.backbone): FIRST_BACKBONE} | {str(kind): kind for kind in recipe.beside}


def backbones(detector: keras.Model) -> list[keras.Model]:
    """The backbones of a net, the first one first."""
    return [layer for layer in detector.layers if isinstance(layer, keras.Model)]


def part_name(part: str, backbone: str) -> str:
    """What a layer that reads one backbone is called, by what it would be called beside the first."""
    return part if backbone == FIRST_BACKBONE else f"{part}_of_{backbone}"


def load_detector(run: Path) -> keras.Model:
    """Load a run's `detector.keras`.

    Raises:
        UnmaskError: if it is missing, damaged or not a detector.
    """
    try:
        model = keras.models.load_model(run / "detector.keras", compile=False)
    except (OSError, ValueError) as error:
        raise UnmaskError(f"Expected a trained {run / 'detector.keras'}. Received: {error}") from error
    if set(model.output_names if not isinstance(model.output, dict) else model.output) != {"score", "region_map"}:
        raise UnmaskError(f"Expected a model with outputs score and region_map. Received: {model.output}.")
    return model


def _features(kind: str, name: str, size: tuple[int, int, int], recipe: ModelRecipe) -> keras.Model:
    backbone = _mobilenet(size, recipe) if kind == "mobilenet_v2" else _efficientnet(kind, size, recipe)
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = BN_MOMENTUM
    return keras.Model(backbone.input, backbone.output, name=name)


def _head(seen: dict[str, keras.KerasTensor], recipe: ModelRecipe, part: str, name: str) -> keras.KerasTensor:
    """One dense layer over what each backbone's own convolution makes of its cells, so that their logits add up."""
    pooled = [_pooled(cells, recipe.head_channels, part_name(part, backbone)) for backbone, cells in seen.items()]
    dropped = layers.Dropout(recipe.dropout, name=f"{part}_dropout")(_joined(pooled, f"{part}s"))
    return layers.Dense(1, activation="sigmoid", name=name)(dropped)


def _pooled(cells: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    return layers.GlobalAveragePooling2D(name=f"{name}_pool")(_conv_bn_relu6(cells, channels, name))


def _joined(parts: list[keras.KerasTensor], name: str) -> keras.KerasTensor:
    return layers.Concatenate(name=name)(parts) if len(parts) > 1 else parts[0]


def _conv_bn_relu6(features: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    features = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_conv")(features)
    normed = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(features)
    return layers.ReLU(6.0, name=f"{name}_relu")(normed)


def _mobilenet(size: tuple[int, int, int], recipe: ModelRecipe) -> keras.Model:
    weights = {"imagenet": "imagenet", "none": None}.get(recipe.weights, recipe.weights)
    from_file = weights is not None and weights != "imagenet"
    try:
        whole = keras.applications.MobileNetV2(
            size, alpha=recipe.alpha, include_top=False, weights=None if from_file else weights
        )
        if from_file:
            whole.load_weights(Path(recipe.weights))
    except Exception as error:  # Keras raises bare Exception, OSError or ValueError here, by source and backend
        raise UnmaskError(
            f"Expected MobileNetV2 weights for alpha {recipe.alpha} from {recipe.weights!r}; without internet name a "
            f"file by --weights. Received: {error}"
        ) from error
    return keras.Model(whole.input, whole.get_layer("block_13_expand_relu").output)


def _efficientnet(kind: str, size: tuple[int, int, int], recipe: ModelRecipe) -> keras.Model:
    backbone = efficientnet_lite(kind, size[0])
    if recipe.weights != "none":
        load_pytorch_weights(backbone, Path(recipe.weights))
    return backbone
