"""Similarities of patches as arrays on the disk: recorded numbers, streaming, statistics, room."""

import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from frameloom.errors import CannotOpen, CannotWrite, InputError
from frameloom.progress import Notices
from frameloom.similarity import disk_space
from frameloom.similarity.array_files import array_writer, check_format, open_array
from frameloom.similarity.disk_space import check_room
from frameloom.similarity.patch_arrays import intra_part_count, intra_parts, position_part_count, position_parts
from frameloom.similarity.patch_files import opened, statistics_text, write_arrays
from frameloom.similarity.running_statistics import RunningStatistics
from frameloom.similarity.token_spool import TokenSpool

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "measure"
ALL = ("position", "frame", "intra")
FLOAT32 = np.dtype(np.float32)


def spool_of(tokens: np.ndarray, folder: Path) -> TokenSpool:
    """Tokens (frames, patches, dims) as an encoder would have given them."""
    spool = TokenSpool(folder=folder, frames=len(tokens), patches=tokens.shape[1], dims=tokens.shape[2], picture=(2, 4))
    for frame, of_frame in enumerate(tokens.astype(np.float32)):
        spool.write(frame, of_frame, np.full((2, 4, 3), frame, np.uint8))
    return spool


def random_tokens(frames: int, patches: int, dims: int = 12) -> np.ndarray:
    return np.random.default_rng(frames).standard_normal((frames, patches, dims)) + 0.5


@pytest.mark.parametrize(
    ("name", "tokens"), [("similarity_small", "tokens_f64"), ("videollama3_encoder_golden", "tokens_f64")]
)
def test_similarities_are_those_recorded(name: str, tokens: str, tmp_path: Path) -> None:
    with np.load(GOLDEN / f"{name}.npz") as golden:
        spool = spool_of(golden[tokens], tmp_path)
        statistics = write_arrays(spool, tmp_path, ALL, FLOAT32, "npz")
        for array in ALL:
            truth = golden[f"{array}_f64"]
            got = opened(tmp_path, ALL, "npz")[array]
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, truth, atol=1e-6)
            of = statistics[array]
            assert of.shape == truth.shape
            found = (of.mean, of.std, of.minimum, of.maximum)
            np.testing.assert_allclose(found, (truth.mean(), truth.std(), truth.min(), truth.max()), atol=1e-6)


def test_a_token_of_no_length_is_like_nothing_itself_included(tmp_path: Path) -> None:
    tokens = random_tokens(3, 4)
    tokens[1, 2] = 0
    write_arrays(spool_of(tokens, tmp_path), tmp_path, ALL, FLOAT32, "npz")
    arrays = opened(tmp_path, ALL, "npz")
    assert not arrays["position"][2, 1].any()
    assert not arrays["intra"][1, 2].any()
    assert np.isfinite(arrays["intra"]).all()


def test_files_are_what_numpy_would_have_written(tmp_path: Path) -> None:
    tokens = random_tokens(5, 6)
    write_arrays(spool_of(tokens, tmp_path), tmp_path, ALL, FLOAT32, "npz")
    unit = tokens.astype(np.float32) / np.linalg.norm(tokens, axis=2, keepdims=True).astype(np.float32)
    with np.load(tmp_path / "position_similarities.npz") as stored:
        assert stored.files == ["position_similarities"]
        assert stored["position_similarities"].shape == (6, 5, 5)
        np.testing.assert_allclose(stored["position_similarities"], np.einsum("tpc,upc->ptu", unit, unit), atol=1e-6)
    with np.load(tmp_path / "intra_frame_similarities.npz") as stored:
        assert stored.files == ["intra_frame_similarities"]
        np.testing.assert_allclose(stored["intra_frame_similarities"], np.einsum("tpc,tqc->tpq", unit, unit), atol=1e-6)
    np.savez(tmp_path / "theirs.npz", position_similarities=opened(tmp_path, ALL, "npz")["position"])
    with (
        zipfile.ZipFile(tmp_path / "theirs.npz") as theirs,
        zipfile.ZipFile(tmp_path / "position_similarities.npz") as ours,
    ):
        assert ours.testzip() is None
        assert ours.namelist() == theirs.namelist()
        assert ours.read("position_similarities.npy") == theirs.read("position_similarities.npy")


def test_arrays_are_mapped_aligned_and_read_only(tmp_path: Path) -> None:
    write_arrays(spool_of(random_tokens(3, 5), tmp_path), tmp_path, ("intra",), FLOAT32, "npz")
    intra = opened(tmp_path, ("intra",), "npz")["intra"]
    assert isinstance(intra, np.memmap)
    assert intra.flags.aligned
    with pytest.raises(ValueError, match="read-only"):
        intra[0, 0, 0] = 0


