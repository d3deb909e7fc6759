"""What each method of forging imitates and where its traces lie; no heavy imports, so that a command can list them."""

LESSONS: dict[str, str] = {
    "self_blend": (
        "The face was blended into a slightly changed copy of itself. It imitates what all pasted faces share: look "
        "along the mask's edge for a step in colour, sharpness or noise."
    ),
    "cross_blend": (
        "The donor's face was laid over the face, matched in colour and blended in softly, as many swapping tools do. "
        "Its traces lie along the mask's edge, and in skin of another sharpness, noise or light than the neck's."
    ),
    "autoencoder_swap": (
        "A narrow autoencoder drew the face anew, a little as somebody else, and it was pasted over the old one, as "
        "classic deepfake programs do. Look for skin smoother than neck and ears, teeth and eyes without detail, and "
        "a soft border in another tone inside the outline of the face."
    ),
    "landmark_swap": (
        "The donor's face was warped into place triangle by triangle, as the first face-swap programs did. Look for "
        "seams at jaw and brows, doubled brows, and features stretched to fit another head."
    ),
    "reenact": (
        "The face, or its mouth alone, was warped into another expression and rendered again, as talking-head and "
        "lip-sync tools do. Its traces are soft skin, teeth and eyes, the inside of the mouth, and a bent background "
        "beside the jaw."
    ),
    "driven_reenact": (
        "The face was warped towards the donor's expression and proportions, as reenactment by a driving video does. "
        "The person stays the same; texture is softer than its surroundings, and the outline of the face may bend."
    ),
    "generated": (
        "A net took the picture, or the face in it, apart and drew it again, as image generators do. Little is to be "
        "seen; the traces are regular patterns of up-sampling, and fine texture that repeats or is missing."
    ),
}
