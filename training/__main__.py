"""`python -m training <command> --config <toml>`: see `training/README.md`."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.config import load


def main(arguments: list[str] | None = None) -> None:
    """Run one step of the training of a model."""
    parser = argparse.ArgumentParser(prog="python -m training", description="Train the starter translation models.")
    commands = parser.add_subparsers(dest="command", required=True)
    steps = {
        "prepare": "clean and encode the parallel text into one packed file",
        "train": "train, or go on from the last checkpoint",
    }
    for name, text in steps.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--config", type=Path, required=True, help="the model's TOML file")
        if name == "prepare":
            command.add_argument("--data", type=Path, required=True, help="folder with the parallel text")
        if name == "train":
            command.add_argument("--device", default="", help="cpu or cuda; by default what there is")
            command.add_argument("--max-steps", type=int, default=0, help="stop, with a checkpoint, after so many steps")
    options = parser.parse_args(arguments)
    config = load(options.config)
    if options.command == "prepare":
        from training.prepare import prepare

        prepare(config, options.data)
    else:
        from training.train import train

        train(config, options.device, options.max_steps)


if __name__ == "__main__":
    main()
