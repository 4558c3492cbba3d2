"""Images that metrics were recorded on. numpy only."""
import numpy as np


def picture(height, width, *, seed, shift=0.0):
    """(height, width, 3) uint8: waves of several lengths, moved to the right by so many pixels."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    image = np.zeros((height, width, 3))
    for _ in range(6):
        across, down = rng.uniform(-0.35, 0.35, 2)
        phase = rng.uniform(0, 6.28, 3)
        image += np.sin((across * (columns - shift) + down * rows)[..., None] + phase)
    return np.clip(np.rint(image * 18 + 128), 0, 255).astype(np.uint8)


def noisy(image, *, seed, strength):
    rng = np.random.default_rng(seed)
    return np.clip(np.rint(image + rng.normal(0, strength, image.shape)), 0, 255).astype(np.uint8)


def pair(height, width, seed):
    """A prediction and its truth."""
    truth = picture(height, width, seed=seed)
    return noisy(picture(height, width, seed=seed, shift=0.7), seed=seed + 1, strength=12), truth


def quartet(height, width, seed):
    """Given before, given after, prediction, truth."""
    before, truth, after = (picture(height, width, seed=seed, shift=3.0 * step) for step in (-1, 0, 1))
    return before, after, noisy(picture(height, width, seed=seed, shift=0.7), seed=seed + 1, strength=12), truth


def clip(height, width, seed):
    """Twelve frames as they were restored, every second one given, and the true ones."""
    truths = [picture(height, width, seed=seed, shift=2.0 * step) for step in range(12)]
    made = [noisy(picture(height, width, seed=seed, shift=2.0 * step + 0.7), seed=seed + step, strength=12)
            if step % 2 else truth for step, truth in enumerate(truths)]
    return made, truths


PAIRS = {"even": (64, 96, 1), "odd": (71, 93, 2)}
QUARTETS = {"even": (64, 128, 3), "odd": (70, 101, 4)}
LARGE = (176, 192, 5)
CLIPS = {"even": (128, 160, 6), "odd": (71, 93, 7)}
