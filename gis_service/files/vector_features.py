"""The features of a file that is held whole, as parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gis_service.errors import RuleBrokenError
from gis_service.files.building_parts import ROWS_OF_A_PART, OpenedFile, RowPart
from gis_service.files.features import VectorFile


def parts_of_features(file: VectorFile) -> OpenedFile:
    """Return a vector file as one that is read part by part; features count from 1.

    Raises:
        RuleBrokenError: it holds no features.
    """
    if not file.features:
        raise RuleBrokenError(f"{file.path} holds no features. 文件中没有要素。", code="no-features")
    headings = file.fields

    def parts() -> Iterator[RowPart]:
        for first in range(0, len(file.features), ROWS_OF_A_PART):
            some = file.features[first : first + ROWS_OF_A_PART]
            shapes: np.ndarray[tuple[int], np.dtype[np.object_]] = np.empty(len(some), dtype=np.object_)
            shapes[:] = [feature.shape for feature in some]
            rows = [[feature.properties.get(name) for name in headings] for feature in some]
            yield RowPart(range(first + 1, first + 1 + len(some)), rows, shapes)

    return OpenedFile(headings, parts, crs=file.crs, rows=len(file.features), has_shapes=True)
