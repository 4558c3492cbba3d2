"""Deterministic image pairs, time maps and padding (numpy only).

canvas(seed, H, W)  = clip(0.70*up(n0) + 0.30*up(n1), 0, 1), with
    rng = numpy.random.default_rng(seed)                  # PCG64, draws in this order
    n0  = rng.random((ceil(H/16)+1, ceil(W/16)+1, 3))     # coarse octave, float64
    n1  = rng.random((ceil(H/5)+1,  ceil(W/5)+1,  3))     # fine octave
    n2  = rng.random((ceil(H/8)+1,  ceil(W/8)+1,  3))     # frame-1-only change
    up  = separable bilinear, corner-aligned: sample positions linspace(0, n-1, size)
pair: canvas is (h+2*M, w+2*M) with M = 8;
    img0 = canvas[M:M+h,       M:M+w]
    img1 = clip(canvas[M+dy:M+dy+h, M+dx:M+dx+w] + 0.06*(up(n2)-0.5)[M:M+h, M:M+w], 0, 1)
    arrays are (1, 3, h, w) float32.
"""

import math

import numpy as np

M = 8


def _axis(n, size):
    p = np.linspace(0.0, n - 1.0, size)
    i = np.minimum(np.floor(p).astype(np.int64), n - 2)
    return i, p - i


def bilinear_up(a, h, w):
    """(gh, gw, c) -> (h, w, c), corner aligned."""
    i, f = _axis(a.shape[0], h)
    a = a[i] * (1 - f)[:, None, None] + a[i + 1] * f[:, None, None]
    j, g = _axis(a.shape[1], w)
    return a[:, j] * (1 - g)[None, :, None] + a[:, j + 1] * g[None, :, None]


def make_pair(seed, h, w, dy, dx):
    """Two frames (1,3,h,w) float32 in [0,1]; |dy|,|dx| <= 8."""
    H, W = h + 2 * M, w + 2 * M
    rng = np.random.default_rng(seed)

    def grid(step):
        return rng.random((math.ceil(H / step) + 1, math.ceil(W / step) + 1, 3))

    n0, n1, n2 = grid(16), grid(5), grid(8)
    canvas = np.clip(0.70 * bilinear_up(n0, H, W) + 0.30 * bilinear_up(n1, H, W), 0, 1)
    change = 0.06 * (bilinear_up(n2, H, W) - 0.5)
    img0 = canvas[M : M + h, M : M + w]
    img1 = np.clip(canvas[M + dy : M + dy + h, M + dx : M + dx + w] + change[M : M + h, M : M + w], 0, 1)

    def nchw(a):
        return np.ascontiguousarray(a.transpose(2, 0, 1)[None]).astype(np.float32)

    return nchw(img0), nchw(img1)


def make_map(spec, h, w):
    """(1,1,h,w) float32.  spec: a float (uniform), or
    ['lr', a, b]   left half a, right half b (split at column w//2), or
    ['tb', a, b]   top half a, bottom half b (split at row h//2), or
    ['ramp', a, b] linear in x from a (first column) to b (last column).
    """
    out = np.empty((1, 1, h, w), np.float32)
    if isinstance(spec, (int, float)):
        out[:] = spec
        return out
    kind, a, b = spec
    if kind == "lr":
        out[..., : w // 2] = a
        out[..., w // 2 :] = b
    elif kind == "tb":
        out[..., : h // 2, :] = a
        out[..., h // 2 :, :] = b
    elif kind == "ramp":
        out[:] = np.linspace(a, b, w, dtype=np.float64).astype(np.float32)
    else:
        raise ValueError(spec)
    return out


def pad_amounts(h, w, multiple, where):
    """where 'end': bottom/right only; 'centre': floor half before, the rest after. -> (top, bottom, left, right)"""
    ph, pw = (-h) % multiple, (-w) % multiple
    if where == "end":
        return 0, ph, 0, pw
    return ph // 2, ph - ph // 2, pw // 2, pw - pw // 2


def pad(a, multiple, where, mode):
    """mode 'zero' or 'edge'. Returns (padded, (top, bottom, left, right))."""
    t, b, l, r = pad_amounts(a.shape[-2], a.shape[-1], multiple, where)
    width = ((0, 0), (0, 0), (t, b), (l, r))
    if mode == "zero":
        return np.pad(a, width), (t, b, l, r)
    return np.pad(a, width, mode="edge"), (t, b, l, r)


def unpad(a, amounts):
    t, b, l, r = amounts
    return a[..., t : a.shape[-2] - b, l : a.shape[-1] - r]


if __name__ == "__main__":
    a, b = make_pair(1, 64, 96, 2, 3)
    print(a.shape, a.dtype, a.min(), a.max(), a.mean(), np.abs(a - b).mean())
