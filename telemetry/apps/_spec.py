"""Where an app is: `package.module:attribute`, and the folder that it is imported from."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from telemetry.apps._errors import AppUnusable

_FORM: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Spec:
    """The app as it was asked for.

    Attributes:
        module: the dotted name to import.
        attribute: the name of the app or of its factory in the module, dotted when it is an attribute of an attribute.
        folder: what stands first on the import path, and where the app runs.
        factory: whether the attribute must be called; without it that is found out.
    """

    module: str
    attribute: str
    folder: Path
    factory: bool = False

    @classmethod
    def read(cls, text: str, folder: Path, *, factory: bool = False) -> Self:
        """Return what `package.module:attribute` says.

        Raises:
            AppUnusable: it is in another form, or the folder is none.
        """
        module, _, attribute = text.partition(":")
        if module.endswith(".py") or not (_FORM.fullmatch(module) and _FORM.fullmatch(attribute)):
            raise AppUnusable(f"{text!r} does not name an app.", f"write {_meant(text)}")
        if not folder.is_dir():
            raise AppUnusable(f"There is no folder {folder}.", "name the one that holds the app's package: --app-dir")
        return cls(module, attribute, folder.resolve(), factory)

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"


def _meant(text: str) -> str:
    """Return the right form of a path, of a dotted name or of a bare module, as far as it can be guessed."""
    path, _, attribute = text.partition(":")
    module = path.removesuffix(".py").strip("./").replace("/", ".")
    if not attribute and not path.endswith(".py") and "." in module and "/" not in path:
        module, _, attribute = module.rpartition(".")
    guess = f"{module}:{attribute or 'app'}"
    return f"{guess!r}" if _FORM.fullmatch(module) and guess != text else "'package.module:attribute'"
