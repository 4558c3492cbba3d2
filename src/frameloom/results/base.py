"""What all results can do."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np


def plain(value: Any) -> Any:
    """A value as JSON can hold it: fractions and paths as text, arrays left out, infinity and NaN as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {
            item.name: getattr(value, item.name)
            for item in dataclasses.fields(value)
            if item.metadata.get("json", True)
        }
        return plain(named)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast(Sequence[Any], value)]
    if isinstance(value, (Fraction, Path)):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    return value


class Result:
    """What all results can do."""

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON can hold it; arrays are left out."""
        return plain(self)

    def save(self, path: str | Path) -> None:
        """Write `to_dict` as a JSON file."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
