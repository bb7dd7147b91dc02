from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.generation.generator import Generated, JobContext

if TYPE_CHECKING:
    from telemetry.gpu import Device


class PortraitGenerator:
    """Makes a 512 x 512, 25 fps talking portrait; lives as long as the worker."""

    def __init__(self, device: Device) -> None:
        self._device = device

    @property
    def model(self) -> str:
        return "portrait-1"

    def generate(self, image: Path, audio: Path, prompt: str, output: Path, context: JobContext) -> Generated:
        """Write the video and return its facts; a failed or cancelled run leaves no file behind.

        The words of `prompt` say how lively the portrait moves (`manner`); the whole text becomes the video's comment.

        Raises:
            BadInput: the picture or the sound turns out broken when it is decoded.
            Cancelled: the job was cancelled.
        """
        # An idle worker holds no imaging libraries.
        from app.generation.portrait.drawing import drawing  # noqa: PLC0415
        from app.generation.portrait.pipeline import Pipeline  # noqa: PLC0415

        return Pipeline(image, audio, prompt, output, drawing(self._device)).run(context)
