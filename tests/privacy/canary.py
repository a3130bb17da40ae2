"""Files of every format that carry made-up identifiers wherever the format has room for words."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin
from pydicom import config
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.privacy.with_tags import dataset_of, packed
from tests.support.drawn import fan

WORD = "QZXKANARIVOGL"
"""Stands for names and everything else that is words; no program writes it by chance."""
NUMBER = "7319408826617504"
"""Stands for numbers of patients and for the roots of UIDs."""
DATE = "19470213"
CANARIES = (WORD, NUMBER, DATE, "1947-02-13", "1947:02:13")

_TEXT = {
    **dict.fromkeys(("LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "AE", "CS"), WORD),
    "UI": f"1.2.{NUMBER}",
    "DA": DATE,
    "DT": f"{DATE}031719",
}
_DECODING = {"SpecificCharacterSet", "PhotometricInterpretation", "VOILUTFunction"}
"""Tags of text without which, or with a wrong word in which, there is no picture."""
_PICTURE_GROUPS = {0x0028, 0x5200}
"""How pixels are laid out, for one frame and for many: sequences in there shape the picture."""
_META_GROUP = 0x0002


def dicom(frames: int = 1) -> bytes:
    """A DICOM file with a canary in every text, UID and date of the standard's dictionary.

    Args:
        frames: how many pictures it holds; more than one make a film.
    """
    made = dataset_of(100 * frames)
    made.NumberOfFrames = frames
    made.PixelData = b"".join(fan(100 * frames + number).tobytes() for number in range(frames))
    for tag, (kind, _, _, _, keyword) in DicomDictionary.items():
        group = tag >> 16
        if not keyword or keyword in _DECODING or group <= _META_GROUP:
            continue
        if kind in _TEXT and keyword not in ("SOPClassUID", "Modality"):
            made.add_new(tag, kind, _TEXT[kind])
        elif kind == "SQ" and group not in _PICTURE_GROUPS:
            made.add_new(tag, kind, Sequence([_nested()]))
    made.EncapsulatedDocument = WORD.encode() * 2
    made.add_new(0x60004000, "LT", WORD)
    made.private_block(0x0009, WORD, create=True).add_new(0x01, "LO", WORD)
    deep = made.private_block(0x0011, "MAKER", create=True)
    deep.add_new(0x02, "SQ", Sequence([_nested()]))
    deep.add_new(0x03, "OB", WORD.encode() + b"\0")
    made.DataSetTrailingPadding = WORD.encode() + b"\0"
    meta = made.file_meta
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.ImplementationVersionName = WORD
    meta.SourceApplicationEntityTitle = WORD
    meta.PrivateInformationCreatorUID = UID(f"1.2.{NUMBER}")
    meta.PrivateInformation = WORD.encode() + b"\0"
    made.preamble = (WORD.encode() * 10)[:128]
    before = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    try:
        return packed(made)
    finally:
        config.settings.writing_validation_mode = before


def png() -> bytes:
    """A PNG with text of all three kinds, EXIF, XMP, a profile, a private chunk and a tail."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", f"{WORD} {DATE}")
    text.add_text("Comment", f"{WORD} {NUMBER}", zip=True)
    text.add_itxt("Author", WORD, "en", WORD)
    text.add_itxt("XML:com.adobe.xmp", _xmp().decode(), zip=True)
    written = _saved(2, "PNG", pnginfo=text, exif=_exif(), icc_profile=_profile())
    at = written.rindex(b"IEND") - 4
    private = _chunk(b"prVt", WORD.encode()) + _chunk(b"tIME", struct.pack(">HBBBBB", *_TIME))
    return written[:at] + private + written[at:] + WORD.encode()


def jpeg() -> bytes:
    """A JPEG with comment, EXIF, XMP, IPTC, a profile and a tail."""
    written = _saved(
        3, "JPEG", quality=95, comment=WORD, exif=_exif(), icc_profile=_profile(), xmp=_xmp()
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(_iptc())) + _iptc()
    segment = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    return written[:2] + segment + written[2:] + WORD.encode()


def tiff() -> bytes:
    """A TIFF with its text tags, XMP, IPTC, EXIF, a profile and a private tag."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    # Description, maker, model, software, date, artist, host, document, page, copyright.
    for number in (270, 271, 272, 305, 315, 316, 269, 285, 33432):
        tags[number] = WORD
    tags[306] = "1947:02:13 03:17:19"
    for number, content in ((700, _xmp()), (33723, _iptc()), (65000, NUMBER.encode())):
        tags.tagtype[number] = 7
        tags[number] = content
    return _saved(4, "TIFF", tiffinfo=tags, exif=_exif(), icc_profile=_profile())


def webp() -> bytes:
    """A WebP with EXIF, XMP and a profile."""
    return _saved(5, "WEBP", lossless=True, exif=_exif(), icc_profile=_profile(), xmp=_xmp())


def gif() -> bytes:
    """A GIF with a comment and an application's block."""
    written = _saved(6, "GIF", comment=f"{WORD} {NUMBER}".encode())
    block = _xmp()[:250]
    extension = b"\x21\xff\x0bXMP DataXMP" + bytes([len(block)]) + block + b"\0"
    return written[:-1] + extension + written[-1:] + WORD.encode()


def bmp() -> bytes:
    """A BMP with a tail, the only place that it has for words."""
    return _saved(7, "BMP") + f"{WORD} {NUMBER} {DATE}".encode()


FORMATS: dict[str, Callable[..., bytes]] = {
    "dcm": dicom,
    "png": png,
    "jpg": jpeg,
    "tif": tiff,
    "webp": webp,
    "gif": gif,
    "bmp": bmp,
}

_TIME = (1947, 2, 13, 3, 17, 19)


def _nested() -> Dataset:
    inner, item = Dataset(), Dataset()
    inner.PersonName = WORD
    inner.private_block(0x0013, WORD, create=True).add_new(0x01, "UT", NUMBER)
    item.PatientID, item.CodeMeaning, item.TextValue = NUMBER, WORD, WORD
    item.ReferencedSOPInstanceUID, item.ScheduledProcedureStepStartDate = f"1.2.{NUMBER}", DATE
    item.PersonIdentificationCodeSequence = Sequence([inner])
    return item


def _exif() -> Image.Exif:
    exif = Image.Exif()
    for number in (270, 271, 272, 305, 315, 33432):
        exif[number] = WORD
    exif[306] = "1947:02:13 03:17:19"
    exif[0x9C9D] = WORD.encode("utf-16-le")
    inner = exif.get_ifd(0x8769)
    inner[0x9286] = b"ASCII\0\0\0" + WORD.encode()
    inner[0x927C] = NUMBER.encode()
    inner[0xA420] = inner[0xA430] = inner[0xA431] = WORD
    place = exif.get_ifd(0x8825)
    place[0x001D], place[0x001B] = "1947:02:13", WORD.encode()
    return exif


def _xmp() -> bytes:
    return (
        f'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><a>{WORD} 1947-02-13 {NUMBER}'
        f'</a></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def _iptc() -> bytes:
    records = ((5, WORD), (55, DATE), (80, WORD), (103, NUMBER), (120, WORD))
    return b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text.encode()
        for number, text in records
    )


def _profile() -> bytes:
    usual, mine = "sRGB built-in", WORD
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert len(usual) == len(mine)
    changed = made.replace(usual.encode("utf-16-be"), mine.encode("utf-16-be"))
    assert changed != made
    return changed


def _saved(seed: int, kind: str, **extra: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.asarray(fan(seed))).save(file, kind, **extra)
    return file.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
