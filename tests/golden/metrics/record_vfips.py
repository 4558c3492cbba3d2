"""Record what the original VFIPS gives, with weights by the rule of ../pervfi/fill_weights.py.

    python record_vfips.py VFIPS_FOLDER

needs torch and a checkout of hqqxyy/VFIPS. Three names of timm are stood in for: depth is not dropped where a network is
only run, and what it fills weights with is filled again here. Buffers (constants of LPIPS, the index of positions) stay.
"""
import json
import sys
import types
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pervfi"), sys.argv[1]]
from fill_weights import value_for  # noqa: E402
from make_inputs import CLIPS, clip  # noqa: E402

GAIN = json.loads((HERE / "gains.json").read_text())["vfips"]


def stand_in_for_timm():
    layers = types.ModuleType("timm.models.layers")
    layers.DropPath = torch.nn.Identity
    layers.to_2tuple = lambda value: value if isinstance(value, tuple) else (value, value)
    layers.trunc_normal_ = torch.nn.init.trunc_normal_
    sys.modules |= {"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"),
                    "timm.models.layers": layers}


def tensor(images):
    frames = [torch.from_numpy(image).permute(2, 0, 1).float() / 255 for image in images]
    return (torch.stack(frames)[None] - 0.5) / 0.5


def main():
    torch.set_num_threads(1)
    stand_in_for_timm()
    from networks.lpips_3d import LPIPS_3D_Diff

    network = LPIPS_3D_Diff(net="multiscale_v33").eval()
    state = network.state_dict()
    weights = dict(network.named_parameters())
    filled = {key: torch.from_numpy(value_for(key, value.shape, GAIN)) for key, value in weights.items()}
    network.load_state_dict(state | filled)
    scores = {}
    with torch.no_grad():
        for case, what in CLIPS.items():
            made, true = (tensor(images) for images in clip(*what))
            scores[case] = {"made": float(network(true, made)), "swapped": float(network(made, true)),
                            "equal": float(network(true, true))}
    recorded = {"scores": scores, "keys": {key: list(value.shape) for key, value in state.items()}}
    (HERE / "vfips.json").write_text(json.dumps(recorded) + "\n")


main()
