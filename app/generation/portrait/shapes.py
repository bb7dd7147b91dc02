"""The two smooth steps from which the fields are made."""

from __future__ import annotations

import numpy as np

from app.generation.portrait.face import AnyFloats, FloatArray


def smooth(x: AnyFloats) -> FloatArray:
    """Rise from 0 at 0 to 1 at 1 without a corner."""
    x = np.clip(x, 0, 1)
    curve: FloatArray = (x * x * (3 - 2 * x)).astype(np.float32)
    return curve


def bell(x: AnyFloats) -> FloatArray:
    """Fall from 1 in the middle to 0 at -1 and 1, flat on top."""
    return smooth(1.25 * (1 - np.abs(x)))
