"""models.toml: which models there are, and which of them a profile takes for a direction.

The package's own file lies at the top of the repository and inside the wheel; a user's file is merged
over it. An entry of a user's file that names where a model comes from (`hub`, `folder`) replaces ours of
the same name; one that does not completes ours. A profile of the same name replaces ours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from wechat_text.errors import RegistryError, UnknownNameError
from wechat_text.models import marian, store
from wechat_text.models.checked_toml import Table
from wechat_text.models.spec import (
    Alignment,
    Calibration,
    Decoding,
    FolderSource,
    HubSource,
    ModelSpec,
    Profile,
    Quality,
    Route,
    Step,
)

__all__ = [
    "Alignment",
    "FolderSource",
    "HubSource",
    "ModelSpec",
    "Profile",
    "Quality",
    "Registry",
    "Route",
    "Step",
    "load_registry",
    "record_alignment",
    "registry_file",
    "spec_from_folder",
]

FORMAT = 1
"""Version of the layout of models.toml."""

PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Registry:
    """All models and profiles known here."""

    models: Mapping[str, ModelSpec]
    profiles: Mapping[str, Profile]

    def model(self, name: str) -> ModelSpec:
        """The model called `name`. Raises `UnknownNameError`."""
        if name not in self.models:
            raise UnknownNameError("model", name, list(self.models))
        return self.models[name]

    def profile(self, name: str) -> Profile:
        """The profile called `name`. Raises `UnknownNameError`."""
        if name not in self.profiles:
            raise UnknownNameError("profile", name, list(self.profiles))
        return self.profiles[name]

    def models_of(self, name: str) -> tuple[ModelSpec, ...]:
        """The model called `name`, or all models of the profile called so, each once, in the order of use."""
        if name in self.models:
            return (self.models[name],)
        if name not in self.profiles:
            raise UnknownNameError("profile or model", name, [*self.profiles, *self.models])
        profile = self.profiles[name]
        if profile.prefer:
            found = [model for other in profile.prefer for model in self.models_of(other)]
        else:
            found = [step.model for routes in profile.routes.values() for route in routes for step in route]
        return tuple({model.id: model for model in found}.values())

    def resolve(self, profile: str, source: str, target: str) -> Route:
        """The models that lead from `source` to `target`.

        Args:
            profile: the name of a profile, or the path of a local Marian folder.
            source: ISO 639-1 code.
            target: ISO 639-1 code.

        Returns:
            The route whose models are all on this machine; where there is none, the first, so that
            `store.ensure_local` can say what is missing.

        Raises:
            UnknownNameError: no such profile, or it has no way from `source` to `target`.
        """
        if profile not in self.profiles and (Path(profile) / "config.json").is_file():
            model = spec_from_folder(profile, source, target)
            return Route(profile, (Step(model, source, target),))
        chosen = self.profile(profile)
        if chosen.prefer:
            return self._preferred(chosen, source, target)
        routes = chosen.routes.get((source, target))
        if routes is None:
            raise _no_route(chosen, source, target)
        local = (route for route in routes if all(store.is_available(step.model) for step in route))
        return Route(chosen.name, next(local, routes[0]))

    def _preferred(self, profile: Profile, source: str, target: str) -> Route:
        first, last = profile.prefer[0], profile.prefer[-1]
        local = (name for name in profile.prefer if all(store.is_available(m) for m in self.models_of(name)))
        name = next(local, last)
        route = self.resolve(name, source, target)
        if name != first and profile.fallback_notice:
            route = replace(route, notices=(*route.notices, profile.fallback_notice))
        return route


def load_registry(models: str | PathLike[str] | None = None) -> Registry:
    """The package's models.toml with the user's merged over it.

    Args:
        models: the user's file; without it, the one that the environment variable `WECHAT_TEXT_MODELS`
            names, if any.

    Raises:
        RegistryError: a file is missing or has a mistake in it; the message names file, line and key.
    """
    registry = _merged(Registry({}, {}), Table.read(registry_file()))
    user = models if models is not None else os.environ.get("WECHAT_TEXT_MODELS") or None
    return registry if user is None else _merged(registry, Table.read(Path(user).expanduser()))


def registry_file() -> Path:
    """The package's own models.toml: inside an installed package, or at the top of a source checkout."""
    installed = PACKAGE / "models.toml"
    return installed if installed.is_file() else PACKAGE.parent.parent / "models.toml"


