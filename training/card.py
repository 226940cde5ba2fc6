"""The model card that travels with exported weights."""

# ruff: noqa: E501 - the card is prose
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.config import Config
from training.packed import Packed

_LICENCES = """\
| origin | licence as its publisher states it |
| --- | --- |
| original | CC0, written for this project |
| wmt_testsuite_kd, wmt08_13_mt_kd, wmt14_18_mt, wmt17_18_mt | none stated for the text |
| wmt_newstest_*, wmt22_24_general_human | research use |
| tatoeba_* | CC BY 2.0 FR |
| mdn | CC BY-SA 2.5 |
| python_docs | CC0 / PSF |
| 3b1b_captions, opennmt_demo_wmt | none stated |
| 3am_captions | MIT stated, origin of the English unstated |
| aichallenger_sample | research, non-commercial |
| mlqe_pe_wikipedia, tico19 | CC0 |
| mucow_wmt2019 | CC BY 4.0 stated, mixed origin |
| mozilla_www_l10n, xquad, opensource_guide, cldr_names | MPL-2.0, CC BY-SA 4.0, CC BY 4.0, Unicode-3.0 |
| pivot_join_all | as the sources that were joined |
"""
_TRAINED = ("- trained from scratch", "- trained further")


def write_card(config: Config, position: dict[str, Any], folder: Path, share: float = 0.0) -> None:
    """Write `README.md` into the exported `folder`, with the figures of `evaluation.json` when they are there.

    `position` is the training position of the checkpoint: steps, target tokens, seconds.
    """
    directions = ", ".join(f"{d.source}→{d.target}" for d in config.directions)
    tokens = ", ".join(f"`{token}` for {language}" for language, token in config.target_tokens.items())
    model = config.model
    text = f"""\
---
license: cc-by-nc-sa-4.0
pipeline_tag: translation
---
# {config.name}: a small Marian model for {directions}

For evaluation and demonstration. The weights are licensed CC BY-NC-SA 4.0, because part of the training text is
non-commercial or states no licence; the code that made them is Apache-2.0.

The first source token asks for the target language: {tokens}.

- d_model {model.d_model}, {model.encoder_layers} encoder and {model.decoder_layers} decoder layers, {model.heads} heads, \
feed-forward {model.ffn}, {config.vocabulary.size} joint pieces with byte fallback
{_history(config, position)}
- averaged: {f"with {share:.0%} of another end of the same training, cooled down earlier" if share else "over the last steps"}
- guided alignment: {_guided(config)}
- distillation: {_distilled(config)}
- recipe: `training/configs/{config.name}.toml` and `training/README.md` of wechat_text

## Figures

{_figures(config.work / "evaluation.json")}
## Training text

{_licences(config)}
## Limits

Trained on little text: expect wrong words, lost clauses and invented names in long or unusual sentences, more so into
Chinese. Sentences of more than {config.corpus.max_pieces} pieces were never seen. Not for production use.
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _history(config: Config, position: dict[str, Any]) -> str:
    """What this training was, behind the lines in which the card of the weights it started from says its own."""
    card = config.start / "README.md" if config.start else None
    lines = card.read_text(encoding="utf-8").splitlines() if card and card.exists() else []
    before = [line for line in lines if line.startswith(_TRAINED)]
    begun = _TRAINED[bool(config.start)]
    figures = f"{position['total_steps']:,} steps on {position['total_tokens'] / 1e6:.1f} M target tokens"
    return "\n".join([*before, f"{begun} for {figures}, {position['total_seconds'] / 60:.0f} minutes"])


def _licences(config: Config) -> str:
    lines = _LICENCES.splitlines(keepends=True)
    return "".join(line for line in lines if line.split("|")[1].strip() not in config.corpus.skip)


def _guided(config: Config) -> str:
    if not config.links.exists() or not any(stage.guided for stage in config.stages):
        return "none" if config.start is None else "none in the last of these"
    head = f"decoder layer {config.model.decoder_layers - 1}, head {config.train.guided_head}"
    return f"{head} (both counted from 0); models.toml names the head that aligns best"


def _distilled(config: Config) -> str:
    origins = Packed.load(config.packed).origins if config.distil else ()
    texts = [
        f"`{text.origin}` ({text.direction}, by a teacher for {text.teacher})"
        for text in config.distil
        if text.origin in origins
    ]
    return ", ".join(texts) + "; licence as the teacher's and that of the text it read" if texts else "none"


def _figures(path: Path) -> str:
    if not path.exists():
        return "Not measured yet: `python -m training evaluate`.\n"
    rows = json.loads(path.read_text(encoding="utf-8"))
    lines = ["| test set | lines | BLEU | chrF |", "| --- | --- | --- | --- |"]
    lines += [f"| {r['name']} | {r['lines']} | {r['bleu']} | {r['chrf']} |" for r in rows]
    signatures = sorted({signature for r in rows for signature in (r["bleu_signature"], r["chrf_signature"])})
    return "\n".join(
        [*lines, "", "CTranslate2 int8; sacrebleu signatures: " + ", ".join(f"`{s}`" for s in signatures), ""]
    )
