"""``python -m wechat_text models``: list, fetch, verify, path, bundle, import."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wechat_text.errors import ModelError, WechatTextError
from wechat_text.models import bundle, conversion, fetching, store
from wechat_text.models.registry import Registry, load_registry
from wechat_text.models.spec import FolderSource, ModelSpec


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands; each sets `handler`, which takes the options and returns the exit code."""
    listing = subparsers.add_parser("list", help="show all models and where they are")
    listing.set_defaults(handler=_list)
    fetch = subparsers.add_parser("fetch", help="download models; the only command that uses the network")
    fetch.add_argument("--endpoint", metavar="URL", help="a mirror of the model hub")
    fetch.set_defaults(handler=_fetch)
    verify = subparsers.add_parser("verify", help="read every byte again and compare with what was recorded")
    verify.set_defaults(handler=_verify)
    path = subparsers.add_parser("path", help="print the folders of models")
    path.add_argument("--converted", action="store_true", help="the folder converted for CTranslate2 instead")
    path.set_defaults(handler=_path)
    pack = subparsers.add_parser("bundle", help="write fetched models into one file for another machine")
    pack.add_argument("-o", "--output", required=True, metavar="FILE", help="the zip file to write")
    pack.set_defaults(handler=_bundle)
    for parser in (fetch, path, pack):
        parser.add_argument("names", nargs="+", metavar="NAME", help="a profile or a model")
    verify.add_argument(
        "names", nargs="*", metavar="NAME", help="a profile or a model (default: all that are here)"
    )
    unpack = subparsers.add_parser("import", help="take the models of a bundle into the cache")
    unpack.add_argument("file", metavar="FILE", help="the zip file that 'bundle' wrote")
    unpack.set_defaults(handler=_import)
    for parser in (listing, fetch, verify, path, pack, unpack):
        parser.add_argument("--models", metavar="FILE", help="a models.toml of your own, merged over ours")


def _list(options: argparse.Namespace) -> int:
    registry = load_registry(options.models)
    rows: list[tuple[str, ...]] = [("MODEL", "LANGUAGES", "LICENCE", "STATE", "SIZE")]
    rows += [_row(model) for model in registry.models.values()]
    _show(rows)
    print()
    _show([("PROFILE", "MODELS"), *((name, _chain(registry, name)) for name in registry.profiles)])
    print(f"\ncache: {store.cache_folder()}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    for model in _models(load_registry(options.models), options.names):
        local = fetching.fetch(model, _tell, endpoint=options.endpoint)
        revision = f" at revision {local.revision}" if local.revision else ""
        print(f"{model.id}: {local.folder}{revision}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    registry = load_registry(options.models)
    models = _models(registry, options.names or list(registry.models))
    if not options.names:
        models = [model for model in models if store.is_available(model)]
    failed = 0
    for model in models:
        try:
            print(f"{model.id}: sound, digest {store.verify(model).digest}")
        except WechatTextError as error:
            failed += 1
            print(f"{model.id}: {error}")
    if failed:
        raise ModelError(f"{failed} of {len(models)} models cannot be used")
    return 0


def _path(options: argparse.Namespace) -> int:
    for model in _models(load_registry(options.models), options.names):
        local = store.ensure_local(model)
        print(conversion.convert(local) if options.converted else local.folder)
    return 0


def _bundle(options: argparse.Namespace) -> int:
    models = _models(load_registry(options.models), options.names)
    path = bundle.write_bundle(models, options.output)
    print(f"{path}: {_size(path.stat().st_size)}")
    return 0


def _import(options: argparse.Namespace) -> int:
    for model in bundle.import_bundle(options.file, load_registry(options.models)):
        print(f"{model.id}: {store.model_folder(model)}")
    return 0


def _models(registry: Registry, names: Sequence[str]) -> list[ModelSpec]:
    found = [model for name in names for model in registry.models_of(name)]
    return list({model.id: model for model in found}.values())


def _row(model: ModelSpec) -> tuple[str, ...]:
    languages = f"{','.join(model.source_languages)} > {','.join(model.target_languages)}"
    available = store.is_available(model)
    if isinstance(model.source, FolderSource):
        state = ("packaged" if model.source.packaged else "local") if available else "missing"
    else:
        state = "cached" if available else "not fetched"
    folder = store.model_folder(model)
    size = sum(p.stat().st_size for p in folder.iterdir() if p.is_file()) if available else model.size
    return model.id, languages, model.licence, state, _size(size) if size else "–"


def _chain(registry: Registry, name: str) -> str:
    profile = registry.profiles[name]
    if profile.prefer:
        return ", else ".join(profile.prefer)
    return ", ".join(model.id for model in registry.models_of(name))


def _show(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
