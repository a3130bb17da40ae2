import numpy as np
import pytest

from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.store.states import CheckKind, RunState
from fetal.workbench import Workbench
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.label_quality import check_requests
from fetal.workbench.label_quality.feature_network import feature_network
from fetal.workbench.label_quality.more_like_this import more_like, scan_map, umap_places
from fetal.workbench.label_quality.stored_features import pack
from fetal.workbench.privacy import erasure
from fetal.workbench.reading_queues import queues, reservations
from fetal.workbench.reading_queues.reservations import Reader
from tests.support.labelling import drop_of, label_scans


def test_likenesses_and_map_follow_what_comes_and_goes(workbench: Workbench) -> None:
    numbers = label_scans(workbench)
    assert scan_map(workbench).known == 0
    assert more_like(workbench, numbers[5]) == []
    done = check_requests.check_now(workbench, CheckKind.FEATURES, "Ben")
    assert (done.status, done.result["scans"]) == (RunState.DONE, 36)
    found = more_like(workbench, numbers[5], most=4)
    assert len({one.id for one in found} - {numbers[5]}) == 4
    drawn = scan_map(workbench)
    assert (drawn.known, drawn.stored, drawn.method) == (36, 36, "PCA")
    assert drawn.places.shape == (36, 2)
    assert np.ptp(drawn.places, axis=0).min() > 0

    erasure.erase(workbench, found[0].patient, "Ben")
    assert found[0].id not in {one.id for one in more_like(workbench, numbers[5], most=40)}
    [new, *_] = add_scans(workbench, drop_of(95), who="Ann")
    assert scan_map(workbench).stored - scan_map(workbench).known == 3
    assert new.scan_id is not None
    assert len(more_like(workbench, new.scan_id, most=4)) == 4
    assert new.scan_id in {one.id for one in scan_map(workbench).scans}


def test_a_list_is_handed_out_in_its_own_order(workbench: Workbench) -> None:
    numbers = label_scans(workbench)[:6]
    listed = tuple(numbers[place] for place in (4, 1, 3))
    queue = queues.passing(workbench, "list", ScanFilter(ids=listed), as_listed=True)
    given = [
        reservations.hand_out(workbench, Reader("Ben", "t"), listed[:skip], queue)
        for skip in range(3)
    ]
    assert [one and one.id for one in given] == list(listed)


@pytest.mark.slow
def test_umap_lays_scans_that_are_seen_alike_near_one_another(workbench: Workbench) -> None:
    """Where `umap-learn` is installed, which the lock files leave to whoever wants it."""
    pytest.importorskip("umap")
    numbers = label_scans(workbench)
    assert umap_places(workbench) == {}, "nothing is on the map yet"
    network = feature_network(workbench).network
    chooser = np.random.default_rng(0)
    with workbench.store.session() as session:
        session.add_all(
            ScanFeature(
                network=network,
                scan_id=number,
                values=pack(chooser.normal(8.0 * (place % 2), 1, 32).astype(np.float32)),
            )
            for place, number in enumerate(numbers)
        )
    found = umap_places(workbench)
    assert list(found) == numbers
    places = np.array(list(found.values()))
    assert np.isfinite(places).all()
    one, two = places[::2], places[1::2]
    within = max(np.linalg.norm(part - part.mean(axis=0), axis=1).mean() for part in (one, two))
    assert np.linalg.norm(one.mean(axis=0) - two.mean(axis=0)) > 3 * within
    assert umap_places(workbench) == found, "the same scans give the same map"
