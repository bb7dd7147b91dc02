"""What the settings of every process have in common: one prefix, secrets from files, errors that say what is allowed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from telemetry._secret_checks import exposure, weakness
from telemetry._secrets import redact

PREFIX: Final = "PLAINVIEW_"
FILE: Final = "_FILE"
_URL_PASSWORD: Final = re.compile(r"(://[^\s:/@]*:).*@")


class SettingsInvalid(ValueError):  # noqa: N818 - says what happened
    """Settings that stop a start; `lines` has one line for each, with the variable, its value and what is allowed."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class ProcessSettings(BaseSettings):
    """Base of the settings of one process: frozen, read once at its entry point from `PLAINVIEW_*`.

    Every secret field `X` can also come from the file that `PLAINVIEW_X_FILE` names; the variable itself goes first.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_alias=True,
        validate_by_name=True,
    )

    environment: Literal["development", "production"] = Field(
        "development",
        description="production stops a start with a secret that is missing, a placeholder, too short or in a file of its user that others may read; it is named.",
    )

    @classmethod
    def read(cls, **defaults: Any) -> Self:
        """Return the settings of this process's environment; `defaults` stand in for what it does not set.

        Raises:
            SettingsInvalid: names each wrong variable, its value unless secret, and what is allowed; in production
                each secret that is missing, none, or in a file of this user that others may read, too.
        """
        try:
            settings = cls()
        except ValidationError as error:
            raise SettingsInvalid(*(cls._line(dict(problem)) for problem in error.errors())) from error
        except SettingsError as error:
            raise SettingsInvalid(str(error)) from error
        settings._check_secrets()
        unset = defaults.keys() - settings.model_fields_set
        return settings.model_copy(update={name: defaults[name] for name in unset})

    def secrets(self) -> dict[str, str]:
        """Return every secret that is set, by its variable."""
        values = ((name, getattr(self, name)) for name, field in type(self).model_fields.items() if is_secret(field))
        return {
            self.variable(name): value.get_secret_value()
            for name, value in values
            if value and value.get_secret_value()
        }

    def unfit_for_production(self) -> Iterable[str]:
        """Yield a line for each setting that production does not bear, such as a secret that is missing."""
        return ()

    def _check_secrets(self) -> None:
        """Stop a start in production, and say on standard error what would stop it there and who may read secrets."""
        faults = [f"{name} {why}" for name, secret in self.secrets().items() if (why := weakness(secret))]
        open_files = list(self._open_files())
        faults += [what for what, is_ours in open_files if is_ours]
        if self.environment == "production":
            faults += self.unfit_for_production()
            if faults:
                raise SettingsInvalid(*(f"{fault}: not allowed in production." for fault in faults))
        for fault in faults:
            sys.stderr.write(f"{fault}: production would not start with it.\n")
        for what, is_ours in open_files:
            if not is_ours:
                sys.stderr.write(f"{what}.\n")

    def _open_files(self) -> Iterator[tuple[str, bool]]:
        """Yield what is to be said of each file that a secret came from and others may read, and if it is ours to close."""
        for name in self.secrets():
            path = os.environ.get(f"{name}{FILE}")
            if path and not os.environ.get(name) and (found := exposure(Path(path))):
                yield f"{name}{FILE}={path!r} {found.what}", found.is_ours

    @classmethod
    def variable(cls, name: str) -> str:
        """Return the environment variable of a field."""
        alias = cls.model_fields[name].validation_alias
        chosen = alias.choices[0] if isinstance(alias, AliasChoices) else alias
        return str(chosen) if chosen else f"{PREFIX}{name}".upper()

    @classmethod
    def variables(cls) -> dict[str, FieldInfo]:
        """Return every environment variable that is read, without the `_FILE` forms, and its field."""
        return {cls.variable(name): field for name, field in cls.model_fields.items()}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, then the files that it names."""
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @classmethod
    def _line(cls, problem: dict[str, Any]) -> str:
        message = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            return str(message)
        name = str(problem["loc"][0])
        fields = cls.variables()
        variable = name if name in fields else cls.variable(name)
        if problem["type"] == "string_pattern_mismatch" and (examples := fields[variable].examples):
            message = f"should be like {' or '.join(map(str, examples))}"
        shown = "(hidden)" if is_secret(fields[variable]) else _without_password(repr(problem.get("input")))
        return f"{variable}={shown} is not allowed: {message}"


def _without_password(shown: str) -> str:
    """Return a value with the password of a URL masked; up to the last @, for a password may hold any character."""
    return redact(_URL_PASSWORD.sub(r"\1***@", shown))


def is_secret(field: FieldInfo) -> bool:
    """Say whether a field holds a secret, and so can come from a file and is never shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads every secret field whose `_FILE` variable is set; a file that cannot be read stops the start."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        kind = self.settings_cls
        variable = f"{kind.variable(field_name)}{FILE}" if issubclass(kind, ProcessSettings) else ""
        path = os.environ.get(variable)
        if not path or not is_secret(field):
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise SettingsInvalid(f"{variable}={path!r} is not allowed: the file cannot be read: {reason}") from error

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields.items()
        values = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in values.items() if value}
