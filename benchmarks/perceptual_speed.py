"""`raft+pervfi` against the original implementation: same weights, same frames, same noise, same machine, in turn.

    python benchmarks/perceptual_speed.py --original CHECKOUT --json benchmarks/results/perceptual_speed.json

Each side lives in a process of its own, as in original_speed.py, and must first make the recorded frame again
(tests/golden/pervfi), so that what is timed is the right thing. What is timed is a pair, from two images to all new
frames between them, flow included: nothing is kept from one round to the next. The original starts from the images for
every new frame, so some of seven are enough to know what it takes per frame: `--original-frames`. Noise is given, the
same for all frames. The least of the rounds counts, of processor seconds and of wall seconds; compare ratios, not
seconds. Memory is the most that the process ever held, weights and PyTorch included.

Settings of Frameloom: `winograd` lets 3x3 convolutions be done by NNPACK (frameloom.models.backends.convolutions),
`plain` does not. benchmarks/perceptual_originals.py lists what a CPU needs changed.
"""

import argparse
import importlib.util
import json
import os
import resource
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from original_speed import draw_frames
from sides import Side, Spent, add_options, least, timed, write

DECODERS = ("v00", "vb")
SETTINGS = ("plain", "winograd")
MULTIPLE = 8
NOISE_CHANNELS = (6, 12, 48)
TEMPERATURE = 0.3
TOLERANCES = {"original": 2e-5, "plain": 2e-5, "winograd": 2e-4}
"""How far from the recorded frame a side may be. Winograd's algorithm rounds otherwise."""
RECORDINGS = Path(__file__).resolve().parents[1] / "tests" / "golden" / "pervfi"
RECORDED_MOMENT = 0.5
FACTS = {
    "original": "mulns/PerVFI at 89d90f1, raft (12 iterations) and v00 or vb; CuPy's splatting by four index_add_"
    " calls; weights by rule",
    "seconds": "per new frame, flow included, one pair; least of the rounds. The original starts from the images for"
    " every frame, so where it made fewer frames than Frameloom, those tell",
    "memory": "the most the process held until then (ru_maxrss), weights and PyTorch included",
}
"""What the record says besides rows."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one process builds and repeats."""

    decoder: str
    setting: str
    """One of `SETTINGS`, or "original"."""
    inputs: str
    """`.npz` with two images (1, 3, height, width) in [0, 1], padded, and noise at 1/2, 1/4 and 1/8 of the size."""
    threads: int | None
    original: str
    """The checkout."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """By one round."""

    spent: Spent
    frames: NDArray[np.float32]
    """(moments, 3, height, width)."""
    peak_mib: int
    """The most memory that the process has held so far."""


class _Ours:
    """Both networks of `raft+pervfi`, called as the adapters do: what no moment changes is computed once."""

    def __init__(self, decoder: str, setting: str) -> None:
        from frameloom.models.backends import convolutions
        from frameloom.models.flow.raft import RAFT
        from frameloom.models.interpolators.pervfi import PerVFIv0, PerVFIvb

        self._flow = filled(RAFT(), "raft").eval()
        self._network = filled({"v00": PerVFIv0, "vb": PerVFIvb}[decoder](), decoder).eval()
        if setting == "winograd":
            if not convolutions.available():
                raise SystemExit("this PyTorch has no NNPACK: take --settings plain")
            convolutions.hasten(self._flow)
            convolutions.hasten(self._network)

    def frame(self, images: Sequence[Any], flows: Sequence[Any], noise: Sequence[Any], moment: float) -> Any:
        """(1, 3, height, width), not clipped."""
        import torch

        with torch.inference_mode():
            return self._network.prediction(self._pair(images, flows), torch.full((1, 1, 1, 1), moment), tuple(noise))

    def between(self, images: Sequence[Any], noise: Sequence[Any], moments: Sequence[float]) -> list[Any]:
        """(1, 3, height, width) in [0, 1] per moment."""
        import torch

        with torch.inference_mode():
            flows = self._flow.flow_both(*(self._flow.view(image) for image in images)).split(1)
            pair = self._pair(images, flows)
            return [self._network.render(pair, torch.full((1, 1, 1, 1), moment), tuple(noise)) for moment in moments]

    def _pair(self, images: Sequence[Any], flows: Sequence[Any]) -> Any:
        first, last = (self._network.view(image) for image in images)
        return self._network.pair(first, last, forward=flows[0], backward=flows[1])


def filled(network: Any, name: str) -> Any:
    """The network with weights by the rule of the recordings."""
    manifest = json.loads((RECORDINGS / "manifest.json").read_text(encoding="utf-8"))
    return _script("fill_weights").fill_module(network, manifest["gains"][name])


def difference_from_recording(model: Any, decoder: str) -> float:
    """The greatest one, from the frame that the original made when it was recorded."""
    import torch

    manifest = json.loads((RECORDINGS / "manifest.json").read_text(encoding="utf-8"))
    case, inputs = manifest["cases"]["A"], _script("make_inputs")
    seen = (case["seed"], case["H"], case["W"], case["shift"])
    images, flows = inputs.pair(*seen)[:2], inputs.flows(*seen)
    noise = inputs.zs(*seen[:3], manifest["heat"])
    tensors = ([torch.from_numpy(array) for array in arrays] for arrays in (images, flows, noise))
    with np.load(RECORDINGS / f"{decoder}_A_t{RECORDED_MOMENT}.npz") as recorded:
        return float(np.abs(model.frame(*tensors, RECORDED_MOMENT).numpy() - recorded["pred"]).max())


def _script(name: str) -> ModuleType:
    """One that lies beside the recordings."""
    spec = importlib.util.spec_from_file_location(f"pervfi_{name}", RECORDINGS / f"{name}.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{RECORDINGS / name}.py is not there: run this from a checkout of Frameloom")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(work: Work) -> Any:
    """The model of either side."""
    if work.setting != "original":
        return _Ours(work.decoder, work.setting)
    from perceptual_originals import PerceptualOriginal

    return PerceptualOriginal(Path(work.original), work.decoder, filled)


def serve(work: Work, orders: Connection) -> None:
    """Build and check, then make a pair's frames whenever moments come in; None ends it."""
    if work.setting != "original":
        import frameloom.models  # noqa: F401  # what it asks of PyTorch counts only before that is imported
    import torch

    if work.threads is not None:
        torch.set_num_threads(work.threads)
    model = build(work)
    orders.send((torch.get_num_threads(), difference_from_recording(model, work.decoder)))
    with np.load(work.inputs) as arrays:
        images, noise = ([torch.from_numpy(arrays[f"{kind}{n}"]) for n in range(count)] for kind, count in _INPUTS)
    while (moments := orders.recv()) is not None:

        def run(moments: Sequence[float] = moments) -> Any:
            return torch.cat(model.between(images, noise, moments)).numpy()

        spent, frames = timed(run)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        orders.send(Made(spent=spent, frames=frames, peak_mib=peak))