def test_half_precision_is_what_is_stored_not_what_is_computed(tmp_path: Path) -> None:
    spool = spool_of(random_tokens(4, 9), tmp_path)
    (tmp_path / "wide").mkdir()
    wide = write_arrays(spool, tmp_path / "wide", ALL, FLOAT32, "npz")
    half = write_arrays(spool, tmp_path, ALL, np.dtype(np.float16), "npz")
    assert half == wide
    stored = opened(tmp_path, ALL, "npz")
    assert stored["intra"].dtype == np.float16
    full = opened(tmp_path / "wide", ALL, "npz")["intra"]
    np.testing.assert_array_equal(stored["intra"], full.astype(np.float16))


@pytest.mark.parametrize("most_bytes", [1, 100, 700, 1400, 2**20])
@pytest.mark.parametrize("frames", [1, 7])
def test_parts_make_the_whole_however_small_they_are(frames: int, most_bytes: int, tmp_path: Path) -> None:
    spool = spool_of(random_tokens(frames, 5), tmp_path)
    of_position = [part.reshape(-1, frames) for part in position_parts(spool, most_bytes=most_bytes)]
    of_intra = [part.reshape(-1, 5) for part in intra_parts(spool, most_bytes=most_bytes)]
    assert len(of_position) == position_part_count(spool, most_bytes=most_bytes)
    assert len(of_intra) == intra_part_count(spool, most_bytes=most_bytes)
    position, intra = np.concatenate(of_position), np.concatenate(of_intra)
    tokens = np.stack([spool.tokens_of(frame) for frame in range(frames)])
    truth = np.einsum("tpc,upc->ptu", tokens, tokens)
    np.testing.assert_allclose(position.reshape(truth.shape), truth, atol=1e-6)
    np.testing.assert_allclose(intra.reshape(frames, 5, 5), np.einsum("tpc,tqc->tpq", tokens, tokens), atol=1e-6)


def test_memory_does_not_grow_with_the_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 2**20
    for maker in (position_parts, intra_parts):
        monkeypatch.setitem(maker.__kwdefaults__, "most_bytes", most)
    spool = spool_of(random_tokens(160, 256, 64), tmp_path)
    tracemalloc.start()
    write_arrays(spool, tmp_path, ALL, FLOAT32, "npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "intra_frame_similarities.npz").stat().st_size > 40 * most
    assert (tmp_path / "position_similarities.npz").stat().st_size > 25 * most
    assert peak < 8 * most


def test_statistics_of_parts_are_those_of_the_whole() -> None:
    values = 0.9 + 1e-6 * np.random.default_rng(1).standard_normal((3, 700, 700))
    running = RunningStatistics()
    for part in np.split(values.reshape(-1), [10, 11, 500_000]):
        running.add(part)
    of = running.of(values.shape)
    np.testing.assert_allclose((of.mean, of.std), (values.mean(), values.std()), rtol=1e-12)
    assert (of.minimum, of.maximum) == (values.min(), values.max())


def test_statistics_are_told_for_people(tmp_path: Path) -> None:
    said = statistics_text(write_arrays(spool_of(random_tokens(3, 4), tmp_path), tmp_path, ALL, FLOAT32, "npz"))
    for words in ("position_similarities", "shape: 4 x 3 x 3", "intra_frame_similarities", "std: ", "max: 1.000000"):
        assert words in said


def test_tokens_that_were_cut_off_are_told(tmp_path: Path) -> None:
    spool = spool_of(random_tokens(3, 4), tmp_path)
    assert spool.holds(3)
    (tmp_path / "tokens").write_bytes((tmp_path / "tokens").read_bytes()[:-1])
    assert not spool.holds(3)
    assert spool.holds(2)
    with pytest.raises(CannotOpen, match="run the same command again"):
        spool.tokens_of(2)


def test_what_does_not_fit_is_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = TokenSpool(folder=tmp_path, frames=1000, patches=1024, dims=1152, picture=(360, 640))
    usage = disk_space.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda _: usage._replace(free=9 * 10**9))
    counts = [1024 * 1000**2, 1000 * 1024**2]
    with pytest.raises(CannotWrite, match=r"needs 13\.7 GB .* 9\.0 GB are free.*--only"):
        check_room(Path("out"), tmp_path, spool, counts, 4, Notices())
    notices = Notices()
    check_room(Path("out"), tmp_path, spool, counts[:0], 2, notices)
    assert "GB of disk" in notices.texts[0]


def test_other_formats_name_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("frameloom.similarity.array_files.import_module", missing)
    check_format("npz")
    with pytest.raises(InputError, match=r'needs h5py.*pip install "frameloom\[arrays\]"'):
        check_format("hdf5")


@pytest.mark.parametrize(("form", "package"), [("hdf5", "h5py"), ("zarr", "zarr")])
def test_other_formats_hold_the_same(form: str, package: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    values = np.random.default_rng(0).random((3, 5, 7), np.float32)
    with array_writer(tmp_path, "name", values.shape, FLOAT32, form) as writer:
        for part in np.split(values.reshape(15, 7), [2, 9]):
            writer.append(part)
    got = open_array(tmp_path, "name", form)
    assert got.chunks == (1, 5, 7)
    np.testing.assert_array_equal(got[:], values)
