"""A thorough search keeps what it computed, goes on after a stop, and uses a cluster."""

import numpy as np
import pytest
from distributed import LocalCluster
from sqlalchemy import delete

from fetal.progress import Progress
from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.store.tables import Lookalike
from fetal.workbench import Workbench
from fetal.workbench.batches.library_jobs import look_for_copies
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.label_quality.feature_network import champion_network
from fetal.workbench.label_quality.stored_features import (
    compute_missing,
    every_scan,
    read_features,
)
from tests.workbench.near_duplicates.test_deep_search import turned


@pytest.fixture
def with_copy(workbench: Workbench) -> Workbench:
    for degrees, patient in ((0, "4711"), (10, "4712")):
        add_scans(workbench, [turned(degrees)], who="Ann", patient=patient)
    with workbench.store.session() as session:
        session.execute(delete(Lookalike))
    return workbench


def count_features(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.query(ScanFeature).count()


def test_a_stopped_search_goes_on_with_what_it_computed(with_copy: Workbench) -> None:
    asked = iter([False, True, True, True])
    assert look_for_copies(with_copy, "Ann", stop=lambda: next(asked, True)) == 0
    assert look_for_copies(with_copy, "Ann") == 1
    assert count_features(with_copy) == 2
    told: list[Progress] = []
    assert look_for_copies(with_copy, "Ann", on_progress=told.append) == 0
    # Nothing was computed again: the first that is told of is a pair.
    assert told[0].done > 2


def test_features_of_a_cluster_are_those_of_this_process(
    with_copy: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, numbers = champion_network(with_copy), every_scan(with_copy)
    compute_missing(with_copy, network, numbers)
    with with_copy.store.session() as session:
        _, here = read_features(session, network, numbers)
        session.execute(delete(ScanFeature))
    with LocalCluster(
        n_workers=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None
    ) as cluster:
        monkeypatch.setenv("FETAL_CLUSTER", cluster.scheduler_address)
        compute_missing(with_copy, network, numbers)
    with with_copy.store.reading() as session:
        found, there = read_features(session, network, numbers)
    assert found.tolist() == numbers
    assert np.allclose(here, there, atol=1e-2)
