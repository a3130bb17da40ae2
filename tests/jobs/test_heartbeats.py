from datetime import timedelta

from fetal.jobs.heartbeats import announce, leave
from fetal.store.tables import WorkerRow
from tests.jobs.conftest import Site


def names(site: Site) -> list[str]:
    return [worker.name for worker in site.workers()]


def set_seen(site: Site, name: str, **ago: float) -> None:
    with site.store.session() as session:
        row = session.get_one(WorkerRow, name)
        row.seen_at -= timedelta(**ago)


def rows(site: Site) -> set[str]:
    with site.store.reading() as session:
        return {row.name for row in session.query(WorkerRow)}


def test_a_worker_is_there_from_its_first_word_to_its_last(site: Site) -> None:
    announce(site.store, "one")
    announce(site.store, "one")
    announce(site.store, "two")
    assert sorted(names(site)) == ["one", "two"]
    assert all(worker.device.startswith(("CPU", "GPU")) for worker in site.workers())
    leave(site.store, "one")
    assert names(site) == ["two"]
    assert rows(site) == {"two"}


def test_a_worker_that_fell_silent_is_not_counted_and_then_forgotten(site: Site) -> None:
    announce(site.store, "dead")
    set_seen(site, "dead", minutes=1)
    assert names(site) == []
    assert rows(site) == {"dead"}
    announce(site.store, "alive")
    assert rows(site) == {"alive"}


def test_a_worker_that_died_before_the_clock_was_set_back_is_not_counted(site: Site) -> None:
    announce(site.store, "dead")
    set_seen(site, "dead", hours=-1)
    assert names(site) == []
