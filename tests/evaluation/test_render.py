import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from fetal.evaluation import Report, Withstood, exhibits, measure, to_html, to_markdown
from fetal.metrics import Interval
from fetal.planes import Plane
from fetal.predict import load_model
from fetal.scans import read_scan
from tests.evaluation.made_up import case, cases
from tests.support.drawn import file
from tests.support.hostile import TEXTS
from tests.support.tiny_model import tiny_model
from tests.support.tiny_second_reader import tiny_reader_card

WITHSTOOD = (
    Withstood("darker", 75, Interval(0.9, 0.85, 0.95), Interval(0.06, 0.01, 0.11), 0),
    Withstood("mirrored", 75, Interval(0.96, 0.9, 1.0), Interval(-0.01, -0.03, 0.01), 0),
)


class Elements(HTMLParser):
    """The elements of a page, each as its name and attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def report() -> Report:
    return measure(cases(), tiny_model(), "made up", withstood=WITHSTOOD)


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    scan = read_scan(file(1).data, "a.png")
    shown = exhibits(load_model(tiny_model().folder), report.worst, lambda digest: scan)
    return to_html(report, tiny_model().card, shown)


def test_the_page_stands_alone(page: str) -> None:
    assert not re.search(r"<script|<link|@import|url\(|https?://", page)
    sources = [image["src"] for image in Elements(page).all("img")]
    assert len(sources) == 3 * 3
    assert all(source and source.startswith("data:image/jpeg;base64,") for source in sources)


def test_the_page_can_be_read_without_seeing_it(page: str) -> None:
    elements = Elements(page)
    assert all(image["alt"] for image in elements.all("img"))
    plots = elements.all("svg")
    assert len(plots) == 4
    assert all(plot["role"] == "img" and plot["aria-label"] for plot in plots)
    assert all(head.get("scope") in ("col", "row") for head in elements.all("th"))
    assert elements.all("html") == [{"lang": "en"}]


def test_the_page_says_what_was_found(page: str, report: Report) -> None:
    words = " ".join(Elements(page).words.split())
    for said in (
        "96.0 %", "80 scans of 40 patients", report.data_digest, report.model_digest,
        "fewer than 30 scans: no figure is claimed", "Knows nothing (seed 1).",
        "Fetal femur, taken for Fetal brain", "darker", "6.0 (1.0 to 11.0)", "−1.0 (−3.0 to 1.0)",
        "“Other” is a third of real frames", "The area under it (AURC) is 2.56 %",
        "always “Fetal brain”, the most frequent plane", "None were shown for this report.",
    ):  # fmt: skip
        assert said in words


def test_a_machines_name_is_never_markup(page: str) -> None:
    assert "<b>S10</b>" not in page
    assert "&lt;b&gt;S10" in page


def test_without_pictures_no_scan_is_in_the_page(report: Report) -> None:
    page = to_html(report, tiny_model().card)
    assert "data:image" not in page
    assert report.worst[0].digest[:12] in page


def test_a_model_without_an_error_says_so() -> None:
    perfect = measure([case(n, Plane.BRAIN) for n in range(40)], tiny_model(), "brains")
    page = to_html(perfect, tiny_model().card)
    assert "The model got every scan right." in page
    assert "no error seen" in page


def test_the_card_has_the_usual_sections(report: Report) -> None:
    card = to_markdown(report, tiny_model().card)
    assert re.findall(r"^## (.+)$", card, re.MULTILINE) == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
        "Checklists",
    ]
    assert "| Four fetal planes | 75 | 38 | 96.0 %" in card
    assert "| Maternal cervix | 5 | too few to claim |" in card
    assert "| darker | 75 |" in card
    assert "\n\n\n" not in card


def test_a_second_reader_is_told_of(report: Report) -> None:
    card = replace(tiny_model().card, second_reader=tiny_reader_card(agree_at=0.4))
    for text in (to_html(report, card), to_markdown(report, card)):
        assert "sure only where it gives the same plane at least 40.0 %" in text
    assert "Behind the second reader: nothing; none" in to_markdown(report, card)
    assert "and where the second reader disagrees" in to_html(report, card)
    assert "Second reader" not in to_markdown(report, tiny_model().card)


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_card_or_a_file_says_is_text_in_the_page_and_in_the_card(
    report: Report, text: str
) -> None:
    own = tiny_model().card
    card = replace(own, limits=[text for _ in own.limits], data=[{"name": text} for _ in own.data])
    named = replace(report, model=text, data=text)
    assert tags(to_html(named, card)) == tags(to_html(report, own))
    foreign = ("img", "a", "script", "style", "code", "del", "h1", "li", "blockquote")
    written = [
        MarkdownIt("commonmark").render(to_markdown(*one)) for one in ((named, card), (report, own))
    ]
    assert [tags(written[0]).count(tag) for tag in foreign] == [
        tags(written[1]).count(tag) for tag in foreign
    ]


def test_a_card_shows_what_is_nearly_all_as_such_and_names_the_planes_on_one_line(
    report: Report,
) -> None:
    own = tiny_model().card
    card = replace(
        own, training={"scans": 12, "patients": 5, "per_plane": {"other": 4, "cervix": 8}}
    )
    nearly = Withstood("darker", 75, Interval(0.9999, 0.999, 0.99995), Interval(0, 0, 0), 0)
    page = MarkdownIt("commonmark").render(to_markdown(replace(report, withstood=(nearly,)), card))
    assert "<li>12 scans of 5 patients: other 4, cervix 8</li>" in page
    assert "| darker | 75 | &gt; 99.9 % (99.9 to 100.0 %) |" in page


def tags(page: str) -> list[str]:
    return [tag for tag, _ in Elements(page).found]
