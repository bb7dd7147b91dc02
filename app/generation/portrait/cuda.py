"""Draws frames with torch, many at a time: the same fields as on the CPU, as tensors.

Nothing here is bound to CUDA but the device that is handed in, so that the arithmetic can be checked on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import torch
from torch.nn import functional

from app.generation.portrait.canvas import Pixels
from app.generation.portrait.figure import Figure
from app.generation.portrait.levels import Levels, Window
from app.generation.portrait.motion import Motion

_BATCH: Final = 32
Tensor = Any  # torch is optional, and so are its types


def draw(figure: Figure, motion: Motion, device: Any) -> Iterator[Pixels]:
    """Yield the head's window of each frame in RGB, as `cpu.draw` does, to within rounding."""
    with torch.inference_mode():
        still = _tensor(figure.canvas.astype(np.float32), device).permute(2, 0, 1)[None]
        mouth, lids = _Patch(still, figure.mouth), [_Patch(still, lid) for lid in figure.lids]
        spread = _tensor(figure.spread, device)
        fields, grid = _tensor(figure.head.fields, device), _grid(figure.head.window, device)
        for start in range(0, len(motion), _BATCH):
            part = motion.part(start, start + _BATCH)
            jaw, widen, blink, pose = (_tensor(each, device) for each in (part.jaw, part.widen, part.blink, part.pose))
            picture = still.expand(len(part), -1, -1, -1).clone()
            for lid in lids:
                lid.place(picture, blink)
            mouth.place(picture, jaw, widen[:, None, None, None] * spread)
            coarse = torch.tensordot(-pose, fields, dims=1).permute(0, 3, 1, 2)
            size = (figure.head.window.height, figure.head.window.width)
            shift = functional.interpolate(coarse, size, mode="bilinear", align_corners=False).permute(0, 2, 3, 1)
            frames = _warp(picture, grid + shift, "bicubic")
            yield from frames.clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


class _Patch:
    """One window of a figure, drawn from the still picture for a whole batch."""

    def __init__(self, still: Tensor, levels: Levels) -> None:
        self._still = still
        self._rows, self._columns = levels.window.slices
        self._grid = _grid(levels.window, still.device)
        self._fields = [_tensor(each, still.device) for each in (levels.shift, levels.paint, levels.cover[..., None])]

    def place(self, picture: Tensor, opening: Tensor, extra: Tensor = 0.0) -> None:
        """Draw the window at each frame's `opening` into `picture`."""
        position = opening.clamp(0, 1) * (len(self._fields[0]) - 1)
        index = position.long().clamp(max=len(self._fields[0]) - 2)
        rest = (position - index)[:, None, None, None]
        shift, paint, cover = (each[index] + rest * (each[index + 1] - each[index]) for each in self._fields)
        paint, cover = paint.permute(0, 3, 1, 2), cover.permute(0, 3, 1, 2)
        warped = _warp(self._still.expand(len(picture), -1, -1, -1), self._grid + shift + extra, "bilinear")
        picture[:, :, self._rows, self._columns] = warped * (1 - cover) + paint * cover


def _warp(picture: Tensor, position: Tensor, mode: str) -> Tensor:
    """Sample `picture` at `position` in pixels; beyond the edge it is mirrored, as OpenCV's REFLECT_101 does."""
    height, width = picture.shape[-2:]
    scale = torch.tensor((2 / (width - 1), 2 / (height - 1)), device=position.device)
    return functional.grid_sample(picture, position * scale - 1, mode, padding_mode="reflection", align_corners=True)


def _grid(window: Window, device: Any) -> Tensor:
    return _tensor(np.stack(window.grid(), axis=-1), device)


def _tensor(values: Any, device: Any) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(device)
