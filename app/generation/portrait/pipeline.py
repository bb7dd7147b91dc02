"""One generation from files to file, in stages.

`decode` reads picture and speech, finds the face and works out the motion. `animate` draws frames into a spool on disk,
`encode` writes them as H.264 with AAC. So the stages follow each other and their times mean what they say, while memory
holds one frame. The spool is bounded: a video that is longer than it holds goes through animate and encode in rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.generation.generator import Generated, JobContext
from app.generation.portrait.canvas import SIDE, read_picture
from app.generation.portrait.drawing import Draw
from app.generation.portrait.figure import Figure, figure
from app.generation.portrait.find import frame_face
from app.generation.portrait.manner import manner
from app.generation.portrait.motion import Motion, motion
from app.generation.portrait.planes import lay, planes
from app.generation.portrait.sound import decode
from app.generation.portrait.speech import FPS, listen
from app.generation.portrait.spool import LARGEST_BYTES, Spool
from app.generation.portrait.video import AUDIO_RATE, Video
from telemetry.catalog import Event, Span
from telemetry.logs import get_logger

NO_FACE: Final = "No face was found in the picture; a head in its middle was assumed."
_CANCEL_EVERY: Final = 10  # frames; a tenth of a second of drawing on two cores
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the decode stage leaves for the others."""

    figure: Figure
    motion: Motion
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Files and settings of one generation; `run` makes the video."""

    image: Path
    audio: Path
    prompt: str
    output: Path
    draw: Draw
    spool_bytes: int = LARGEST_BYTES

    def run(self, context: JobContext) -> Generated:
        """Write the video; see `PortraitGenerator.generate`."""
        with context.stage(Span.DECODE):
            scene = self._decode(context)
        try:
            self._film(scene, context)
        except BaseException:
            self.output.unlink(missing_ok=True)
            raise
        frames = len(scene.motion)
        return Generated(frames / FPS, SIDE, SIDE, frames, FPS, scene.notes)

    def _decode(self, context: JobContext) -> Scene:
        canvas, face = frame_face(read_picture(self.image))
        if not face.found:
            _log.warning(Event.GENERATOR_FACE_MISSING)
        context.progress(0.3)
        speech = listen(self.audio, lambda _: context.progress(0.4))
        person = figure(canvas, face)
        context.progress(1.0)
        return Scene(person, motion(speech, manner(self.prompt)), () if face.found else (NO_FACE,))

    def _film(self, scene: Scene, context: JobContext) -> None:
        window, total = scene.figure.head.window, len(scene.motion)
        still = planes(scene.figure.canvas)
        comment = " ".join((self.prompt, *scene.notes))
        with (
            Spool(self.output.parent, (window.height * 3 // 2, window.width), self.spool_bytes) as spool,
            Video(self.output, decode(self.audio, AUDIO_RATE), comment) as video,
        ):
            for start in range(0, total, spool.capacity):
                moves = scene.motion.part(start, start + spool.capacity)
                spool.rewind()
                with context.stage(Span.ANIMATE):
                    for number, drawn in enumerate(self.draw(scene.figure, moves), start + 1):
                        spool.write(planes(drawn))
                        _report(context, number, total)
                with context.stage(Span.ENCODE):
                    for number, stored in enumerate(spool.read(len(moves)), start + 1):
                        video.show(lay(still, stored, window))
                        _report(context, number, total)
                    if start + len(moves) == total:
                        video.finish()


def _report(context: JobContext, number: int, total: int) -> None:
    if number % _CANCEL_EVERY == 0 or number == total:
        context.progress(number / total)
