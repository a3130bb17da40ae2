"""A machine that only trains: Keras with a backend, numpy, OpenCV, Pillow and scipy, no more."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from pathlib import Path

absent = ("openvino", "sqlalchemy", "alembic", "pydicom", "click", "yaml", "streamlit", "fsspec")
sys.modules.update(dict.fromkeys(absent))

from fetal.training.events import EpochDone
from fetal.training.features import frozen_backbone
from fetal.training.pipeline import train_network
from fetal.training.settings import Stage
from tests.training.tiny_network import TINY, tiny_splits, use_tiny_network
from _pytest.monkeypatch import MonkeyPatch

use_tiny_network(MonkeyPatch())
stages = (Stage("Last layer", "head", 1, 1e-3), Stage("All layers", "all", 2, 1e-3))
events = []
train_network(tiny_splits(), TINY.but(stages=stages), Path(sys.argv[1]), events.append)
print([event.stage for event in events if isinstance(event, EpochDone)])
"""


def test_a_network_is_trained_where_little_is_installed(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.strip() == "['Last layer', 'All layers', 'All layers']", result.stderr
