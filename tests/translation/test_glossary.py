"""Terms set in a translation, reported, and every offset still right."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.translation.test_translator import WordByWord, WordProcessor
from wechat_text import Glossary, GlossaryError, TranslatedText, Translator
from wechat_text.alignment.links import words
from wechat_text.alignment.restoring import restore_marks
from wechat_text.document import (
    Document,
    Link,
    Quote,
    QuoteTranslation,
    Segment,
    Span,
    TermUse,
    Translation,
)
from wechat_text.translation.glossary import Term, enforce
from wechat_text.translation.glossary.matching import Matcher
from wechat_text.translation.marian import MarianTranslator
from wechat_text.translation.tokenization import Tokenizer

MOMENTS = Term(("Freundeskreis",), {"en": ("WeChat Moments",), "zh": ("朋友圈",)})
MERCHANT = Term(("Kleinstunternehmen",), {"en": ("WeChat merchant", "WeChat merchants"), "zh": ("微商",)})
ACCOUNT = Term(("öffentliches Konto",), {"en": ("official account", "official accounts"), "zh": ("公众号",)})
WECHAT = Term(("WeChat",), keep=True)
TERMS = (MOMENTS, MERCHANT, ACCOUNT, WECHAT)


def aligned(source: str, target: str, pairs: dict[str, str]) -> TranslatedText:
    """A translation of one segment, `pairs` of source and target phrases linked word by word."""
    links = []
    for left, right in pairs.items():
        one, other = source.index(left), target.index(right)
        for s, t in itertools.product(words(left), words(right)):
            links.append(Link(s.shift(one), t.shift(other), 0.9))
    segment = Segment(Span(0, len(source)), Span(0, len(target)), tuple(links))
    return TranslatedText(source, target, (segment,))


def with_terms(result: TranslatedText, *terms: Term, language: str = "en") -> TranslatedText:
    return enforce(result, Matcher(terms or TERMS), language)


@pytest.mark.parametrize(
    ("source", "target", "pairs", "expected"),
    [
        (
            "Sie zeigt es im Freundeskreis.",
            "She shows it in the circle of friends.",
            {"Freundeskreis": "circle of friends"},
            "She shows it in the WeChat Moments.",
        ),
        (
            "Freundeskreise sind voll.",
            "Circles are full.",
            {"Freundeskreise": "Circles"},
            "WeChat Moments are full.",
        ),
        (
            "Die Kleinstunternehmen werben.",
            "The small businesses advertise.",
            {"Kleinstunternehmen": "small businesses"},
            "The WeChat merchants advertise.",
        ),
        (
            "Ein Kleinstunternehmen wirbt.",
            "A small business advertises.",
            {"Kleinstunternehmen": "small business"},
            "A WeChat merchant advertises.",
        ),
        (
            "Das ist ein öffentliches Konto.",
            "This is a public profile.",
            {"öffentliches": "public", "Konto": "profile"},
            "This is an official account.",
        ),
        (
            "Öffentliche Konten helfen.",
            "Public profiles help.",
            {"Öffentliche": "Public", "Konten": "profiles"},
            "Official accounts help.",
        ),
        (
            "Der Laden des Kleinstunternehmens",
            "The small business’s shop",
            {"Kleinstunternehmens": "business’s"},
            "The small WeChat merchant’s shop",
        ),
        (
            "Der WeChat Freundeskreis",
            "The WeChat friends",
            {"WeChat": "WeChat", "Freundeskreis": "friends"},
            "The WeChat Moments",
        ),
        (
            "Ein Forscher für Kleinstunternehmen",
            "A researcher for small business",
            {"Kleinstunternehmen": "small business"},
            "A researcher for WeChat merchants",
        ),
        (
            "Der Markt für Kleinstunternehmen",
            "The small business market",
            {"Kleinstunternehmen": "small business"},
            "The WeChat merchant market",
        ),
        (
            "Pekings erfolgreiches Kleinstunternehmen",
            "Beijing’s successful firm",
            {"Kleinstunternehmen": "firm"},
            "Beijing’s successful WeChat merchant",
        ),
        (
            "Der Freundeskreis wächst.",
            "The Freundeskreis grows.",
            {"Freundeskreis": "Freundeskreis"},
            "The WeChat Moments grows.",
        ),
        (
            "Ein Freundeskreis reicht.",
            "A circle is enough.",
            {"Freundeskreis": "circle"},
            "WeChat Moments is enough.",
        ),
    ],
)
def test_linked_words_make_room_for_the_term(
    source: str, target: str, pairs: dict[str, str], expected: str
) -> None:
    result = with_terms(aligned(source, target, pairs))
    assert result.text == expected
    use = result.terms[-1]
    assert (use.method, use.applied, use.target.of(result.text).casefold()) == (
        "links",
        True,
        use.wanted.casefold(),
    )


def test_chinese_term_takes_the_place_of_linked_characters() -> None:
    result = aligned("Sie zeigt es im Freundeskreis.", "她在朋友们里展示它。", {"Freundeskreis": "朋友们"})
    assert with_terms(result, language="zh").text == "她在朋友圈里展示它。"


def test_what_the_model_wrote_itself_stays() -> None:
    result = aligned(
        "Viele Kleinstunternehmen.", "Many wechat merchants.", {"Kleinstunternehmen": "wechat merchants"}
    )
    (use,) = with_terms(result).terms
    assert (use.method, use.wanted) == ("model", "WeChat merchants")


def test_capitals_of_the_term_are_put_right() -> None:
    result = aligned("Auf WeChat verkaufen.", "Sell on Wechat.", {"WeChat": "Wechat"})
    assert with_terms(result).text == "Sell on WeChat."


def test_every_occurrence_is_reported() -> None:
    source = "Freundeskreis oder Freundeskreis."
    result = aligned(source, "Moments or friends.", {"Freundeskreis": "Moments"})
    second = Link(Span(19, 32), Span(11, 18), 0.9)
    segment = result.segments[0]
    result = TranslatedText(
        source, result.text, (Segment(segment.source, segment.target, (*segment.links, second)),)
    )
    changed = with_terms(result)
    assert changed.text == "WeChat Moments or WeChat Moments."
    assert [use.source.of(source) for use in changed.terms] == ["Freundeskreis"] * 2
    assert [use.target for use in changed.terms] == [Span(0, 14), Span(18, 32)]


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ({}, "no words of the translation are linked"),
        ({"Freundeskreis": "in"}, "only function words"),
    ],
)
def test_term_that_cannot_be_placed_is_missed_aloud(pairs: dict[str, str], reason: str) -> None:
    result = aligned("Sie zeigt es im Freundeskreis.", "She shows it in there.", pairs)
    changed = with_terms(result)
    assert changed.text == result.text
    (use,) = changed.terms
    assert use.target is None
    assert reason in use.reason
    assert changed.flags == changed.segments[0].flags
    assert "term missed: Freundeskreis → WeChat Moments" in changed.flags[0]


def test_weak_link_is_not_enough() -> None:
    result = aligned("Im Freundeskreis.", "She posts.", {})
    weak = Segment(Span(0, 17), Span(0, 10), (Link(Span(3, 16), Span(4, 9), 0.25),))
    (use,) = with_terms(TranslatedText(result.source, result.text, (weak,))).terms
    assert use.reason == "its links are weak"


def test_words_of_another_term_are_not_replaced() -> None:
    result = aligned(
        "Das WeChat des Freundeskreises", "The WeChat", {"WeChat": "WeChat", "Freundeskreises": "WeChat"}
    )
    changed = with_terms(result)
    assert changed.text == "The WeChat"
    assert [use.applied for use in changed.terms] == [True, False]


def test_compound_is_checked_and_never_changed() -> None:
    term = Term(("Kleinstunternehmen",), {"en": ("merchant", "merchants")}, compounds=True)
    source = "Onlinekleinstunternehmen werben."
    pairs = {"Onlinekleinstunternehmen": "Online"}
    good = with_terms(aligned(source, "Online merchants advertise.", pairs), term)
    assert good.terms[0].method == "model"
    bad = with_terms(aligned(source, "Online firms advertise.", pairs), term)
    assert (bad.text, bad.terms[0].applied) == ("Online firms advertise.", False)


def test_links_of_replaced_words_lead_to_the_term() -> None:
    result = with_terms(
        aligned("Der Freundeskreis", "The friends", {"Der": "The", "Freundeskreis": "friends"})
    )
    assert [(link.source.of(result.source), link.target.of(result.text)) for link in result.links] == [
        ("Der", "The"),
        ("Freundeskreis", "WeChat"),
        ("Freundeskreis", "Moments"),
    ]


def test_terms_move_with_restored_marks() -> None:
    source, target = "„Im Freundeskreis“, sagte sie.", "In WeChat Moments, she said."
    quote = Quote("q", (Span(0, 18),), source[:18], "direct", 1.0)
    use = TermUse("Freundeskreis", "WeChat Moments", Span(4, 17), Span(3, 17), "model")
    segment = Segment(Span(0, len(source)), Span(0, len(target)), terms=(use,))
    found = QuoteTranslation((Span(0, 17),), target[:17], 0.9, "links")
    translation = Translation("en", target, (segment,), {"q": found})
    restored = restore_marks(Document(source, quotes=(quote,)), translation)
    assert restored.text != target
    assert restored.terms[0].target.of(restored.text) == "WeChat Moments"


GERMAN = (
    "Freundeskreis",
    "Kleinstunternehmen",
    "öffentliche",
    "Konten",
    "WeChat",
    "der",
    "sieht",
    "3",
    ".",
    "“",
)
TARGET = (
    "circle",
    "of",
    "friends",
    "a",
    "An",
    "WeChat",
    "business’s",
    "Moments",
    "5G",
    "3",
    "“",
    ".",
    "圈",
    "微",
)


@st.composite
def translations(draw: st.DrawFn) -> TranslatedText:
    """Segments of random words with random links between them."""
    source = target = ""
    segments = []
    for _ in range(draw(st.integers(1, 3))):
        gap = draw(st.sampled_from(["", " ", "\n"])) if source else ""
        source, target = source + gap, target + gap
        left = " ".join(draw(st.lists(st.sampled_from(GERMAN), min_size=1, max_size=6)))
        right = draw(st.sampled_from(["", " "])).join(
            draw(st.lists(st.sampled_from(TARGET), min_size=1, max_size=7))
        )
        ends = st.tuples(st.sampled_from(words(left)), st.sampled_from(words(right)), st.floats(0.1, 1))
        links = {(s, t): weight for s, t, weight in draw(st.lists(ends, max_size=10))}
        segments.append(
            Segment(
                Span(0, len(left)).shift(len(source)),
                Span(0, len(right)).shift(len(target)),
                tuple(Link(s, t, w).shift(len(source), len(target)) for (s, t), w in links.items()),
            )
        )
        source, target = source + left, target + right
    return TranslatedText(source, target, tuple(segments))


@given(translations(), st.sampled_from(["en", "zh"]))
def test_offsets_hold_after_any_repair(result: TranslatedText, language: str) -> None:
    changed = with_terms(result, language=language)
    assert changed.source == result.source
    assert [s.source for s in changed.segments] == [s.source for s in result.segments]
    rest = list(changed.text)
    for before, after in zip(result.segments, changed.segments, strict=True):
        assert {link.source for link in after.links} <= {link.source for link in before.links}
        tokens = {word.shift(after.target.start) for word in words(after.target.of(changed.text))}
        assert all(link.target in tokens for link in after.links)
        for use in after.terms:
            assert after.source.start <= use.source.start < after.source.end
            if use.target is not None:
                assert after.target.contains(use.target)
                assert use.wanted.casefold() in use.target.of(changed.text).casefold()
            else:
                assert use.reason
        rest[after.target.start : after.target.end] = " " * (after.target.end - after.target.start)
    assert not "".join(rest).strip(), "all text lies in segments"


@given(translations())
def test_segment_without_terms_is_untouched(result: TranslatedText) -> None:
    changed = with_terms(result)
    for before, after in zip(result.segments, changed.segments, strict=True):
        if not after.terms:
            assert after.target.of(changed.text) == before.target.of(result.text)
            offset = after.target.start - before.target.start
            assert after.links == tuple(link.shift(0, offset) for link in before.links)


def translator(glossary: Glossary, source: str = "de") -> Translator:
    tokenizer = Tokenizer(WordProcessor(), WordProcessor(), ())
    return Translator([MarianTranslator(WordByWord(), tokenizer, source, "en")], glossary=glossary)


def test_translator_sets_the_terms_of_its_glossary() -> None:
    made = translator(Glossary([Term(("Satz",), {"en": ("phrase", "phrases")})]))
    result = next(made.translate(["Noch einer. Ein Satz."]))
    assert result.text == "Yet another. A phrase."
    assert [use.target.of(result.text) for use in result.terms] == ["phrase"]


def test_glossary_for_other_texts_than_german_is_refused() -> None:
    with pytest.raises(GlossaryError, match="'zh'"):
        translator(Glossary([MOMENTS]), source="zh")
