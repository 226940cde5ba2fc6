"""`python -m training <command> --config <toml>`: see `training/README.md`."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.config import load


def main(arguments: list[str] | None = None) -> None:
    """Run one step of the training of a model."""
    options = _parser().parse_args(arguments)
    config = load(options.config)
    # Each step imports what it needs: `prepare` runs without torch, `train` without sacrebleu.
    if options.command == "prepare":
        from training.prepare import prepare

        prepare(config, options.data)
    elif options.command == "train":
        from training.train import train

        train(config, options.device, options.max_steps)
    elif options.command == "align":
        from training.alignment import align

        align(config)
    elif options.command == "distil":
        from training.distillation import distil

        distil(config, options.data, options.teacher, options.direction, options.device)
    elif options.command == "evaluate":
        from training.evaluate import evaluate

        evaluate(config, options.model or config.work / "export", options.data, options.lines, options.beam)
    else:
        from training.export import check, export_checkpoint

        folder = options.out or config.work / "export"
        export_checkpoint(config, folder, options.mix, options.share)
        print(check(config, folder))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Train the starter translation models."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    steps = {
        "distil": "let a teacher translate text of the corpus, for `prepare` to read besides",
        "prepare": "clean and encode the parallel text into one packed file",
        "train": "train, or go on from the last checkpoint",
        "align": "link the words of a part of the text, for guided alignment (needs eflomal)",
        "evaluate": "measure an exported model",
        "export": "write the trained model as a Marian folder and check it in transformers and CTranslate2",
    }
    made = {}
    for name, text in steps.items():
        made[name] = commands.add_parser(name, help=text, description=text)
        made[name].add_argument("--config", type=Path, required=True, help="the model's TOML file")
    for name in ("distil", "prepare", "evaluate"):
        made[name].add_argument("--data", type=Path, required=True, help="folder with parallel/ and mt-dev/")
    made["distil"].add_argument(
        "--teacher", required=True, help="a Marian folder, or the name of a model in models.toml"
    )
    made["distil"].add_argument(
        "--direction", default="", help="only the tables with a teacher for it, e.g. en-zh; by default all"
    )
    made["distil"].add_argument("--device", default="cpu", help="cpu, cuda or auto")
    made["train"].add_argument("--device", default="", help="cpu or cuda; by default what there is")
    made["train"].add_argument(
        "--max-steps", type=int, default=0, help="stop, with a checkpoint, after so many steps"
    )
    made["evaluate"].add_argument(
        "--model", type=Path, help="exported folder; by default `export` in the work folder"
    )
    made["evaluate"].add_argument(
        "--lines", type=int, default=0, help="only the first lines of each test set"
    )
    made["evaluate"].add_argument("--beam", type=int, default=4, help="beam size")
    made["export"].add_argument(
        "--mix", type=Path, metavar="CHECKPOINT", help="another checkpoint, whose weights are mixed in"
    )
    made["export"].add_argument("--share", type=float, default=0.15, help="its share (default: 0.15)")
    made["export"].add_argument(
        "--out", type=Path, help="folder to write; by default `export` in the work folder"
    )
    return parser


if __name__ == "__main__":
    main()
