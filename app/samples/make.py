"""Makes the samples anew: `python -m app.samples.make`. Needs scikit-image and espeak-ng."""

from __future__ import annotations

import subprocess
from typing import Final

from app.samples import PORTRAIT, SPEECH

TEXT: Final = "Hello! I am a still picture that learned to speak. Now you can see what I cost."
_HEAD_AND_SHOULDERS: Final = (86, 3, 364, 281)
_SIDE: Final = 640


def main() -> None:
    import skimage.data  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415 - only this script needs them

    whole = Image.fromarray(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    portrait = whole.crop(_HEAD_AND_SHOULDERS)
    portrait.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(PORTRAIT, quality=92, optimize=True)
    subprocess.run(["espeak-ng", "-v", "en-us+f3", "-s", "165", "-w", str(SPEECH), TEXT], check=True)  # noqa: S603, S607


if __name__ == "__main__":
    main()
