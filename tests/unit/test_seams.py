"""Frames made in parts show no seams: the networks, with the weights of the recordings, against frames made whole."""

from dataclasses import replace

import numpy as np
import pytest

import frameloom.models.adapter
from frameloom.frame import float_pixels
from frameloom.models.zoo import catalog
from frameloom.reports.scene import Scene
from frameloom.runtime import Runtime
from parity.any_time import build

SIZE = (128, 512)
SPELT = {"rife": "RIFE", "ifrnet": "IFRNet", "amt-s": "AMT-S", "ema-vfi": "EMA-VFI"}


@pytest.mark.parametrize("family", SPELT)
def test_slopes_across_seams_are_those_of_whole_frames(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the slopes along a row, those within the overlap grow by no more than a tenth over the median elsewhere."""
    network = build(f"{SPELT[family]}-D")
    monkeypatch.setattr(frameloom.models.adapter, "load_network", lambda card, given: network)
    card = catalog.find(f"{family}.d", "interpolator")
    scene = Scene(*SIZE)
    first, last = (float_pixels(scene.frame_at(0.6 + step)) for step in (0, 1 / 15))
    (whole,) = card.load(Runtime(device="cpu", backend="torch")).between(first, last, [0.5])
    per_pixel = replace(card, input=replace(card.input, bytes_per_pixel=100))
    model = per_pixel.load(Runtime(device="cpu", backend="torch", max_memory=100 * SIZE[0] * 330))
    (parts,) = model.between(first, last, [0.5])

    left, right = model._line._tiles
    overlap = slice(right.columns.start, left.columns.stop)
    assert overlap.stop - overlap.start >= 128
    slopes, expected = (np.abs(np.diff(image, axis=1)).mean(axis=(0, 2)) for image in (parts, whole))
    growth = slopes / expected
    elsewhere = np.median(np.delete(growth, np.arange(overlap.start, overlap.stop)))
    assert growth[overlap].max() <= 1.1 * elsewhere
