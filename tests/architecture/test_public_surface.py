"""What importing costs, what is public, and that commands and verbs use the same words."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import frameloom as fl
from frameloom.cli.app import build_app
from frameloom.cli.commands import COMMANDS
from frameloom.errors import CannotOpen
from frameloom.verbs import between, collage, compare, demo, flow, interpolate, match, measure, models, morph, patches
from frameloom.verbs.inspect import inspect as inspect_verb
from frameloom.verbs.selftest import selftest

HEAVY = ("torch", "cv2", "matplotlib", "av", "skimage", "onnxruntime", "faiss", "scipy")
VERBS = {"interpolate": interpolate.interpolate, "between": between.between,
         "evaluate": measure.evaluate, "demo": demo.demo,
         "flow": flow.flow, "compare": compare.compare, "patches": patches.patches, "inspect": inspect_verb,
         "doctor": measure.doctor, "leaderboard": measure.leaderboard, "selftest": selftest,
         "collage": collage.collage, "compare-methods": collage.compare_methods, "morph": morph.morph,
         "index build": match.build_index, "index search": match.search_index, "index info": match.index_info,
         "models list": models.models_list, "models show": models.models_show, "models fetch": models.models_fetch,
         "models identify": models.models_identify, "models convert": models.models_convert}  # fmt: skip

PATHS = {"interpolate": ("source", "output"), "flow": ("first", "second", "output"),
         "compare": ("image_a", "image_b", "output"), "leaderboard": ("results", "output")}  # fmt: skip


def heavy_after(code: str) -> set[str]:
    probe = f"import sys\n{code}\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_is_light() -> None:
    assert heavy_after("import frameloom") == set()


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["interpolate", "--help"],
        ["models", "--help"],
        ["models", "list"],
        ["index", "build", "--help"],
        ["--version"],
    ],
)
def test_help_is_light(words: list[str]) -> None:
    assert heavy_after(f"from frameloom.cli.app import main\nassert main({words}) == 0") == set()


def test_a_usage_error_is_light() -> None:
    assert heavy_after("from frameloom.cli.app import main\nassert main(['interpolate']) == 2") == set()


def test_the_probe_sees_heavy_modules() -> None:
    assert "cv2" in heavy_after("import frameloom.images")


def test_public_names_are_sorted_and_all_there() -> None:
    assert fl.__all__ == sorted(fl.__all__)
    for name in fl.__all__:
        assert getattr(fl, name) is not None
    star: dict = {}
    exec("from frameloom import *", star)
    assert set(fl.__all__) <= set(star)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = fl.nothing_of_the_kind


def test_public_functions_say_what_they_do() -> None:
    for name in fl.__all__:
        assert inspect.getdoc(getattr(fl, name)), name


def test_every_command_is_a_verb() -> None:
    assert set(COMMANDS) == set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_options_of_a_command_are_the_parameters_of_its_verb(name: str) -> None:
    of_verb = inspect.signature(VERBS[name]).parameters
    of_command = dict(inspect.signature(COMMANDS[name]).parameters)
    assert of_command.pop("reporting").default is None
    if name in PATHS:  # paths and --out stand for these
        assert of_command.pop("paths").kind is inspect.Parameter.VAR_POSITIONAL
        assert of_command.pop("out").default is None
        of_command.pop("config", None)  # many pairs: another verb with the same options
        of_verb = {key: item for key, item in of_verb.items() if key not in PATHS[name]}
    assert list(of_command) == list(of_verb)
    for key, item in of_verb.items():
        required_only_here = name in ("between", "patches") and key == "output"
        assert required_only_here or of_command[key].default == item.default


def test_flow_of_a_video_takes_what_flow_takes() -> None:
    of_pair, of_video = (
        {
            key: item.default
            for key, item in inspect.signature(verb).parameters.items()
            if item.kind is item.KEYWORD_ONLY
        }
        for verb in (flow.flow, flow.flow_of_video)
    )
    assert of_pair == of_video


def test_many_pairs_take_what_one_takes() -> None:
    of_pair, of_pairs = (
        {
            key: item.default
            for key, item in inspect.signature(verb).parameters.items()
            if item.kind is item.KEYWORD_ONLY
        }
        for verb in (compare.compare, compare.compare_pairs)
    )
    assert of_pair == of_pairs


def test_interpolate_all_takes_what_interpolate_takes(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="nonsense"):
        interpolate.interpolate_all([tmp_path], tmp_path / "out", nonsense=1)
    keywords = {
        name
        for name, item in inspect.signature(interpolate.interpolate).parameters.items()
        if item.kind is item.KEYWORD_ONLY
    }
    assert set(interpolate._OPTIONS) == keywords
    with pytest.raises(CannotOpen):  # every option is known
        interpolate.interpolate_all([tmp_path], tmp_path / "out", **interpolate._OPTIONS)


@pytest.mark.parametrize("name", VERBS)
def test_help_explains_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    build_app()([*name.split(), "--help"], exit_on_error=False)
    shown = " ".join(capsys.readouterr().out.split())
    for key in inspect.signature(VERBS[name]).parameters:
        if key not in PATHS.get(name, ()):
            assert f"--{key.replace('_', '-')}" in shown or key.upper() in shown, key
    for word in ("--json", "--quiet", "--verbose"):
        assert word in shown


def test_every_module_says_what_it_is() -> None:
    for file in Path(fl.__file__).parent.rglob("*.py"):
        assert file.read_text(encoding="utf-8").startswith('"""'), file