_INPUTS = (("image", 2), ("noise", len(NOISE_CHANNELS)))


def started(work: Work) -> Side:
    """A process that has made the recorded frame.

    Raises:
        SystemExit: it is another one.
    """
    side = Side(serve, work)
    _, difference = side.greeting
    if not difference <= TOLERANCES[work.setting]:
        raise SystemExit(f"{work.setting} {work.decoder} is {difference:.2g} away from the recorded frame")
    return side


def compare(original: Side, ours: Mapping[str, Side], moments: Sequence[float], options: Any) -> Iterator[Any]:
    """Rows for one number of new frames, one per setting; all sides in turn, seconds are per new frame."""
    asked = list(moments)[: options.original_frames]
    theirs: list[Made] = []
    mine: dict[str, list[Made]] = {setting: [] for setting in ours}
    for _ in range(options.rounds):
        theirs.append(original.run(asked))
        for setting, side in ours.items():
            mine[setting].append(side.run(moments))
    for setting, side in ours.items():
        error = np.abs(theirs[-1].frames.astype(np.float64) - mine[setting][-1].frames[: len(asked)])
        per_frame = _per_frame(theirs, len(asked)), _per_frame(mine[setting], len(moments))
        yield {
            "setting": setting,
            "threads": side.greeting[0],
            "new_frames_per_pair": len(moments),
            "of_these_made_by_original": len(asked),
            "load_average": round(os.getloadavg()[0], 1),
            "original": asdict(per_frame[0]),
            "frameloom": asdict(per_frame[1]),
            "cpu_ratio": round(per_frame[0].cpu_s / per_frame[1].cpu_s, 2),
            "wall_ratio": round(per_frame[0].wall_s / per_frame[1].wall_s, 2),
            "original_peak_mib": theirs[-1].peak_mib,
            "frameloom_peak_mib": mine[setting][-1].peak_mib,
            "greatest_difference": float(f"{error.max():.3g}"),
            "share_above_1_of_255": float(f"{np.mean(error > 1 / 255):.3g}"),
            "psnr_db": round(float(-10 * np.log10(max(np.mean(error**2), 1e-16))), 1),
            "from_recording": {"original": original.greeting[1], "frameloom": side.greeting[1]},
        }


