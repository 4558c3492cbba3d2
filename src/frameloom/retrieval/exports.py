"""Networks that were exported once, to be exported again."""

from importlib.util import find_spec

from frameloom.cache import cache_folder
from frameloom.errors import ModelError
from frameloom.extras import install_command

_NEEDED = ("torch", "onnx")


def forget_exports() -> None:
    """Remove exported networks from the cache; each is exported anew when it is next asked for.

    Raises:
        ModelError: what exporting needs is not installed; then they stay.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise ModelError(f"exporting needs {' and '.join(missing)}; add it with: {install_command('torch,onnx')}")
    for path in (cache_folder() / "exported").glob("*.onnx"):
        path.unlink()