def spec_from_folder(
    folder: str | PathLike[str],
    source: str,
    target: str,
    *,
    target_token: str | None = None,
    alignment: Alignment | None = None,
) -> ModelSpec:
    """Any local Marian folder as a model from `source` to `target`.

    Args:
        folder: config.json, model.safetensors, source.spm, target.spm and vocab.json lie in it.
        source: ISO 639-1 code that it reads.
        target: ISO 639-1 code that it writes.
        target_token: what asks for `target`; by default the vocabulary's token for that language, if it
            has any such tokens.
        alignment: the head that aligns words, where known.

    Raises:
        ModelFormatError: no Marian folder, or a multi-target one without a token for `target`.
    """
    path = Path(folder).expanduser().absolute()
    token = target_token or marian.target_token(path, target)
    return ModelSpec(
        id=str(path),
        source=FolderSource(path),
        licence="unknown",
        source_languages=(source,),
        target_languages=(target,),
        target_tokens=MappingProxyType({target: token} if token else {}),
        alignment=alignment,
    )


def record_alignment(file: str | PathLike[str], model: str, alignment: Alignment) -> None:
    """Write the head found for `model` into the user's models.toml `file`, made if it is not there.

    The rest of the file stays as it is. The result is read back before it replaces the file.

    Raises:
        RegistryError: the file has a mistake in it, or no longer would be read with the head found.
    """
    path = Path(file)
    text = path.read_text(encoding="utf-8") if path.exists() else f"version = {FORMAT}\n"
    name = '"' + model.replace("\\", "\\\\").replace('"', '\\"') + '"'
    header = f"[models.{name}.alignment]"
    entry = f"{header}\nlayer = {alignment.layer}\nhead = {alignment.head}\n"
    if alignment.shifted:
        entry += "shifted = true\n"
    pattern = re.compile(rf"^{re.escape(header)}[^\n]*\n(?:(?!\s*\[)[^\n]*\n?)*", re.MULTILINE)
    text, count = pattern.subn(lambda _: entry, text.rstrip("\n") + "\n", count=1)
    if not count:
        text += "\n" + entry
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    try:
        if load_registry(partial).model(model).alignment != alignment:
            raise RegistryError(f"{path}: the alignment of {model!r} is set elsewhere in the file")
    except RegistryError as error:
        partial.unlink()
        raise RegistryError(str(error).replace(str(partial), str(path))) from error
    partial.replace(path)


def _merged(base: Registry, top: Table) -> Registry:
    if top.count("version") != FORMAT:
        top.fail("version", f"must be {FORMAT}")
    models = dict(base.models)
    table = top.table("models")
    for name in table.names():
        models[name] = _model(name, table.table(name), base.models.get(name))
    profiles = dict(base.profiles)
    table = top.table("profiles")
    for name in table.names():
        profiles[name] = _profile(name, table.table(name), models, {*profiles, *table.names()})
    top.close()
    return Registry(MappingProxyType(models), MappingProxyType(profiles))


def _model(name: str, table: Table, base: ModelSpec | None) -> ModelSpec:
    kinds = [key for key in ("hub", "package", "folder") if key in table]
    if len(kinds) > 1:
        table.fail(kinds[1], f"the model has a {kinds[0]!r} already; only one of them")
    if kinds:
        base = None
    elif base is None:
        table.fail("hub", "is missing; a new model needs 'hub', 'package' or 'folder'")
    spec = base or ModelSpec(name, _source(table, kinds[0]), "", (), ())
    revision = table.text("revision") if "revision" in table else None
    if revision is not None:
        if not isinstance(spec.source, HubSource):
            table.fail("revision", "only models of the hub have one")
        if not re.fullmatch(r"[0-9a-f]{40}", revision):
            table.fail("revision", "must be a commit: 40 digits 0-9, a-f (branches move)")
        spec = replace(spec, source=HubSource(spec.source.repo, revision))
    required = base is None
    spec = replace(
        spec,
        licence=table.text("licence", spec.licence or None),
        source_languages=table.texts("source") if required or "source" in table else spec.source_languages,
        target_languages=table.texts("target") if required or "target" in table else spec.target_languages,
        architecture=table.text("architecture", spec.architecture),
        non_commercial=table.flag("non_commercial", spec.non_commercial),
        size=table.count("size") if "size" in table else spec.size,
    )
    if "target_tokens" in table:
        spec = replace(spec, target_tokens=_target_tokens(table.table("target_tokens"), spec))
    if "files" in table:
        spec = replace(spec, files=_files(table.table("files")))
    if "decoding" in table:
        spec = replace(spec, decoding=_decoding(table.table("decoding"), spec.decoding))
    if "alignment" in table:
        spec = replace(spec, alignment=_alignment(table.table("alignment")))
    if "confidence" in table:
        spec = replace(spec, calibration=_calibrations(table.table("confidence")))
    if "quality" in table:
        spec = replace(spec, quality=tuple(map(_quality, table.tables("quality"))))
    table.know("hub", "package", "folder", "revision", "source", "target", "size")
    table.know("target_tokens", "files", "decoding", "alignment", "confidence", "quality")
    table.close()
    return spec


