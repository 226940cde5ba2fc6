from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.alignment.texts import quote
from wechat_text.alignment.restoring import restore_marks
from wechat_text.document import Document, Link, Quote, QuoteTranslation, Segment, Span, Translation


def located(text, *spans, confidence=0.9, method="links"):
    return QuoteTranslation(tuple(spans), " … ".join(s.of(text) for s in spans), confidence, method)


def restored(target, spans, language="en", **settings):
    source = "„Der Winter wird lang“, sagte die Bäuerin."
    article = Document(source, quotes=(quote(source, "„Der Winter wird lang“"),))
    segment = Segment(Span(0, len(source)), Span(0, len(target)))
    translation = Translation(language, target, (segment,), {"q1": located(target, *spans, **settings)})
    return restore_marks(article, translation)


def test_lost_marks_are_set_in_the_style_of_the_language():
    result = restored("The winter will be long, said the farmer.", [Span(0, 23)])
    assert result.text == "“The winter will be long”, said the farmer."
    assert result.quotes["q1"].text == "“The winter will be long”"
    assert result.quotes["q1"].method == "links+marks restored"
    assert result.segments[0].target == Span(0, len(result.text))


def test_only_the_missing_mark_is_set_in_the_style_of_the_other():
    result = restored("«The winter will be long, said the farmer.", [Span(0, 24)])
    assert result.text == "«The winter will be long», said the farmer."


def test_marks_that_are_there_stay_as_they_are():
    target = '"The winter will be long", said the farmer.'
    assert restored(target, [Span(0, 25)]).text == target


def test_an_uncertain_place_gets_no_marks():
    target = "The winter will be long, said the farmer."
    assert restored(target, [Span(0, 23)], confidence=0.4).text == target


def test_indirect_speech_gets_no_marks():
    source, target = "Der Winter werde lang, sagte sie.", "Winter would be long, she said."
    article = Document(source, quotes=(quote(source, "Der Winter werde lang", kind="indirect"),))
    translation = Translation("en", target, (), {"q1": located(target, Span(0, 20))})
    assert restore_marks(article, translation).text == target


def test_nested_quotes_get_inner_marks():
    source = "„Er rief ‚Halt‘“"
    target = "他喊停"
    quotes = (quote(source, source), quote(source, "‚Halt‘", id="q2", within="q1"))
    found = {"q1": located(target, Span(0, 3)), "q2": located(target, Span(2, 3))}
    result = restore_marks(Document(source, quotes=quotes), Translation("zh", target, (), found))
    assert result.text == "“他喊‘停’”"
    assert result.quotes["q1"].text == "“他喊‘停’”"
    assert result.quotes["q2"].text == "‘停’"


def test_nested_quote_as_long_as_its_frame_stays_inside_it():
    source = "„‚Halt‘“"
    quotes = (quote(source, source), quote(source, "‚Halt‘", id="q2", within="q1"))
    found = {"q1": located("停", Span(0, 1)), "q2": located("停", Span(0, 1))}
    result = restore_marks(Document(source, quotes=quotes), Translation("zh", "停", (), found))
    assert [result.quotes[q].text for q in ("q1", "q2")] == ["“‘停’”", "‘停’"]


@given(st.data())
def test_every_offset_still_points_at_the_same_characters(data):
    target = data.draw(st.text(alphabet="ab 是。", min_size=1, max_size=30))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(target)), max_size=8)) | {0, len(target)})
    spans = [Span(a, b) for a, b in pairwise(cuts)]
    segments = tuple(Segment(s, s, (Link(s, s, 1.0),)) for s in spans)
    chosen = [s for s in spans if data.draw(st.booleans())]
    marked = "".join(f"„{s.of(target)}“" for s in chosen)
    quotes, found, at = [], {}, 0
    for index, span in enumerate(chosen):
        end = at + span.end - span.start + 2
        quotes.append(Quote(f"q{index}", (Span(at, end),), marked[at:end], "direct", 1.0, within="all"))
        found[f"q{index}"] = located(target, span)
        at = end
    quotes.append(Quote("all", (Span(0, max(1, at)),), marked or "x", "indirect", 1.0))
    found["all"] = located(target, Span(0, len(target)))
    result = restore_marks(
        Document(marked or "x", quotes=tuple(quotes)), Translation("zh", target, segments, found)
    )

    def plain(text):
        return text.replace("“", "").replace("”", "")

    assert plain(result.text) == target
    for before, after in zip(segments, result.segments, strict=True):
        assert plain(after.target.of(result.text)) == before.target.of(target)
        assert after.links[0].target.of(result.text) == before.target.of(target)
    for quote_id, before in found.items():
        after = result.quotes[quote_id]
        assert after.text == after.spans[0].of(result.text)
        assert plain(after.text) == before.text
    for index in range(len(chosen)):
        assert result.quotes[f"q{index}"].text[0] + result.quotes[f"q{index}"].text[-1] == "“”"
    assert result.quotes["all"].text == result.text
