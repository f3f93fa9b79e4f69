"""The layers of a tile and the levels of the tree, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tiles.address import EXTENT, MAX_ZOOM, Bounds

MAX_LAYERS = 9
"""Most layers in one tile: the number there will be."""

COUNT_LEVEL = "unit_grid"
"""Finest level by which incidents are counted for the public; a micro-grid may be one staircase."""

COUNT_LEVEL_ZOOM = 13
"""From this zoom on incidents are counted by COUNT_LEVEL."""

SINGLE_ZOOM = 15
"""From this zoom on incidents within a scope are drawn one by one; below, those of one cell as a cluster."""

FINEST_CELL = 19
"""The zoom of Web Mercator whose tiles are the smallest cells of hot spots: 76 m at the equator, 69 m in Kunming."""

MOST_POINTS = 20_000
"""Most points of one layer in one tile: a phone still draws them, and a tile of them is a megabyte."""

TRACK_GAP_S = 600
"""Two positions further apart in time are not joined by a track: nobody knows where the person was meanwhile."""

TRACK_GAP_M = 500
"""Nor two that are further apart in space."""


class UnknownLayerError(LookupError):
    """There is no layer of this name."""


class LayerListError(ValueError):
    """The list of layers is empty, too long, or names a layer twice."""


@dataclass(frozen=True, slots=True)
class LevelBand:
    """A level of the tree and the zooms, both included, at which tiles draw it; rank 0 is the root."""

    code: str
    rank: int
    min_zoom: int
    max_zoom: int


@dataclass(frozen=True, slots=True)
class TileEdition:
    """What tiles need to know of an edition.

    ``bounds`` are in degrees; ``levels`` are all that the tree may have, ``present`` the codes of those that have
    grids in this edition, never none.  ``bands`` are those (``tiles/bands.py``) that have generalised shapes, with
    the code of the finest level that each was made for.  ``content`` tells it from an edition of the same number in
    another database, and from itself with other levels or bands.
    """

    number: int
    bounds: Bounds
    levels: tuple[LevelBand, ...]
    present: frozenset[str]
    bands: Mapping[int, str] = field(default_factory=dict)
    content: str = ""

    def present_levels(self) -> list[LevelBand]:
        """Return the levels that have grids in this edition."""
        return [level for level in self.levels if level.code in self.present]

    def coarser_than(self, level: LevelBand) -> list[str]:
        """Return the codes of the levels of this edition above a level."""
        return [other.code for other in self.present_levels() if other.rank < level.rank]


@dataclass(frozen=True, slots=True)
class TileLayer:
    """One layer.

    ``fields`` are those of the public, ``exact_fields`` those of a caller with a scope where they differ.
    ``moves`` says that its features change between editions.  ``buffer`` is in tile units: what lies that far outside
    the tile is in it too, so that strokes and symbols are not cut.  ``filters`` are those that it obeys.
    ``reach`` is given where changes are noted by place: how many tile units from the tile a change still alters it.
    ``most_features`` are drawn in one tile, the most important ones (the statement of the layer says which); None
    draws all.
    ``data_class`` is what a caller must be cleared for to learn that the layer is there.
    """

    name: str
    description: str
    geometry: str
    fields: Mapping[str, str]
    min_zoom: int
    buffer: int
    moves: bool
    filters: frozenset[str]
    exact_fields: Mapping[str, str] | None = None
    reach: int | None = None
    max_zoom: int = field(default=MAX_ZOOM)
    most_features: int | None = None
    data_class: str = "general"

    def is_drawn_at(self, zoom: int) -> bool:
        """Tell whether the layer has features at a zoom."""
        return self.min_zoom <= zoom <= self.max_zoom

    def fields_for(self, *, exact: bool) -> Mapping[str, str]:
        """Return the fields that the public or a caller with a scope receives."""
        return self.exact_fields if exact and self.exact_fields is not None else self.fields


GRID_FIELDS = MappingProxyType(
    {
        "code": "Code of the grid, never used again",
        "name": "Name",
        "level": "Level of the tree",
        "parent": "Code of the parent; absent at the root",
        "kind": "standard or dedicated",
        "households": "Households; absent when not known",
    }
)

_ALL = (
    TileLayer(
        name="grids",
        description="Grids of the level that suits the zoom, and coarser ones that have no children",
        geometry="polygon",
        fields=GRID_FIELDS,
        min_zoom=0,
        buffer=64,
        moves=False,
        filters=frozenset({"level", "kind"}),
    ),
    TileLayer(
        name="grid_labels",
        description="One point inside each grid of the layer grids, the same at every zoom",
        geometry="point",
        fields=GRID_FIELDS,
        min_zoom=0,
        buffer=256,
        moves=False,
        filters=frozenset({"level", "kind"}),
    ),
    TileLayer(
        name="buildings",
        description="Buildings",
        geometry="point",
        fields=MappingProxyType(
            {
                "code": "Code of the building",
                "name": "Name",
                "use": "What it is used for",
                "storeys": "Storeys; absent when not known",
                "households": "Households",
                "grid": "Code of the owner in this edition; absent when no grid covers it",
            }
        ),
        min_zoom=13,
        buffer=128,
        moves=True,
        filters=frozenset(),
        reach=128,
        most_features=MOST_POINTS,
    ),
    TileLayer(
        name="incidents",
        description=(
            "Incidents neither merged nor cancelled: counted by grid, or within a scope, "
            f"clusters below zoom {SINGLE_ZOOM} and one by one"
        ),
        geometry="point",
        fields=MappingProxyType(
            {
                "grid": "Code of the grid that is, or whose subtree is, their owner",
                "level": "Level of that grid",
                "count": "About how many, in fives",
            }
        ),
        exact_fields=MappingProxyType(
            {
                "incident": "Id of the incident; absent for a cluster",
                "category": "Category; absent for a cluster",
                "severity": "general, larger or major; absent for a cluster",
                "state": "State; absent for a cluster",
                "owner": "Code of the owner; absent when unlocated, and for a cluster",
                "count": "Incidents of a cluster, two or more; absent for a single incident",
                "expands_at": "Zoom at which the cluster is several; absent for a single incident",
                "open": "How many of the cluster are neither archived nor evaluated",
                "larger": "How many of the cluster are of the severity larger",
                "major": "How many of the cluster are of the severity major",
            }
        ),
        min_zoom=0,
        buffer=256,
        moves=True,
        filters=frozenset({"category", "state", "since", "until", "as_of"}),
        # The buffer, and the cell of an eighth of a tile in which incidents may stand as one.
        reach=256 + EXTENT // 8,
        most_features=MOST_POINTS,
    ),
    TileLayer(
        name="hotspots",
        description="Fixed square cells with the incidents in them, neither merged nor cancelled, within a scope",
        geometry="polygon",
        fields=MappingProxyType(
            {
                "cell": "The tile of Web Mercator that the cell is, as zoom/x/y",
                "count": "Incidents in it",
                "open": "How many of them are neither archived nor evaluated",
                "larger": "How many of them are of the severity larger",
                "major": "How many of them are of the severity major",
            }
        ),
        min_zoom=0,
        buffer=64,
        moves=True,
        filters=frozenset({"category", "state", "since", "until", "as_of"}),
        # The public sees incidents counted by grid: a cell may be one house.
        data_class="important",
    ),
    TileLayer(
        name="indicators",
        description="The grids of the layer grids with what is measured and counted in them, for choropleths",
        geometry="polygon",
        # Those of the indicators are data: gis_service/use_cases/describe_tiles.py adds them.
        fields=MappingProxyType(
            {
                "code": "Code of the grid",
                "name": "Name",
                "level": "Level of the tree",
                "buildings": "Buildings that the grid or one below it owns in this edition",
                "incidents": (
                    "Incidents neither merged nor cancelled, in fives for the public and outside the scope; "
                    f"absent below the level {COUNT_LEVEL}"
                ),
            }
        ),
        min_zoom=0,
        buffer=64,
        moves=True,
        filters=frozenset({"level"}),
    ),
    TileLayer(
        name="resources",
        description="Stocks for emergencies, and places that help",
        geometry="point",
        fields=MappingProxyType(
            {
                "code": "Code of the resource",
                "name": "Name",
                "kind": "Kind",
                "quantity": "How much",
                "unit": "Of what unit",
                "expires_on": "Last day of use, as YYYY-MM-DD; absent when it keeps",
            }
        ),
        min_zoom=10,
        buffer=128,
        moves=True,
        filters=frozenset({"kind"}),
        most_features=MOST_POINTS,
    ),
    TileLayer(
        name="devices",
        description="Devices that watch",
        geometry="point",
        fields=MappingProxyType(
            {
                "code": "Code of the device",
                "name": "Name",
                "kind": "Kind",
                "last_seen": "When it was last heard of, in seconds since 1970 (UTC); absent when never",
                "silent_after_s": "Seconds after which it is silent; absent when its kind never reports",
            }
        ),
        min_zoom=12,
        buffer=128,
        moves=True,
        filters=frozenset({"kind"}),
        most_features=MOST_POINTS,
    ),
    TileLayer(
        name="tracks",
        description="Where staff were on patrol: one line for each person and day",
        geometry="line",
        fields=MappingProxyType(
            {
                "staff": "Id of the person",
                "grid": "Code of the grid that the person serves",
                "day": "Local day, as YYYY-MM-DD",
                "began": "First position, in seconds since 1970 (UTC)",
                "ended": "Last position, in seconds since 1970 (UTC)",
            }
        ),
        min_zoom=12,
        buffer=64,
        moves=True,
        filters=frozenset({"since", "until"}),
        data_class="core",
    ),
)

LAYERS: Mapping[str, TileLayer] = MappingProxyType({layer.name: layer for layer in _ALL})


def parse_layers(written: str, known: Mapping[str, TileLayer] = LAYERS) -> tuple[TileLayer, ...]:
    """Return the layers of a comma-joined list, in the order of ``known``: one tile for each set of layers.

    Raises:
        LayerListError: no layer, an empty name, a name twice, or more than MAX_LAYERS names.
        UnknownLayerError: a name that is no layer.
    """
    names = written.split(",")
    if len(names) > MAX_LAYERS:
        raise LayerListError(f"A tile holds at most {MAX_LAYERS} layers.")
    if "" in names:
        raise LayerListError("A layer has no name.")
    if len(set(names)) < len(names):
        raise LayerListError("A layer is named twice.")
    if unknown := [name for name in names if name not in known]:
        raise UnknownLayerError(f"There is no layer {unknown[0]!r}; there are {', '.join(known)}.")
    return tuple(layer for name, layer in known.items() if name in names)


def choose_cell_zoom(zoom: int) -> int:
    """Return the zoom whose tiles are the cells of hot spots at a zoom: the same for two zooms on end.

    A tile has 32 by 32 cells at the first of them and 16 by 16 at the next, until they are as small as they get.
    """
    return min(2 * (zoom // 2) + 5, FINEST_CELL)


def choose_level(levels: Sequence[LevelBand], zoom: int) -> LevelBand:
    """Return the level that is drawn at a zoom, the finest of several.

    When no level has the zoom in its range, the finest that begins before it; before all ranges, the coarsest.
    So there is an answer at every zoom, whichever levels an edition has.
    """
    suiting = [level for level in levels if level.min_zoom <= zoom <= level.max_zoom]
    begun = suiting or [level for level in levels if level.min_zoom <= zoom]
    return max(begun, key=_rank) if begun else min(levels, key=_rank)


def choose_count_level(edition: TileEdition, zoom: int) -> LevelBand:
    """Return the level by which the public sees incidents counted at a zoom.

    From COUNT_LEVEL_ZOOM on it is COUNT_LEVEL or, where the edition has no such grids, the finest above it; below,
    the level that suits the zoom among the coarser ones.  An edition whose levels are all finer is counted by the
    coarsest of them, and a tree that knows no COUNT_LEVEL by the level that suits the zoom.
    """
    present = edition.present_levels()
    rank = next((level.rank for level in edition.levels if level.code == COUNT_LEVEL), None)
    if rank is None:
        return choose_level(present, zoom)
    countable = [level for level in present if level.rank <= rank] or [min(present, key=_rank)]
    if zoom >= COUNT_LEVEL_ZOOM:
        return max(countable, key=_rank)
    return choose_level([level for level in countable if level.rank < rank] or countable, zoom)


def countable_levels(edition: TileEdition) -> list[str]:
    """Return the codes of the levels by whose grids the public may see incidents counted: no finer than COUNT_LEVEL.

    All in a tree that knows no COUNT_LEVEL; the coarsest of an edition whose levels are all finer.
    """
    present = edition.present_levels()
    rank = next((level.rank for level in edition.levels if level.code == COUNT_LEVEL), None)
    if rank is None:
        return [level.code for level in present]
    return [level.code for level in present if level.rank <= rank] or [min(present, key=_rank).code]


def _rank(level: LevelBand) -> int:
    return level.rank
