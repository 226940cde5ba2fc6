"""The weights that come with the package: the right files, and translations that are not far below what was measured.

`held-out.de-en-zh.tsv` holds lines that were never trained on, written for this project (CC0 1.0).
"""

from pathlib import Path

import pytest
import sacrebleu

from wechat_text.models import registry, store
from wechat_text.pipeline import Pipeline
from wechat_text.translation import Translator

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "data" / "held-out.de-en-zh.tsv"
ARTICLE = ROOT / "examples" / "articles" / "wechat-merchants.de.txt"


@pytest.mark.parametrize("name", ["starter-en", "starter-zh"])
def test_every_file_of_the_starter_models_has_its_digest_in_models_toml(name: str) -> None:
    spec = registry.load_registry().model(name)
    folder = store.verify(spec).folder
    assert set(spec.files) == {path.name for path in folder.iterdir()} - {"README.md"}
    assert spec.alignment is not None
    assert {"BLEU", "chrF"} <= {quality.metric for quality in spec.quality}


@pytest.mark.parametrize(("target", "column", "floor"), [("en", 1, 60.0), ("zh", 2, 30.0)])
def test_the_starter_models_translate_held_out_lines(target: str, column: int, floor: float) -> None:
    rows = [line.split("\t") for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    translator = Translator.load("starter", target=target)
    outputs = [result.text for result in translator.translate(row[0] for row in rows)]
    chrf = sacrebleu.CHRF().corpus_score(outputs, [[row[column] for row in rows]]).score
    assert chrf >= floor


def test_links_merged_with_the_way_back_follow_the_words() -> None:
    source = "Der Verein warnte am Dienstag vor falschen Produkten."
    [result] = Translator.load("starter", target="en", symmetrise=True).translate([source])
    links = {link.source.of(source): link.target.of(result.text) for link in result.links}
    assert {"Dienstag": "Tuesday", "Produkten": "products", "warnte": "warned"}.items() <= links.items()


@pytest.mark.parametrize("target", ["en", "zh"])
def test_addresses_of_the_net_are_kept_or_told_to_be_lost(target: str) -> None:
    address = "https://www.markt-halle.de/laden?id=7"
    frames = (
        "Mehr dazu unter {}.",
        "Die Studie steht auf {}.",
        "„Alle Zahlen stehen auf {}“, sagte der Minister am Montag.",
        "Weitere Informationen finden Sie auf {} oder bei der Stadt.",
        "Quelle: {}",
    )
    results = list(Translator.load("starter", target=target).translate(f.format(address) for f in frames))
    kept = [address in result.text for result in results]
    assert sum(kept) >= 4
    told = [any("address lost" in flag for flag in result.flags) for result in results]
    assert told == [not is_kept for is_kept in kept]


def test_every_quote_of_the_founding_article_is_found_in_both_translations_or_flagged() -> None:
    document = Pipeline.load("starter").process(ARTICLE.read_text(encoding="utf-8"), to=("en", "zh"))
    assert document.quotes
    for translation in document.translations.values():
        for quote in document.quotes:
            found = translation.quotes[quote.id]
            assert found.spans or found.reason
        located = [q for q in translation.quotes.values() if q.spans]
        assert len(located) >= 0.9 * len(document.quotes)
