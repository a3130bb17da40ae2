"""Numbers, days and lengths of time as readers of a language write them."""

from datetime import UTC, datetime

import pytest

from fetal.metrics import Interval, PlaneSet
from fetal.planes import Plane
from pages.parts.shared import formatting
from pages.parts.texts import customs
from pages.parts.texts.reader_locale import ReaderLocale, writing_for

AT = datetime(2026, 11, 3, 23, 5, tzinfo=UTC)
SPANISH = ReaderLocale("es", "es-ES", "Europe/Madrid")


@pytest.mark.parametrize(
    ("reader", "moment", "thousands", "share"),
    [
        (ReaderLocale("en", "en-GB", "UTC"), "3 Nov 2026, 23:05", "12,345", "98.5 %"),
        (ReaderLocale("en", "en-US", "America/New_York"), "Nov 3, 2026, 18:05", "12,345", "98.5 %"),
        (SPANISH, "4 nov 2026, 00:05", "12.345", "98,5 %"),
        (ReaderLocale("es", "es-MX", "UTC"), "3 nov 2026, 23:05", "12,345", "98.5 %"),
        (ReaderLocale("en", "de-DE", "UTC"), "03.11.2026, 23:05", "12.345", "98,5 %"),
        (ReaderLocale("en", "en-US@posix", "Nowhere/At all"), None, "12,345", "98.5 %"),
        (ReaderLocale("en", "xx-XX", None), None, "12,345", "98.5 %"),
    ],
)
def test_moments_and_numbers_follow_the_reader(
    reader: ReaderLocale, moment: str | None, thousands: str, share: str
) -> None:
    with writing_for(reader):
        if moment is not None:
            assert formatting.moment(AT) == moment
        assert customs.whole(12345) == thousands
        assert formatting.tenths(0.985) == share


def test_words_around_numbers_are_spanish() -> None:
    with writing_for(SPANISH):
        assert formatting.duration(1) == "1 segundo"
        assert formatting.duration(5400) == "90 minutos"
        assert formatting.duration(9000) == "2,5 horas"
        assert customs.decimal(1234.5, 2) == "1.234,50"
        assert customs.decimal(1234.5, 0) == "1.234"
        assert formatting.with_interval(Interval(0.985, 0.97, 0.995)) == "98,5 % (97,0 a 99,5)"
        assert formatting.label("cervix") == "Cuello uterino materno"
        assert formatting.label("unusable") == "No utilizable"
        found = PlaneSet((Plane.BRAIN, Plane.THORAX), (), 0.975)
        assert formatting.plane_set_words(found) == "Con un 97,5 %: cerebro o tórax."


def test_lengths_of_time_speak_the_language_of_the_texts() -> None:
    """A browser in a language that the pages do not speak gets English words."""
    with writing_for(ReaderLocale("en", "de-DE", None)):
        assert formatting.duration(9000) == "2.5 hours"