def _source(table: Table, kind: str) -> HubSource | FolderSource:
    value = table.text(kind)
    if kind == "hub":
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", value) or ".." in value:
            table.fail(kind, f"{value!r} is no hub id of the form 'owner/name'")
        return HubSource(value)
    if kind == "package":
        if not re.fullmatch(r"[\w-]+", value):
            table.fail(kind, f"{value!r} is no name of a folder of the package")
        return FolderSource(PACKAGE / value, packaged=True)
    return FolderSource((table.folder / Path(value).expanduser()).absolute())


def _target_tokens(table: Table, spec: ModelSpec) -> Mapping[str, str]:
    tokens = {language: table.text(language) for language in table.names()}
    for language, token in tokens.items():
        if language not in spec.target_languages:
            table.fail(language, f"not among the target languages {list(spec.target_languages)}")
        if not re.fullmatch(r">>\S+<<", token):
            table.fail(language, f"{token!r} is no token of the form '>>xxx<<'")
    return MappingProxyType(tokens)


def _files(table: Table) -> Mapping[str, str]:
    files = {name: table.text(name) for name in table.names()}
    for name, digest in files.items():
        if name not in marian.FILES:
            table.fail(name, f"no file of a Marian folder; known: {', '.join(marian.FILES)}")
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            table.fail(name, "must be a SHA-256 digest: 64 digits 0-9, a-f")
    return MappingProxyType(files)


def _decoding(table: Table, base: Decoding) -> Decoding:
    decoding = Decoding(table.count("beam", base.beam), table.flag("consensus", base.consensus))
    if not 1 <= decoding.beam <= 32:
        table.fail("beam", "must lie between 1 and 32")
    table.close()
    return decoding


def _alignment(table: Table) -> Alignment:
    alignment = Alignment(table.count("layer"), table.count("head"), table.flag("shifted"))
    table.close()
    return alignment


def _calibrations(table: Table) -> Mapping[tuple[str, str], Calibration]:
    found = {}
    for direction in table.names():
        values = table.table(direction)
        found[_direction(table, direction)] = Calibration(values.number("bias"), values.number("slope"))
        values.close()
    return MappingProxyType(found)


def _quality(table: Table) -> Quality:
    quality = Quality(
        metric=table.text("metric"),
        test_set=table.text("test_set"),
        value=table.number("value"),
        source=table.text("source"),
        direction=table.text("direction", ""),
    )
    table.close()
    return quality


def _profile(name: str, table: Table, models: Mapping[str, ModelSpec], known: set[str]) -> Profile:
    profile = Profile(
        name=name,
        description=table.text("description"),
        fallback_notice=table.text("fallback_notice", ""),
        non_commercial=table.flag("non_commercial"),
    )
    if "prefer" in table:
        prefer = table.texts("prefer")
        for other in prefer:
            if other not in known or other == name:
                table.fail("prefer", f"unknown profile {other!r}; known: {', '.join(sorted(known - {name}))}")
        profile = replace(profile, prefer=prefer)
    routes = table.table("routes")
    if ("prefer" in table) == bool(routes.names()):
        table.fail("routes", "a profile has either routes of its own or other profiles that it prefers")
    found = {}
    for direction in routes.names():
        languages = _direction(routes, direction)
        found[languages] = tuple(
            _steps(routes, direction, routes.checked_texts(direction, route), models)
            for route in routes.values(direction)
        )
    table.know("prefer")
    table.close()
    return replace(profile, routes=MappingProxyType(found))


def _direction(table: Table, key: str) -> tuple[str, str]:
    source, arrow, target = key.partition(">")
    if not (arrow and source and target):
        table.fail(key, 'must be a direction like "de>en"')
    return source, target


def _steps(
    table: Table, direction: str, names: tuple[str, ...], models: Mapping[str, ModelSpec]
) -> tuple[Step, ...]:
    """The models of a route, each with the languages it is used for."""
    source, _, target = direction.partition(">")
    steps: list[Step] = []
    for i, name in enumerate(names):
        if name not in models:
            table.fail(direction, f"unknown model {name!r}; known: {', '.join(sorted(models))}")
        model = models[name]
        if source not in model.source_languages:
            table.fail(direction, f"{name!r} does not read {source!r}")
        if i == len(names) - 1:
            wanted = [target]
        else:
            following = models.get(names[i + 1])
            wanted = list(following.source_languages) if following else []
        between = next((language for language in wanted if language in model.target_languages), None)
        if between is None:
            table.fail(direction, f"{name!r} does not write {' or '.join(map(repr, wanted)) or 'it'}")
        steps.append(Step(model, source, between))
        source = between
    return tuple(steps)


def _no_route(profile: Profile, source: str, target: str) -> UnknownNameError:
    targets = [t for s, t in profile.routes if s == source]
    if targets:
        return UnknownNameError(
            f"target language from {source!r} in profile {profile.name!r}:", target, targets
        )
    sources = list({s for s, _ in profile.routes})
    return UnknownNameError(f"source language in profile {profile.name!r}:", source, sources)
