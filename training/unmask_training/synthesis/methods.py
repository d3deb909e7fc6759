"""All methods of forging, by the names that recipes and commands call them by."""

from unmask_training.synthesis.autoencoder_swap import autoencoder_swap
from unmask_training.synthesis.cross_blend import cross_blend
from unmask_training.synthesis.forgery import OneFaceMethod, TwoFaceMethod
from unmask_training.synthesis.generated import generated
from unmask_training.synthesis.landmark_swap import landmark_swap
from unmask_training.synthesis.reenact import driven_reenact, reenact
from unmask_training.synthesis.self_blend import self_blend

ONE_FACE_METHODS: dict[str, OneFaceMethod] = {
    "self_blend": self_blend,
    "autoencoder_swap": autoencoder_swap,
    "reenact": reenact,
    "generated": generated,
}
TWO_FACE_METHODS: dict[str, TwoFaceMethod] = {
    "cross_blend": cross_blend,
    "landmark_swap": landmark_swap,
    "driven_reenact": driven_reenact,
}
