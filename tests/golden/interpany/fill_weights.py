"""Deterministic, download-free weights: every floating tensor is a function of its state-dict key only.

numpy only; works on any mapping {key: array-like with .shape}.  See RULE below.
"""

import zlib

import numpy as np

RULE = """rng = numpy.random.default_rng(zlib.crc32(key.encode()))   # PCG64
x = rng.standard_normal(shape).astype(float32)
key ends with 'running_var'  -> 1 + 0.1*abs(x)
key ends with 'running_mean' -> 0.1*x
ndim >= 2                    -> gain * x / sqrt(prod(shape[1:]))
key ends with 'weight'       -> 0.5 + 0.1*x
anything else                -> 0.1*x
integer / bool tensors are left alone."""


def fill_value(key, shape, gain):
    """float32 array for one state-dict entry."""
    shape = tuple(int(s) for s in shape)
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    x = rng.standard_normal(shape).astype(np.float32)
    if key.endswith("running_var"):
        out = 1.0 + 0.1 * np.abs(x)
    elif key.endswith("running_mean"):
        out = 0.1 * x
    elif len(shape) >= 2:
        fan = 1
        for s in shape[1:]:
            fan *= s
        out = gain * x / np.sqrt(float(fan))
    elif key.endswith("weight"):
        out = 0.5 + 0.1 * x
    else:
        out = 0.1 * x
    return np.asarray(out, dtype=np.float32)


def make_state(shapes, gain):
    """shapes: {key: shape}.  Returns {key: float32 array}."""
    return {k: fill_value(k, s, gain) for k, s in shapes.items()}


def fill_torch(module, gain, strict=True):
    """Fill a torch module in place (needs torch); returns the module."""
    import torch

    state = module.state_dict()
    new = {}
    for k, v in state.items():
        if torch.is_floating_point(v):
            new[k] = torch.from_numpy(fill_value(k, v.shape, gain).copy())
        else:
            new[k] = v
    module.load_state_dict(new, strict=strict)
    return module


if __name__ == "__main__":
    a = fill_value("block0.conv0.0.0.weight", (120, 7, 3, 3), 1.0)
    print(a.shape, a.dtype, float(a.mean()), float(a.std()), a.reshape(-1)[:4])
