"""The default generator: a portrait that speaks, by warping the picture itself.

Loudness opens the jaw, pitch nods the head, the spectral centroid widens the mouth; the eyes blink. Displacement fields
are worked out once per picture; each frame only weighs them. Nothing is learned and no weights are needed.
"""

from app.generation.portrait.generator import PortraitGenerator

__all__ = ["PortraitGenerator"]
