"""PerVFI from the command line: every pairing, checkpoints as published, samples, resume, errors."""

import hashlib
import json
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

import frameloom as fl
from commands import Command
from factories import clip, image_folder, moving_square, write_png
from perceptual_weights import write_checkpoints

SIZE = (24, 32)
FLOWS, NETWORKS = ("dis", "raft", "gma", "gmflow"), ("pervfi", "pervfi-vb")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoints(tmp_path_factory.mktemp("weights") / "checkpoints")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("film") / "film.mp4", 2, size=SIZE)


@pytest.fixture
def images(tmp_path: Path) -> tuple[Path, Path]:
    first, last = (write_png(tmp_path / f"{step}.png", moving_square(step, SIZE)) for step in (0, 1))
    return first, last


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("flow", "network"), [*product(FLOWS, NETWORKS)])
def test_every_pairing_makes_a_video_from_one_folder_of_checkpoints(
    frameloom: Command, weights: Path, film: Path, tmp_path: Path, flow: str, network: str
) -> None:
    words = ["interpolate", film, tmp_path / "out.mp4", "--model", f"{flow}+{network}".upper(), "--json"]
    made = json.loads(frameloom(*words, "--checkpoint", weights).done().out)
    assert (made["model"], made["frames_made"]) == (f"{flow}+{network}", 1)
    settings = made["model_settings"]
    assert settings["flow"] == flow
    drawn = {name: settings[name] for name in ("seed", "temperature") if name in settings}
    assert drawn == ({"seed": 0, "temperature": 0.3} if network == "pervfi" else {})


def test_a_folder_of_images_plays_at_ten_frames_a_second(frameloom: Command, weights: Path, tmp_path: Path) -> None:
    source = image_folder(tmp_path / "images", 3, SIZE)
    words = ["interpolate", source, "--model", "pervfi", "--flow", "dis", "--checkpoint", weights, "--json"]
    made = json.loads(frameloom(*words, tmp_path / "a.mp4").done().out)
    assert (made["rate"], made["frames_written"], made["model"]) == ("10", 6, "dis+pervfi")
    faster = json.loads(frameloom(*words, tmp_path / "b.mp4", "--fps", 24, "--factor", 2).done().out)
    assert faster["rate"] == "24"


def test_raft_is_the_flow_unless_told_and_each_part_takes_its_own_file(
    frameloom: Command, weights: Path, images: tuple[Path, Path], tmp_path: Path
) -> None:
    common = ["between", *images, "--json", "--model"]
    files = ["--checkpoint", weights / "PerVFI" / "vb.pth", "--flow-checkpoint"]
    raft = weights / "RAFT" / "raft-sintel.pth"
    plain = frameloom(*common, "pervfi-vb", tmp_path / "a", *files, raft).done()
    assert json.loads(plain.out)["model"] == "raft+pervfi-vb"
    frameloom(*common, "raft+pervfi-vb", tmp_path / "b", *files, weights / "RAFT", "--flow", "raft").done()
    frameloom(*common, "PerVFI/vb", tmp_path / "c", "--checkpoint", weights).done()
    frameloom(*common, "gma+pervfi-vb", tmp_path / "d", *files, weights / "GMA").done()
    made = [digest(tmp_path / name / "00001.png") for name in "abcd"]
    assert made[0] == made[1] == made[2] != made[3]


