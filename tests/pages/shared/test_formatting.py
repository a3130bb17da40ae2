import json
import re
from datetime import datetime, timedelta

from streamlit.testing.v1 import AppTest

from fetal.metrics import PlaneSet
from fetal.planes import Plane
from pages.parts.shared.formatting import moment, percent, plain, plane_set_words, tenths

BEACON = "![x](https://example.org/who.png) [go](https://example.org) <img src=x> $x^2$ :red[a]"


def draws(text: str) -> bool:
    """Whether anything is left in Markdown that begins a picture, a link, a tag or a formula."""
    return re.search(r"(?<!\\)(\\\\)*[\[\]<$]", text) is not None


def test_what_a_file_is_called_is_shown_and_draws_nothing() -> None:
    """The reader's browser would fetch a picture that somebody wrote into a name."""
    assert plain("a_1-2 (3).png") == "a_1-2 (3).png"
    assert plain("two\nlines") == "two lines"
    assert draws(BEACON)
    assert not draws(plain(BEACON))
    assert not draws(plain(f"\\{BEACON}"))


def test_a_refused_files_name_is_no_markup() -> None:
    def page(name: str) -> None:
        from fetal.workbench.ingest.upload import IngestOutcome, IngestResult
        from pages.parts.scans import upload_results

        upload_results.show(
            [IngestResult(name, IngestOutcome.REFUSED, None, f"Expected a scan, received {name}.")]
        )

    shown = AppTest.from_function(page, args=(BEACON,)).run()
    assert not shown.exception
    [line] = [one.value for one in shown.markdown if "example.org" in one.value]
    assert not draws(line.replace(":orange[:material/block:]", "").replace("**", ""))


def test_a_share_is_never_rounded_to_certainty() -> None:
    assert [percent(share) for share in (0.0, 0.004, 0.5, 0.9951, 1.0)] == [
        "0 %",
        "< 1 %",
        "50 %",
        "> 99 %",
        "100 %",
    ]
    assert [tenths(share) for share in (0.0004, 0.5, 0.9996, 1.0)] == [
        "< 0.1 %",
        "50.0 %",
        "> 99.9 %",
        "100.0 %",
    ]


def test_a_moment_has_one_form_today_and_on_other_days() -> None:
    form = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d")
    today = datetime.now().astimezone()
    for at in (today, today - timedelta(days=40)):
        assert form.fullmatch(moment(at))


def test_curves_mark_where_another_stage_begins_and_say_why_the_error_jumps() -> None:
    def page() -> None:
        from fetal.training.events import EpochDone
        from pages.parts.shared import plots

        points = [
            EpochDone(stage, epoch, 2, loss=loss, accuracy=0.5, val_loss=1.0, val_accuracy=0.5)
            for stage, epoch, loss in (
                ("Last layer", 1, 1.2),
                ("Last layer", 2, 1.15),
                ("Upper layers", 1, 5.05),
            )
        ]
        plots.curves(points, key="two-stages")
        plots.curves(points[:2], key="one-stage")

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    [caption] = shown.caption
    assert "the next stage begins" in caption.value
    first, second = (json.loads(chart.proto.spec) for chart in shown.get("plotly_chart"))
    drawn = [note["text"] for note in first["layout"]["annotations"]]
    assert drawn.count("Upper layers") == 2, "in both plots"
    assert first["layout"]["shapes"][0]["x0"] == 2.5
    assert "shapes" not in second["layout"]


def test_a_set_of_planes_is_one_short_line() -> None:
    both = (Plane.BRAIN, Plane.OTHER)
    assert plane_set_words(PlaneSet(both, (), 0.95)) == "With 95 %: brain or other."
    assert plane_set_words(PlaneSet((), (Plane.CERVIX,), 0.9)) == (
        "With 90 %: none of the planes. Too few scans of cervix for a promise."
    )
