"""Structural similarity (Wang et al., IEEE TIP 2004): Gaussian window of 11 pixels, sigma 1.5, mean over RGB."""

from skimage.metrics import structural_similarity  # pyright: ignore[reportUnknownVariableType]

from frameloom.errors import ShapeError
from frameloom.metrics.metric import Image, Metric, frame_by_frame

_WINDOW = 11


def ssim(prediction: Image, truth: Image) -> float:
    """Mean over pixels and channels, -1..1, 1 for equal images.

    Raises:
        ShapeError: a side is shorter than the window.
    """
    if min(prediction.shape[:2]) < _WINDOW:
        height, width = prediction.shape[:2]
        raise ShapeError(f"SSIM needs sides of at least {_WINDOW} pixels; the image is {width}x{height}")
    return float(
        structural_similarity(  # pyright: ignore[reportArgumentType]  # a number, unless the full map is asked for
            prediction, truth, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )
    )  # fmt: skip


METRIC = Metric(
    name="ssim", title="SSIM", unit="", higher_is_better=True, bounds=(-1, 1), equal=1, scores=frame_by_frame(ssim)
)
