"""The frames of a DICOM file, decoded one at a time.

Decoders: Pillow for JPEG with 8 bits and JPEG 2000; GDCM, in a process of its own, for the rest of
the JPEG family; pydicom itself for run lengths and for what is not compressed.
"""

import io
import math
import warnings
from contextlib import suppress
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom import encaps, uid
from pydicom.pixels.decoders.base import Decoder, get_decoder

from fetal.scans.dicom.bits import AS_DECODED, in_byte_order, stored_bits
from fetal.scans.dicom.colour import shown
from fetal.scans.dicom.description import agree, believe_length, complete, frames_stated
from fetal.scans.dicom.gdcm_worker import GdcmProcess
from fetal.scans.dicom.payload import encoded_frames
from fetal.scans.dicom.stream_header import StreamColour, StreamHead, stream_head
from fetal.scans.errors import ScanError, TruncatedError, UnsupportedFormatError
from fetal.scans.limits import Limits

_EIGHT_BIT_JPEG = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
_PLUGINS = ("pillow", "gdcm", "pydicom")
_RUN_LENGTH_OVERHEAD = 1.1
_HEADER = 4096
_GDCM = GdcmProcess()


class DicomFrames:
    """The frames of one file.

    Args:
        dataset: the file's, with `PixelData`, `Rows` and `Columns`. Its description of the pixels
            is put right where the pixels belie it.
        limits: the bounds on a frame's size.

    Raises:
        TooLargeError: there are too many frames, or too many pixels in one.
        TooSmallError: there are too few pixels in a frame.
        UnsupportedFormatError: the frames are compressed in a way that is not read.
        TruncatedError: there is no whole frame.
    """

    def __init__(self, dataset: pydicom.Dataset, limits: Limits) -> None:
        self._dataset = dataset
        self._limits = limits
        stated = frames_stated(dataset)
        limits.check_frames(stated or 1)
        complete(dataset)
        limits.check_size(int(dataset.Columns), int(dataset.Rows))
        if int(dataset.get("BitsAllocated") or 0) == 1:
            raise UnsupportedFormatError(
                "a DICOM file of outlines, one bit a pixel", "please export the scan itself"
            )
        self._encoded = encoded_frames(dataset, stated)
        if self._encoded is None:
            self._decoder = get_decoder(self._syntax)
            self.count = believe_length(dataset, stated)
        else:
            self._decoder = self._decoder_or_refusal()
            self.count = len(self._encoded)
            agree(dataset)
        if self.count == 0:
            raise TruncatedError("DICOM")
        limits.check_frames(self.count)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Decode a frame.

        Args:
            index: 0 to the number of frames - 1.

        Returns:
            uint8 (H, W), or (H, W, 3) in RGB, as the machine showed it.

        Raises:
            IndexError: there is no such frame.
            ScanError: it is damaged, or larger than the file said.
        """
        if not 0 <= index < self.count:
            raise IndexError(index)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if self._encoded is None:
                    return self._native(index)
                return self._decompressed(self._encoded[index])
        except (ScanError, MemoryError):
            raise
        # A decoder may raise anything at all on a hostile or damaged frame.
        except Exception as error:
            if self._encoded is not None:
                raise UnsupportedFormatError(
                    "a compressed DICOM file whose picture cannot be unpacked"
                ) from error
            raise TruncatedError("DICOM") from error

    @property
    def _syntax(self) -> uid.UID:
        syntax: uid.UID = self._dataset.file_meta.TransferSyntaxUID
        return syntax

    def _decoder_or_refusal(self) -> Decoder:
        try:
            decoder = get_decoder(self._syntax)
        except NotImplementedError:
            decoder = None
        if decoder is None or not decoder.is_available:
            raise UnsupportedFormatError(f"a DICOM file compressed as “{self._syntax.name}”")
        return decoder

    def _native(self, index: int) -> NDArray[np.uint8]:
        dataset = self._dataset
        options = dict(AS_DECODED)
        written = str(dataset.PhotometricInterpretation)
        if written.startswith("YBR_PARTIAL"):
            # The samples lie as those of the full range do, which pydicom knows.
            options["photometric_interpretation"] = written.replace("PARTIAL", "FULL")
        samples, _ = self._decoder.as_array(dataset, index=index, **options)
        return shown(stored_bits(in_byte_order(samples, dataset), dataset), dataset)

    def _decompressed(self, frame: bytes) -> NDArray[np.uint8]:
        head = None if self._syntax == uid.RLELossless else stream_head(frame)
        told = StreamColour.UNTOLD
        if head is not None:
            if head.width * head.height > self._limits.pixels:
                # The file itself promised less.
                raise TruncatedError("DICOM")
            if self._syntax in _EIGHT_BIT_JPEG:
                return self._eight_bit_jpeg(frame, head)
            told = head.colour if self._syntax in uid.JPEG2000TransferSyntaxes else told
        elif self._syntax == uid.RLELossless:
            self._check_run_lengths(frame)
        single = _single(self._dataset, frame, head)
        return shown(stored_bits(self._by_plugin(single), self._dataset), single, told)

    def _eight_bit_jpeg(self, frame: bytes, head: StreamHead) -> NDArray[np.uint8]:
        if head.bits != 8:
            raise UnsupportedFormatError(
                f"a DICOM file compressed as JPEG with {head.bits} bits a pixel"
            )
        with Image.open(io.BytesIO(frame), formats=("JPEG",)) as image:
            if image.mode == "RGB" and head.colour is StreamColour.UNTOLD:
                # Ask for the samples as they are; without markers Pillow would guess what they are.
                image.draft("YCbCr", image.size)
            elif image.mode != "L":
                return np.asarray(image.convert("RGB"), np.uint8)
            return shown(np.asarray(image, np.uint8), self._dataset)

    def _check_run_lengths(self, frame: bytes) -> None:
        dataset = self._dataset
        values = int(dataset.Rows) * int(dataset.Columns) * int(dataset.SamplesPerPixel)
        raw = values * math.ceil(int(dataset.BitsAllocated) / 8)
        # Honest run lengths never take much more room than the picture; others unpack to anything.
        if len(frame) > _RUN_LENGTH_OVERHEAD * raw + _HEADER:
            raise TruncatedError("DICOM")

    def _by_plugin(self, single: pydicom.Dataset) -> NDArray[Any]:
        plugins = [name for name in _PLUGINS if name in self._decoder.available_plugins]
        for name in plugins[:-1]:
            try:
                return _array(self._decoder, single, name)
            # What one decoder cannot do (such as 12-bit colours) the next one may.
            except Exception:
                continue
        return _array(self._decoder, single, plugins[-1])


def _single(dataset: pydicom.Dataset, frame: bytes, head: StreamHead | None) -> pydicom.Dataset:
    """A dataset of one frame, described as its stream describes it."""
    single = pydicom.Dataset()
    # All that describes pixels, and how to show them, is of this group.
    for raw in dataset.group_dataset(0x0028).values():
        # A damaged element may raise anything; it counts as one that was not written.
        with suppress(Exception):
            element = dataset[raw.tag]
            single.add_new(element.tag, element.VR, element.value)
    single.file_meta = dataset.file_meta
    single.NumberOfFrames = 1
    single.PixelData = encaps.encapsulate([frame])
    single["PixelData"].VR = "OB"
    if head is not None:
        single.Rows, single.Columns = head.height, head.width
        if head.samples in (1, 3):
            single.SamplesPerPixel = head.samples
        agree(single)
        _believe_depth(single, head.bits)
    return single


def _believe_depth(single: pydicom.Dataset, bits: int) -> None:
    """Take the depth of the samples from the stream, which the decoder needs to unpack it."""
    if 0 < bits <= 16:
        single.BitsAllocated = 8 if bits <= 8 else 16
        single.BitsStored, single.HighBit = bits, bits - 1


def _array(decoder: Decoder, single: pydicom.Dataset, plugin: str) -> NDArray[Any]:
    if plugin == "gdcm":
        return _GDCM.decode(single)
    samples, _ = decoder.as_array(single, index=0, decoding_plugin=plugin, **AS_DECODED)
    return samples
