"""A model on disk: a folder with its serving graph, card and digests."""

from fetal.bundle.bundle import Bundle
from fetal.bundle.card import Calibration, Card, Head, InputSpec
from fetal.bundle.errors import (
    BundleError,
    BundleExistsError,
    CardError,
    DigestError,
    FeaturesError,
    GraphError,
    MissingFileError,
    UnknownFormatError,
    WrongPlanesError,
)
from fetal.bundle.feature_statistics import FeatureStatistics
from fetal.bundle.kept_plane_sets import read_plane_sets
from fetal.bundle.manifest import stated_digest
from fetal.bundle.reader_card import SecondReaderCard
from fetal.bundle.statements import STATEMENTS, unknown_statements
from fetal.bundle.training_list import TrainingList
from fetal.bundle.write_bundle import (
    copy_second_reader,
    copy_with_card,
    rewrite_card,
    write_bundle,
)

__all__ = [
    "STATEMENTS",
    "Bundle",
    "BundleError",
    "BundleExistsError",
    "Calibration",
    "Card",
    "CardError",
    "DigestError",
    "FeatureStatistics",
    "FeaturesError",
    "GraphError",
    "Head",
    "InputSpec",
    "MissingFileError",
    "SecondReaderCard",
    "TrainingList",
    "UnknownFormatError",
    "WrongPlanesError",
    "copy_second_reader",
    "copy_with_card",
    "read_plane_sets",
    "rewrite_card",
    "stated_digest",
    "unknown_statements",
    "write_bundle",
]
