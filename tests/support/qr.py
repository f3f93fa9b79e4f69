"""A reader of QR codes that is none of the writer's: modules in, text out, no damage mended.

Source:
    ISO/IEC 18004:2015, 7.4 (bytes), 7.7.3 (placement), 7.8 (masks), 7.9 (format), table 9 (blocks), annex E
    (alignment).
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

FORMAT_MASK = 0b101010000010010
LEVEL_M = 0b00
# By version: how many data codewords each block has at level M.
BLOCKS_M = {1: [16], 2: [28], 3: [44], 4: [32] * 2, 5: [43] * 2, 6: [27] * 4, 7: [31] * 4, 8: [38] * 2 + [39] * 2}
ALIGNMENT = {2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38], 8: [6, 24, 42]}
MASKS = [
    lambda i, j: (i + j) % 2 == 0,
    lambda i, _: i % 2 == 0,
    lambda _, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
]


def modules_in(picture: Image.Image, box: tuple[float, float, float, float]) -> list[list[int]]:
    """Return the modules of the code in a box of a picture: left, top, right, bottom in pixels, quiet zone included.

    How many there are is told by the upper left finder: seven modules wide.
    """
    grey = picture.convert("L").crop(tuple(round(side) for side in box))
    dark = grey.point(lambda level: 255 if level < 128 else 0).getbbox()
    assert dark is not None
    left, top, right, _ = dark
    # A pixel inwards: at the very corner paper shines through on two sides.
    finder = 1
    while grey.getpixel((left + finder, top + 1)) < 128:
        finder += 1
    module = finder / 7
    size = round((right - left) / module)
    module = (right - left) / size
    return [
        [
            int(grey.getpixel((int(left + (x + 0.5) * module), int(top + (y + 0.5) * module))) < 128)
            for x in range(size)
        ]
        for y in range(size)
    ]


def read_qr(matrix: Sequence[Sequence[int]]) -> str:
    """Return the text of a code of level M and version 1 to 8 that holds bytes."""
    size = len(matrix)
    version = (size - 17) // 4
    told = [matrix[8][j] for j in (0, 1, 2, 3, 4, 5, 7, 8)] + [matrix[i][8] for i in (7, 5, 4, 3, 2, 1, 0)]
    form = int("".join(map(str, told)), 2) ^ FORMAT_MASK
    assert form >> 13 == LEVEL_M
    is_masked = MASKS[form >> 10 & 7]
    bits = [matrix[i][j] ^ is_masked(i, j) for i, j in _path(size) if not _is_function(i, j, size, version)]
    words = [int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits) - 7, 8)]
    data = "".join(f"{word:08b}" for word in _in_order(words, BLOCKS_M[version]))
    assert data[:4] == "0100", "bytes"
    length = int(data[4:12], 2)
    return bytes(int(data[12 + 8 * at : 20 + 8 * at], 2) for at in range(length)).decode()


def _path(size):
    upward, right = True, size - 1
    while right > 0:
        if right == 6:
            right -= 1
        for i in range(size - 1, -1, -1) if upward else range(size):
            yield i, right
            yield i, right - 1
        upward, right = not upward, right - 2


def _is_function(i: int, j: int, size: int, version: int) -> bool:
    if (i < 9 and j < 9) or (i < 9 and j >= size - 8) or (i >= size - 8 and j < 9) or 6 in {i, j}:
        return True
    if version >= 7 and ((i < 6 and j >= size - 11) or (j < 6 and i >= size - 11)):
        return True
    places = ALIGNMENT.get(version, [])
    last = size - 7
    centres = [(a, b) for a in places for b in places if (a, b) not in {(6, 6), (6, last), (last, 6)}]
    return any(abs(i - a) <= 2 and abs(j - b) <= 2 for a, b in centres)


def _in_order(words, lengths):
    blocks = [[] for _ in lengths]
    source = iter(words)
    for row in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if row < length:
                block.append(next(source))
    return [word for block in blocks for word in block]
