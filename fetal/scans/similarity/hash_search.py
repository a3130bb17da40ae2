"""Exact search among many near-duplicate hashes: all are compared, a million in milliseconds.

Hashes count as near up to `REACH` of 255 bits, more than a quarter. At such a radius the indexes
for binary vectors look at most of the hashes too (multi-index hashing: Norouzi, Punjani and Fleet
2012) or miss some (graphs, such as HNSW). All hashes of a million scans are 32 MB, which a
processor compares in about 5 ms. docs/researcher.md has the figures.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fetal.scans.similarity.perceptual_hash import REACH, Fingerprints

Columns = NDArray[np.uint64]
"""(4, n): the bits of n hashes, those that keep their sign in a mirrored picture first."""

_KEPT = np.uint64(0xAAAAAAAAAAAAAAAA)
"""In each word of a hash: the waves that are the same in a mirrored picture."""
_TURNED = np.uint64(0x5555555555555555)
"""In each word of a hash: the waves that change their sign in a mirrored picture."""
_TURNED_BITS = 128
_BLOCK = 65_536
"""Hashes that are compared in one step: their columns stay in the processor's cache."""


def to_columns(hashes: Fingerprints) -> Columns:
    """Order the bits of hashes for `search`.

    Args:
        hashes: uint64 (n, 4).

    Returns:
        uint64 (4, n): in the first two rows the bits that keep their sign in a mirrored picture,
        in the last two those that change it.
    """
    one = np.uint64(1)
    columns = np.empty((4, len(hashes)), np.uint64)
    for place in (0, 1):
        first, second = hashes[:, 2 * place], hashes[:, 2 * place + 1]
        columns[place] = (first & _KEPT) | ((second & _KEPT) >> one)
        columns[place + 2] = ((first & _TURNED) << one) | (second & _TURNED)
    return columns


def search(
    one: Fingerprints, columns: Columns, reach: int = REACH
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find all hashes that differ little from a given one, or from it mirrored.

    Args:
        one: uint64 (4,), the hash.
        columns: uint64 (4, n), the hashes to search in, as `to_columns` orders them.
        reach: in how many bits they may differ.

    Returns:
        Their places in `columns` in ascending order, int64 (m,), and the bits in which they differ,
        int64 (m,).
    """
    wanted = to_columns(one[None])[:, 0]
    count = columns.shape[1]
    places, apart = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    size = min(_BLOCK, count)
    words, bits = np.empty(size, np.uint64), np.empty(size, np.uint8)
    kept, turned = np.empty(size, np.uint8), np.empty(size, np.uint8)
    for start in range(0, count, _BLOCK):
        block = columns[:, start : start + _BLOCK]
        if block.shape[1] < size:
            size = block.shape[1]
            words, bits, kept, turned = words[:size], bits[:size], kept[:size], turned[:size]
        for total, row in ((kept, 0), (turned, 2)):
            np.bitwise_count(np.bitwise_xor(block[row], wanted[row], out=words), out=total)
            np.bitwise_count(np.bitwise_xor(block[row + 1], wanted[row + 1], out=words), out=bits)
            np.add(total, bits, out=total)
        # In the mirrored picture, exactly the turned bits that agreed differ. No sum exceeds 192.
        np.minimum(turned, np.subtract(_TURNED_BITS, turned, out=bits), out=turned)
        np.add(kept, turned, out=kept)
        near = np.flatnonzero(kept <= reach)
        places.append(near + start)
        apart.append(kept[near].astype(np.int64))
    return np.concatenate(places), np.concatenate(apart)


def near_pairs(hashes: Fingerprints, reach: int = REACH) -> Iterator[tuple[int, int, int]]:
    """Find all pairs of hashes that differ little.

    Ten thousand take about half a second; the memory needed is that of the hashes.

    Args:
        hashes: uint64 (n, 4).
        reach: in how many bits they may differ.

    Yields:
        Two places, the smaller first, and the bits that differ; in the order of the larger place.
    """
    columns = to_columns(hashes)
    for place in range(1, len(hashes)):
        others, apart = search(hashes[place], columns[:, :place], reach)
        for other, bits in zip(others.tolist(), apart.tolist(), strict=True):
            yield other, place, bits
