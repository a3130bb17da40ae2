"""A loaded model: from images to predictions."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fetal import explain
from fetal.bundle import Bundle, MissingFileError
from fetal.configuration.declared import MODEL
from fetal.planes import PLANES
from fetal.predict.engines import EngineName, Outputs, open_engine
from fetal.predict.inputs import Image, as_scan
from fetal.predict.prediction import Prediction
from fetal.predict.second_reader_engine import Opinions, SecondReaderEngine
from fetal.predict.softmax import softmax
from fetal.predict.uncertainty import Doubt, doubt_words
from fetal.scans import Scan
from fetal.scans.letterbox import Framing

Framed = tuple[Scan, Framing]

BATCH = 4
"""Scans computed together: more gains nothing on a few cores and lets the first ones wait."""

_PACKAGE = Path(__file__).parents[1]
_SHIPPED = (_PACKAGE.parent / "models", _PACKAGE / "shipped")
"""Where the model that ships lies: in a checkout, in an installed package."""


def load_model(path: Path | str | None = None, engine: EngineName = "auto") -> "Model":
    """Load a model, checking every file of it.

    Args:
        path: the model's folder. If None, the folder that the setting FETAL_MODEL names,
            else the newest model that ships with the program.
        engine: `openvino`, `keras`, or `auto`: OpenVINO where it is installed, else Keras. Both
            give the same answer.

    Returns:
        The model, ready to predict.

    Raises:
        BundleError: there is no model, or it is damaged; the text says what to do.
        UnknownEngineError: no such engine.
        ForkedProcessError: this process was forked from one with a loaded model.

    Example:
        >>> load_model().predict("scan.png").plane  # doctest: +SKIP
        <Plane.BRAIN: 'brain'>
    """
    return Model(Bundle.open(path or shipped_folder()), engine)


def shipped_folder() -> Path:
    """Find the model that a new workspace starts with.

    Returns:
        The folder that the setting FETAL_MODEL names, else that of the newest model
        that ships with the program. It is not opened.

    Raises:
        MissingFileError: no model ships with the program.
    """
    if named := MODEL.value():
        return named
    # Folders whose names begin with a dot are drafts that a killed writing left behind.
    found = [card for place in _SHIPPED for card in sorted(place.glob("[!.]*/card.json"))]
    if not found:
        raise MissingFileError(
            "No model came with the program. Name a model's folder, or set FETAL_MODEL to it."
        )
    return max(found, key=_created).parent


def _created(card: Path) -> str:
    try:
        return str(json.loads(card.read_text("utf-8"))["created"])
    except (ValueError, KeyError, TypeError):
        return ""


class Model:
    """A model that predicts. It may be used from several threads at once.

    Pickled, as `multiprocessing` does it, it is loaded again from its folder by whoever unpickles
    it. In a process that was forked after a model was loaded it raises `ForkedProcessError`.

    Attributes:
        bundle: the model on disk.
        name: what people call it.
    """

    def __init__(self, bundle: Bundle, engine: EngineName = "auto") -> None:
        self.bundle = bundle
        self.name = bundle.card.name
        self._engine_name = engine
        self._engine = open_engine(bundle, engine)
        self._kernel, _ = bundle.head()
        self._known = bundle.features()
        self._second = SecondReaderEngine(bundle, engine) if bundle.second_graph else None

    def __reduce__(self) -> tuple[Callable[..., "Model"], tuple[str, EngineName]]:
        return load_model, (str(self.bundle.folder.absolute()), self._engine_name)

    def warm_up(self) -> None:
        """Compute once for nothing, so that the first scan waits for nothing that is made once.

        Kernels are prepared at the first pass, and the directions that the model knows are found.
        """
        size = self.bundle.card.input.size
        finish = self._engine.start(np.zeros((1, size, size, 1), np.float32))
        if self._second is not None:
            self._second.warm_up()
        maps, _ = finish()
        self._unfamiliarity(maps)

    def predict(self, image: Image) -> Prediction:
        """Predict one scan.

        Args:
            image: a `Scan`, a path, a file's bytes, a Pillow image, or uint8 levels, (H, W) grey
                or (H, W, 3) red, green, blue.

        Returns:
            Plane, probabilities, doubt and heat maps.

        Raises:
            ScanError: the image cannot be read as a scan; the text says why.
        """
        return next(self.predict_many([image]))

    def predict_many(self, images: Iterable[Image]) -> Iterator[Prediction]:
        """Predict many scans; the next ones are read while these are computed.

        Args:
            images: as `predict` takes them; may be endless, read as needed.

        Yields:
            One prediction for each, in their order.

        Raises:
            ScanError: an image cannot be read; where others must go on, read them one by one
                with `fetal.scans.read_scan` first.
        """
        pending: Callable[[], list[Prediction]] | None = None
        source = iter(images)
        while group := list(islice(source, BATCH)):
            finish = self.begin([as_scan(image) for image in group])
            if pending is not None:
                yield from pending()
            pending = finish
        if pending is not None:
            yield from pending()

    def begin(self, scans: Sequence[Scan]) -> Callable[[], list[Prediction]]:
        """Begin to predict a few scans together, while the caller does something else.

        Args:
            scans: the scans; more than `BATCH` gain nothing.

        Returns:
            A function that waits for the predictions and returns them, in the order of the scans.
        """
        if not scans:
            return list
        framed = [self._frame(scan) for scan in scans]
        finish = self._engine.start(_batch(framed))
        opinions = self._second.start(scans) if self._second else None
        return lambda: list(self._results(framed, finish, opinions))

    def explain(self, seen: Prediction | Image, method: str = "grad-cam") -> explain.Heat:
        """Explain a scan by another method than the one that each prediction brings along.

        Args:
            seen: a prediction, or an image as `predict` takes it.
            method: a key of `fetal.explain.METHODS`. Score-CAM takes many forward passes, the
                others one.

        Returns:
            float32 (6, h, w), 0 to 1: where each plane is seen, as `Prediction.heat_map` and
            `Prediction.overlay` take it.

        Raises:
            UnknownMethodError: no such method.
            ScanError: the image cannot be read as a scan.
        """
        explained = explain.method(method)
        scan, framing = self._frame(seen.scan if isinstance(seen, Prediction) else as_scan(seen))
        square = framing.apply(scan.pixels).astype(np.float32)
        [maps], _ = self._engine.start(square[None, ..., None])()
        return explained(explain.ForwardPass(maps, self._kernel, square, self.logits))

    def logits(self, squares: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Compute what the model says of squares that are framed already.

        Args:
            squares: float32 (n, size, size), grey levels 0 to 255, as `Framing.apply` gives them.

        Returns:
            float32 (n, 6), before the calibration.
        """
        batches = (squares[at : at + BATCH, ..., None] for at in range(0, len(squares), BATCH))
        return np.concatenate([self._engine.start(batch)()[1] for batch in batches])

    def frames(self, scans: Sequence[Scan]) -> list[npt.NDArray[np.float32]]:
        """Return what the graphs are given for some scans: the first reader's, and the second's.

        Args:
            scans: the scans, n of them.

        Returns:
            float32 (n, rows, columns, 1), grey levels 0 to 255, for each of the model's readers.
        """
        first = _batch([self._frame(scan) for scan in scans])
        return [first] if self._second is None else [first, self._second.frames(scans)]

    def _frame(self, scan: Scan) -> Framed:
        given = self.bundle.card.input
        height, width = scan.pixels.shape
        box = scan.sector if given.crop_to_sector else None
        return scan, Framing.of((height, width), box, given.size)

    def _results(
        self, framed: list[Framed], finish: Callable[[], Outputs], opinions: Opinions | None
    ) -> Iterator[Prediction]:
        calibration = self.bundle.card.calibration
        maps, logits = finish()
        chances = softmax(logits / calibration.temperature)
        strange = self._unfamiliarity(maps).tolist()
        planes = [PLANES[int(row.argmax())] for row in chances]
        seconds = opinions(planes) if opinions else [None] * len(planes)
        for (scan, framing), plane, cells, row, far, second in zip(
            framed, planes, maps, chances, strange, seconds, strict=True
        ):
            probabilities = dict(zip(PLANES, row.tolist(), strict=True))
            doubted = probabilities, calibration.check_below, far, second
            yield Prediction(
                plane=plane,
                probabilities=probabilities,
                doubt=Doubt.of(*doubted),
                words=doubt_words(*doubted),
                heat=explain.grad_cam(cells, self._kernel),
                framing=framing,
                scan=scan,
                unfamiliarity=far,
                set_thresholds=calibration.plane_sets,
                second_opinion=second,
            )

    def _unfamiliarity(self, maps: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """How unlike the training scans each of a batch is, (n,): 1 where unknown begins."""
        threshold = self.bundle.card.calibration.unknown_above
        if self._known is None or threshold is None:
            return np.zeros(len(maps))
        return self._known.strangeness(maps.mean(axis=(1, 2))) / threshold


def _batch(framed: Sequence[Framed]) -> npt.NDArray[np.float32]:
    squares = np.stack([framing.apply(scan.pixels) for scan, framing in framed])
    return squares[..., None].astype(np.float32)
