"""Record what the original implementations give, with weights by the rule of ../pervfi/fill_weights.py.

    python record.py FLOLPIPS_FOLDER

needs torch, torchvision, lpips 0.1.4, DISTS-pytorch 0.1, pytorch-msssim 1.0.0 and a checkout of danier97/flolpips. Keys
are those of the released files: torchvision's for the classifiers, lpips' for the heads, pytorch-pwc's for PWC-Net.
Heads, alpha and beta take the absolute values. FloLPIPS runs on the CPU: `cuda` does nothing, and the CuPy correlation
is replaced by a plain one.
"""
import json
import sys
import types
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "pervfi"), sys.argv[1]]
from fill_weights import value_for  # noqa: E402
from make_inputs import LARGE, PAIRS, QUARTETS, pair, quartet  # noqa: E402

CLASSIFIERS = {"alexnet": "alexnet", "vgg16": "vgg16", "squeezenet": "squeezenet1_1"}
GAINS = json.loads((HERE / "gains.json").read_text())


def fill(module, kind, rename=lambda key: key):
    state = module.state_dict()
    for key, value in state.items():
        if value.is_floating_point() and not key.startswith(("classifier", "scaling_layer", "net.", "lins.")):
            filled = torch.from_numpy(value_for(rename(key), value.shape, GAINS[kind])).reshape(value.shape)
            state[key] = filled.abs() if kind in ("heads", "dists") else filled
    module.load_state_dict(state)
    return module


def tensor(image):
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255


def fill_classifiers():
    from torchvision import models

    for name in CLASSIFIERS.values():
        filled = fill(getattr(models, name)(weights=None), "trunk")
        setattr(models, name, lambda pretrained=False, filled=filled: filled)


def correlate(first, second):
    height, width = first.shape[-2:]
    around = torch.nn.functional.pad(second, (4, 4, 4, 4))
    return torch.stack([(first * around[..., y:y + height, x:x + width]).mean(1) for y in range(9) for x in range(9)], 1)


def fill_heads(network):
    for number, head in enumerate(network.lins):
        state = head.state_dict()
        key = f"lin{number}.model.1.weight"
        value = state["model.1.weight"]
        head.load_state_dict({"model.1.weight": torch.from_numpy(value_for(key, value.shape, GAINS["heads"])).abs()})
    return network


def flolpips():
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *rest: self
    stand_in = types.ModuleType("correlation")
    stand_in.correlation = types.SimpleNamespace(FunctionCorrelation=lambda tenFirst, tenSecond: correlate(tenFirst, tenSecond))
    sys.modules["correlation"] = stand_in
    import flolpips as original
    import pwcnet

    pwcnet.torch.hub.load_state_dict_from_url = lambda url: {}
    strict = pwcnet.Network.load_state_dict
    pwcnet.Network.load_state_dict = lambda self, state, **rest: None
    metric = original.Flolpips()
    pwcnet.Network.load_state_dict = strict
    fill(metric.flownet, "pwc", lambda key: key.replace("net", "module"))
    fill_heads(metric.loss_fn)
    return metric


def shapes(state, rename=lambda key: key):
    return {rename(key): list(value.shape) for key, value in state.items()}


def released_keys(flow):
    """Names and shapes of what is in the released files; those of lpips and DISTS come with the packages."""
    import DISTS_pytorch
    import lpips
    from torchvision import models

    keys = {name: shapes(getattr(models, file)().state_dict()) for name, file in CLASSIFIERS.items()}
    heads = Path(lpips.__file__).parent / "weights" / "v0.1"
    for name in ("alex", "vgg", "squeeze"):
        keys[f"lpips-{name}"] = shapes(torch.load(heads / f"{name}.pth", map_location="cpu", weights_only=True))
    keys["dists"] = shapes(torch.load(Path(DISTS_pytorch.__file__).parent / "weights.pt", map_location="cpu", weights_only=True))
    keys["pwc-net"] = shapes(flow.state_dict(), lambda key: key.replace("net", "module"))
    return keys


def main():
    torch.set_num_threads(1)
    fill_classifiers()
    import lpips
    import pytorch_msssim
    from DISTS_pytorch import DISTS

    found = {}
    with torch.no_grad():
        for name, words in {"lpips": "alex", "lpips-vgg": "vgg", "lpips-squeeze": "squeeze"}.items():
            network = fill_heads(lpips.LPIPS(net=words, pretrained=False, pnet_rand=True, verbose=False).eval())
            found[name] = {case: float(network(*map(tensor, pair(*what)), normalize=True)) for case, what in PAIRS.items()}
        network = DISTS(load_weights=False)
        for key in ("alpha", "beta"):
            value = getattr(network, key)
            value.data = torch.from_numpy(value_for(key, value.shape, GAINS["dists"])).abs()
        found["dists"] = {case: float(network(*map(tensor, pair(*what)))) for case, what in PAIRS.items()}
        made, true = (255 * tensor(image).double() for image in pair(*LARGE))
        found["ms-ssim"] = {"large": float(pytorch_msssim.ms_ssim(made, true, data_range=255))}
        metric = flolpips()
        flows = {}
        found["flolpips"] = {}
        for case, what in QUARTETS.items():
            images = list(map(tensor, quartet(*what)))
            found["flolpips"][case] = float(metric(*images))
            flow = metric.flownet(images[3], images[0])
            flows[case] = flow[0, :, 5::20, 7::20].tolist()
    recorded = {"scores": found, "flow_5_20_7_20": flows, "keys": released_keys(metric.flownet)}
    (HERE / "expected.json").write_text(json.dumps(recorded) + "\n")


main()