def test_checkpoints_in_the_cache_need_no_option(
    frameloom: Command, weights: Path, images: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMELOOM_HOME", str(weights.parent))
    frameloom("between", *images, tmp_path / "out", "--model", "gmflow+pervfi-vb").done()
    shown = frameloom("models", "show", "gmflow+pervfi-vb").done().out
    assert "flow by      gmflow" in shown
    assert "found" in shown


def test_samples_are_draws_by_one_seed(
    frameloom: Command, weights: Path, images: tuple[Path, Path], tmp_path: Path
) -> None:
    words = ["between", *images, "--model", "dis+pervfi", "--checkpoint", weights, "--num", 1, "--json"]
    several = json.loads(frameloom(*words, tmp_path / "out", "--samples", 3, "--seed", 4).done().out)
    assert (several["samples"], len(several["files"])) == (3, 9)
    drawn = [digest(tmp_path / "out" / f"sample-{number}" / "00001.png") for number in (1, 2, 3)]
    assert len(set(drawn)) == 3
    frameloom(*words, tmp_path / "one", "--seed", 4).done()
    assert digest(tmp_path / "one" / "00001.png") == drawn[0]
    assert "--overwrite" in frameloom(*words, tmp_path / "out", "--samples", 2).refused()
    pixels = [cv2.imread(str(path))[..., ::-1] for path in images]
    found = fl.between(*pixels, model="dis+pervfi", checkpoint=weights, samples=2, seed=4)
    assert len(found) == 2
    first = cv2.imread(str(tmp_path / "out" / "sample-1" / "00001.png"))[..., ::-1]
    assert np.array_equal(found[0], first)


def test_what_is_finished_is_used_again_only_by_the_same_seed_and_flow(
    frameloom: Command, weights: Path, film: Path, tmp_path: Path
) -> None:
    """What a run is recognised by holds all that its frames depend on."""
    from frameloom.models.choice import ModelChoice
    from frameloom.models.zoo import catalog
    from frameloom.runtime import Runtime

    def identity(name: str, **options: object) -> list:
        asked = Runtime(device="cpu", checkpoint=weights, **options)
        return ModelChoice(catalog.find(name, "interpolator"), asked).settled(SIZE).identity()

    usual = identity("raft+pervfi")
    assert usual == identity("pervfi", seed=0, temperature=0.3)
    others = [identity("gma+pervfi"), identity("dis+pervfi"), identity("pervfi", seed=1),
              identity("pervfi", temperature=0.5), identity("pervfi-vb")]  # fmt: skip
    assert usual not in others
    copy = tmp_path / "raft-sintel.pth"
    copy.write_bytes((weights / "RAFT" / "raft-sintel.pth").read_bytes())
    assert identity("pervfi", flow_checkpoint=copy) != usual


def test_evaluate_gives_each_pairing_its_files(frameloom: Command, weights: Path, tmp_path: Path) -> None:
    for index in range(3):
        write_png(tmp_path / "set" / "one" / f"{index}.png", moving_square(index, SIZE))
    words = ["evaluate", "dis", "pervfi-vb", "gmflow+pervfi", "--root", tmp_path / "set", "--metrics", "psnr", "--json"]
    files = ["--checkpoint", f"pervfi-vb={weights}", f"pervfi={weights}", "--flow-checkpoint", f"gmflow={weights}"]
    found = json.loads(frameloom(*words, *files, "--flow", "dis", "--seed", 2).done().out)
    assert [row["model"] for row in found["rows"]] == ["dis", "dis+pervfi-vb", "gmflow+pervfi"]


def test_the_demo_takes_a_pairing(frameloom: Command, weights: Path, tmp_path: Path) -> None:
    source = image_folder(tmp_path / "images", 3, (48, 64))
    words = ["demo", source, "--output", tmp_path / "demo", "--model", "pervfi-vb", "--flow", "dis", "--json"]
    assert json.loads(frameloom(*words, "--checkpoint", weights).done().out)["model"] == "dis+pervfi-vb"


VB = ["--checkpoint", "PerVFI/vb.pth"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "rafd+pervfi"], ["no flow is called 'rafd'; did you mean raft"]),
        (["--model", "raft+pervfy"], ["no interpolator is called 'pervfy'; did you mean pervfi"]),
        (["--model", "+pervfi"], ["no flow is called ''"]),
        (["--model", "raft+dis"], ["'raft+dis': dis takes no flow", "these do: pervfi, pervfi-vb"]),
        (["--model", "raft+pervfi", "--flow", "gma"], ["raft+pervfi", "not from gma", "leave out one of the two"]),
        (["--flow", "raft"], ["dis takes no flow estimator (--flow); these do: pervfi, pervfi-vb"]),
        (["--model", "pervfi", "--flow", "raff"], ["no flow is called 'raff'; did you mean raft"]),
        (["--model", "pervfi"], ["pervfi needs PerVFI/v00.pth", "huggingface.co", "--checkpoint", "Apache-2.0"]),
        (["--model", "pervfi-vb", *VB], ["raft needs RAFT/raft-sintel.pth", "--flow-checkpoint"]),
        (["--model", "pervfi-vb", *VB, "--flow-checkpoint", "no.pth"], ["no.pth does not exist; raft needs"]),
        (["--model", "pervfi", *VB, "--flow", "dis"], ["weights of pervfi-vb, not of dis+pervfi"]),
        (["--model", "dis+pervfi-vb", *VB, "--flow-checkpoint", "x"], ["dis has no weights", "no --flow-checkpoint"]),
        (["--model", "dis+pervfi-vb", *VB, "--temperature", "0.5"], ["dis+pervfi-vb takes no --temperature"]),
        (["--model", "dis+pervfi-vb", *VB, "--seed", "1"], ["dis+pervfi-vb takes no --seed"]),
        (["--model", "dis+pervfi-vb", *VB, "--iters", "2"], ["dis+pervfi-vb takes no --iters"]),
        (["--model", "dis+pervfi-vb", *VB, "--scale", "0.5"], ["dis has no weights", "--scale"]),
        (["--model", "dis+pervfi-vb", *VB, "--backend", "onnx"], ["run by PyTorch alone; give --backend torch"]),
        (["--model", "dis+pervfi", "--temperature", "-1"], ["temperature is -1.0"]),
        (["--temperature", "0.5"], ["dis has no weights", "--temperature"]),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) and item[0].startswith("--") else "",
)  # fmt: skip
def test_what_cannot_be_is_told_in_one_line_and_leaves_nothing(
    frameloom: Command, weights: Path, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str],
    words: list[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("FRAMELOOM_HOME", str(tmp_path / "empty"))
    monkeypatch.chdir(weights)
    line = frameloom("interpolate", film, tmp_path / "a.mp4", *options).refused()
    for part in words:
        assert part in line
    assert not list(tmp_path.iterdir())


def test_samples_need_a_model_that_draws(frameloom: Command, images: tuple[Path, Path], tmp_path: Path) -> None:
    words = ["between", *images, tmp_path / "out", "--samples"]
    assert "dis takes no --samples" in frameloom(*words, 2).refused()
    assert "samples is 0" in frameloom(*words, 0).refused()
    assert not (tmp_path / "out").exists()