def _per_frame(rounds: Sequence[Made], frames: int) -> Spent:
    spent = least([made.spent for made in rounds])
    return Spent(cpu_s=round(spent.cpu_s / frames, 2), wall_s=round(spent.wall_s / frames, 2))


def measure(options: argparse.Namespace, decoder: str, inputs: str) -> Iterator[dict[str, Any]]:
    """Rows for one decoder."""
    common = {
        "decoder": decoder, "inputs": inputs, "threads": options.threads or None, "original": str(options.original)
    }  # fmt: skip
    original = started(Work(setting="original", **common))
    ours = {setting: started(Work(setting=setting, **common)) for setting in options.settings}
    for count in options.new_frames:
        moments = [(index + 1) / (count + 1) for index in range(count)]
        for row in compare(original, ours, moments, options):
            yield {"decoder": decoder, **row}
    for side in (original, *ours.values()):
        side.end()


def draw_inputs(file: Path, folder: Path, *, height: int, width: int) -> None:
    """A drawn pair in motion, padded with zeros as the original does, and noise for it."""
    draw_frames(folder / "frames.npy", count=2, height=height, width=width)
    images = np.load(folder / "frames.npy").transpose(0, 3, 1, 2)
    images = np.pad(images, ((0, 0), (0, 0), (0, -height % MULTIPLE), (0, -width % MULTIPLE)))
    generator = np.random.default_rng(0)
    rows, columns = images.shape[2:]
    arrays = {f"image{index}": image[None].astype(np.float32) for index, image in enumerate(images)}
    for index, channels in enumerate(NOISE_CHANNELS):
        size = (1, channels, rows >> (index + 1), columns >> (index + 1))
        arrays[f"noise{index}"] = generator.standard_normal(size, np.float32) * np.float32(TEMPERATURE)
    np.savez(file, **arrays)  # pyright: ignore[reportArgumentType] its keywords are arrays, and one of them an option


def parse() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--original", type=Path, required=True, help="checkout of mulns/PerVFI")
    parser.add_argument("--decoders", nargs="+", choices=DECODERS, default=list(DECODERS))
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--new-frames", nargs="+", type=int, default=[1, 7], help="per pair")
    parser.add_argument("--original-frames", type=int, default=2, help="that the original makes of these, at most")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; 0 leaves it to PyTorch")
    add_options(parser, rounds=1)
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write after every row, because the whole takes long."""
    options = parse()
    width, height = (int(side) for side in options.size.split("x"))
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        inputs = Path(folder, "inputs.npz")
        draw_inputs(inputs, Path(folder), height=height, width=width)
        for decoder in options.decoders:
            for row in measure(options, decoder, str(inputs)):
                rows.append(row)
                print(json.dumps(row), flush=True)
                write(options, FACTS, rows)


if __name__ == "__main__":
    main()
