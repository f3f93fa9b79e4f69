"""The whole schema on one page: columns, constraints, indexes.  No methods, no queries.

All geometry is EPSG:4326, longitude first, on the lattice of 1e-9 degree (decisions 3 and 4).
"""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import INT4RANGE, JSONB, TSTZRANGE, ExcludeConstraint

SRID = 4326

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_uq",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
        "ix": "%(table_name)s_%(column_0_N_name)s_ix",
    }
)


def _geometry(kind: str) -> Geometry:
    """Return a geometry column type; its index is declared by name below, never made in passing."""
    return Geometry(kind, srid=SRID, spatial_index=False)


def _moment(name: str, *, nullable: bool = False, default: bool = False) -> Column[Any]:
    """Return an instant; with ``default`` the database's clock at the start of the transaction."""
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=func.now() if default else None)


# ------------------------------------------------------------------------------------------------------------ ground

level = Table(
    "level",
    metadata,
    Column("code", Text, primary_key=True),
    Column(
        "rank",
        SmallInteger,
        nullable=False,
        unique=True,
        comment="0 is the root; a child ranks below its parent",
    ),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("min_zoom", SmallInteger, nullable=False, comment="first zoom at which tiles draw this level"),
    Column("max_zoom", SmallInteger, nullable=False, comment="last zoom at which tiles draw this level"),
    CheckConstraint("min_zoom BETWEEN 0 AND 24 AND max_zoom BETWEEN min_zoom AND 24", name="zooms"),
)

edition = Table(
    "edition",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _moment("effective_from"),
    _moment("published_at", default=True),
    Column("published_by", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("grid_count", Integer, nullable=False),
    Column("checksum", Text, nullable=False, comment="sha256 over the digests of its grids, by code"),
    Column(
        "certificate",
        JSONB,
        nullable=False,
        comment="what lets anyone re-check that the edition tiles its area",
    ),
    Column("bounds", _geometry("POLYGON"), nullable=False),
    CheckConstraint("number > 0", name="number_positive"),
    UniqueConstraint("effective_from"),
)

# Every code ever used.  Its id is the stable integer of the grid in tiles (decision 9); rows are never deleted.
grid_code = Table(
    "grid_code",
    metadata,
    Column("code", Text, primary_key=True),
    Column("feature_id", BigInteger, Identity(always=True), nullable=False, unique=True),
    CheckConstraint("code ~ '^[0-9A-Za-z]{1,32}$'", name="form"),
)

grid = Table(
    "grid",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, ForeignKey("grid_code.code"), nullable=False),
    Column("editions", INT4RANGE, nullable=False, comment="half-open: alive in these editions"),
    Column("level", Text, ForeignKey("level.code"), nullable=False),
    Column("parent", Text, ForeignKey("grid_code.code"), comment="NULL for the root"),
    Column("kind", Text, nullable=False, server_default="standard"),
    Column("name", Text, nullable=False),
    Column("households", Integer),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("area_m2", Double, nullable=False, comment="geodesic"),
    Column("digest", LargeBinary, nullable=False, comment="sha256 of the grid; the edition's checksum is over these"),
    Column("label_point", _geometry("POINT"), nullable=False, comment="inside the grid, far from its edges"),
    Column("shape", _geometry("MULTIPOLYGON"), nullable=False),
    CheckConstraint("kind IN ('standard', 'dedicated')", name="kind"),
    CheckConstraint("households >= 0", name="households"),
    CheckConstraint("NOT isempty(editions) AND lower_inc(editions) AND NOT upper_inc(editions)", name="editions"),
    ExcludeConstraint(("code", "="), ("editions", "&&"), name="grid_one_row_per_code_and_edition", using="gist"),
    Index("grid_shape_ix", "shape", postgresql_using="gist"),
    Index("grid_level_ix", "level", "code"),
    Index("grid_parent_ix", "parent", "code"),
    # What an edition has changed, without looking through all grids.
    Index("grid_since_ix", text("lower(editions)")),
    Index("grid_until_ix", text("upper(editions)"), postgresql_where=text("NOT upper_inf(editions)")),
)

# ------------------------------------------------------------------------------------------------------------- plans

plan = Table(
    "plan",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="draft"),
    Column("base_edition", Integer, ForeignKey("edition.number"), comment="NULL before the first edition"),
    Column("version", Integer, nullable=False, server_default="1", comment="moves with every change; the ETag"),
    Column(
        "head", Integer, nullable=False, server_default="0", comment="the last change that counts; undo lowers it"
    ),
    Column("is_valid", Boolean, comment="verdict of the check at this version; NULL when nobody has asked"),
    Column("created_by", Text, nullable=False),
    _moment("created_at", default=True),
    _moment("changed_at", default=True),
    Column("published_edition", Integer, ForeignKey("edition.number")),
    Column("reverts", Integer, ForeignKey("edition.number"), comment="the edition whose changes it undoes"),
    CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state"),
    CheckConstraint("(state = 'published') = (published_edition IS NOT NULL)", name="published_edition"),
    CheckConstraint("head >= 0", name="head"),
)

# What the planner did, in order: the intent beside its geometry.  Changes after the plan's head are undone; they
# can be redone until another change takes their place.
plan_change = Table(
    "plan_change",
    metadata,
    Column("plan_id", Integer, ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("made_by", Text, nullable=False),
    _moment("made_at", default=True),
)

# What each change made of the grids it touched.  A grid of the draft is its row of the highest position up to head.
plan_grid = Table(
    "plan_grid",
    metadata,
    Column("plan_id", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("retired", Boolean, nullable=False, server_default=text("false")),
    Column(
        "refined",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="since the base it has only gained vertices on edges it had",
    ),
    Column("restored", Boolean, nullable=False, server_default=text("false"), comment="a retired grid comes back"),
    Column("level", Text, ForeignKey("level.code")),
    Column("parent", Text),
    Column("kind", Text),
    Column("name", Text),
    Column("households", Integer),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("shape", _geometry("GEOMETRY"), comment="as drawn: a draft may be wrong"),
    ForeignKeyConstraint(
        ["plan_id", "position"], ["plan_change.plan_id", "plan_change.position"], ondelete="CASCADE"
    ),
    CheckConstraint(
        "retired OR (level IS NOT NULL AND kind IS NOT NULL AND name IS NOT NULL AND shape IS NOT NULL)",
        name="complete",
    ),
)

# ------------------------------------------------------------------------------------------------ proofs of editions

# The proof that the children of one parent tile it, for the editions from ``since`` up to and without ``until``.
family_proof = Table(
    "family_proof",
    metadata,
    Column("parent", Text, primary_key=True, comment="empty for the roots"),
    Column("since", Integer, ForeignKey("edition.number"), primary_key=True, autoincrement=False),
    Column("until", Integer, ForeignKey("edition.number"), comment="NULL: to this day"),
    Column("proof", JSONB, nullable=False, comment="number of grids and edges, edge hash, exact area"),
    CheckConstraint("until > since", name="order"),
)

# ------------------------------------------------------------------------------------------------ generalised shapes

# A band of zooms (tiles/bands.py) whose shapes an edition has; without its row tiles draw grids as they are.
generalised_band = Table(
    "generalised_band",
    metadata,
    Column("edition", Integer, ForeignKey("edition.number"), primary_key=True, autoincrement=False),
    Column("band", SmallInteger, primary_key=True, autoincrement=False),
    Column("level", Text, ForeignKey("level.code"), nullable=False, comment="the finest level that has shapes"),
    Column("tolerance_deg", Double, nullable=False, comment="degrees of longitude, Mercator"),
    Column("shapes_made", Integer, nullable=False, comment="shapes that differ from those of the edition before"),
)

# The shape of a grid in a band, for the editions from ``since`` up to and without ``until``.  Not tied to a row of
# ``grid``: a neighbour's shape may change where its row does not, and a grid may be renamed and keep its shape.
# Tiles find grids by grid_shape_ix and come here by the key, so there is no index in space.
generalised_shape = Table(
    "generalised_shape",
    metadata,
    Column("code", Text, ForeignKey("grid_code.code"), primary_key=True),
    Column("band", SmallInteger, primary_key=True, autoincrement=False),
    Column("since", Integer, ForeignKey("edition.number"), primary_key=True, autoincrement=False),
    Column("until", Integer, ForeignKey("edition.number"), comment="NULL: to this day"),
    Column("shape", _geometry("MULTIPOLYGON"), nullable=False),
    CheckConstraint("until > since", name="order"),
)

# Which grid's ground went to which at a publish; NULL is ground that nobody owned.
lineage = Table(
    "lineage",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("edition", Integer, ForeignKey("edition.number"), nullable=False),
    Column("from_code", Text, ForeignKey("grid_code.code")),
    Column("to_code", Text, ForeignKey("grid_code.code")),
    Column("area_m2", Double, nullable=False, comment="geodesic"),
    Column("buildings", Integer, nullable=False),
    Column("households", Integer, nullable=False),
    CheckConstraint("from_code IS NOT NULL OR to_code IS NOT NULL", name="somebody"),
    Index("lineage_edition_ix", "edition"),
    Index("lineage_from_code_ix", "from_code"),
    Index("lineage_to_code_ix", "to_code"),
)

# A finding that is accepted on purpose: a lake, an island, a disputed strip.
finding_exception = Table(
    "finding_exception",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("finding_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("grids", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False, comment="who answers for it"),
    Column("expires_on", Date, nullable=False, comment="the last day on which it holds"),
    Column("granted_by", Text, nullable=False),
    _moment("granted_at", default=True),
    _moment("withdrawn_at", nullable=True),
    CheckConstraint("reason <> '' AND owner <> ''", name="accounted_for"),
    Index("finding_exception_finding_ix", "finding_id"),
)

# How much of its ground a jurisdiction must have in grids; holds for the subtree until a deeper row says otherwise.
coverage_target = Table(
    "coverage_target",
    metadata,
    Column("grid_code", Text, ForeignKey("grid_code.code"), primary_key=True),
    Column("share", Double, nullable=False, comment="1 in town, at least 0.9 in the country"),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("share >= 0 AND share <= 1", name="share"),
)

# --------------------------------------------------------------------------------------------------------- buildings

building = Table(
    "building",
    metadata,
    Column("code", Text, primary_key=True),
    Column("feature_id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("storeys", SmallInteger),
    Column("households", Integer, nullable=False, server_default="0"),
    Column("point", _geometry("POINT"), nullable=False),
    Column("verified_on", Date),
    _moment("registered_at", default=True),
    Column("footprint", _geometry("MULTIPOLYGON")),
    Column("built_on", Date),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("retired_at", DateTime(timezone=True), comment="demolished, merged or split; still found"),
    CheckConstraint("households >= 0", name="households"),
    CheckConstraint("storeys > 0", name="storeys"),
    Index("building_point_ix", "point", postgresql_using="gist"),
    Index("building_retired_ix", "code", postgresql_where=text("retired_at IS NOT NULL")),
)

# How many buildings stand in a cell of 1/128 degree, counted from 0 degrees; triggers on building keep it.  Retired
# ones are not counted.
building_cell = Table(
    "building_cell",
    metadata,
    Column("row_number", Integer, primary_key=True, autoincrement=False),
    Column("column_number", Integer, primary_key=True, autoincrement=False),
    Column("buildings", BigInteger, nullable=False),
    Column("households", BigInteger, nullable=False),
)

# Who owns a building in which editions; NULL when no grid covers it.
building_owner = Table(
    "building_owner",
    metadata,
    Column("building_code", Text, ForeignKey("building.code", ondelete="CASCADE"), nullable=False),
    Column("editions", INT4RANGE, nullable=False),
    Column("grid_code", Text, ForeignKey("grid_code.code")),
    ExcludeConstraint(
        ("building_code", "="), ("editions", "&&"), name="building_owner_one_per_edition", using="gist"
    ),
    Index("building_owner_grid_ix", "grid_code", "building_code"),
)

entrance = Table(
    "entrance",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("building_code", Text, ForeignKey("building.code", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    Column("point", _geometry("POINT"), nullable=False),
    UniqueConstraint("building_code", "label"),
    Index("entrance_point_ix", "point", postgresql_using="gist"),
)

# Codes of other registers by which a building is known too, folded as domain/building_code.py folds what is typed.
building_alias = Table(
    "building_alias",
    metadata,
    Column("scheme", Text, primary_key=True, comment="the register that gave it"),
    Column("alias", Text, primary_key=True, comment="capitals, without blanks and hyphens"),
    Column("building_code", Text, ForeignKey("building.code", ondelete="CASCADE"), nullable=False),
    CheckConstraint("scheme ~ '^[a-z0-9_]{1,32}$'", name="scheme"),
    CheckConstraint("alias <> ''", name="alias"),
    Index("building_alias_alias_ix", "alias"),
    Index("building_alias_building_ix", "building_code"),
)

# A request that registered buildings, by the key that it was sent with: a second try finds the same codes.
building_registration = Table(
    "building_registration",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("codes", ARRAY(Text), nullable=False),
    _moment("created_at", default=True),
)

# What a building became when it was merged with others or split: its code still finds them.
building_successor = Table(
    "building_successor",
    metadata,
    Column("building_code", Text, ForeignKey("building.code", ondelete="CASCADE"), primary_key=True),
    Column("successor", Text, ForeignKey("building.code", ondelete="CASCADE"), primary_key=True),
    CheckConstraint("successor <> building_code", name="other"),
    Index("building_successor_successor_ix", "successor"),
)

# A flat or a shop.
building_unit = Table(
    "building_unit",
    metadata,
    Column("building_code", Text, ForeignKey("building.code", ondelete="CASCADE"), primary_key=True),
    Column("label", Text, primary_key=True, comment="capitals, without blanks"),
    Column("storey", SmallInteger, comment="0: ground floor"),
    Column("use", Text),
    CheckConstraint("label <> ''", name="label"),
)

# Who owns a unit in which editions, where that is another grid than its building's: a ground-floor shop.
building_unit_owner = Table(
    "building_unit_owner",
    metadata,
    Column("building_code", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("editions", INT4RANGE, nullable=False),
    Column("grid_code", Text, ForeignKey("grid_code.code"), nullable=False),
    ForeignKeyConstraint(
        ["building_code", "unit"], ["building_unit.building_code", "building_unit.label"], ondelete="CASCADE"
    ),
    ExcludeConstraint(
        ("building_code", "="),
        ("unit", "="),
        ("editions", "&&"),
        name="building_unit_owner_one_per_edition",
        using="gist",
    ),
    Index("building_unit_owner_grid_ix", "grid_code"),
)

# How far an import of buildings has come.  What was broken off is found by its digest, and goes on.
building_import = Table(
    "building_import",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the file and of how it is read"),
    Column("file", Text, nullable=False),
    Column("begun_by", Text, nullable=False),
    _moment("begun_at", default=True),
    _moment("ended_at", nullable=True),
    Column("last_row", Integer, nullable=False, server_default="0", comment="all up to it are done"),
    Column("stored", Integer, nullable=False, server_default="0"),
    Column("rejected", LargeBinary, nullable=False, comment="numbers of rows, int32, little endian"),
    Column("report", JSONB, nullable=False),
    CheckConstraint("last_row >= 0 AND stored >= 0", name="counts"),
    Index("building_import_unfinished", "digest", unique=True, postgresql_where=text("ended_at IS NULL")),
)

# -------------------------------------------------------------------------------------------------- people and rules

staff = Table(
    "staff",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("grid_code", Text, ForeignKey("grid_code.code"), nullable=False),
    Column("phone", Text),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("role IN ('head', 'worker', 'liaison', 'volunteer')", name="role"),
    CheckConstraint("until > since", name="dates"),
    ExcludeConstraint(
        ("grid_code", "="),
        (text("daterange(since, until)"), "&&"),
        name="staff_one_head",
        using="gist",
        where=text("role = 'head'"),
    ),
    Index("staff_grid_ix", "grid_code"),
)

department = Table(
    "department",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)

category = Table(
    "category",
    metadata,
    Column("code", Text, primary_key=True, comment="dotted: dispute.property lies under dispute"),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    CheckConstraint(r"code ~ '^[a-z_]+(\.[a-z_]+)*$'", name="form"),
)

# The most specific rule in force wins: longest category, then deepest grid, then kind, then severity.
dispatch_rule = Table(
    "dispatch_rule",
    metadata,
    Column("id", Text, primary_key=True),
    Column("category", Text, ForeignKey("category.code"), nullable=False, comment="and all below it"),
    Column("grid_code", Text, ForeignKey("grid_code.code"), comment="and its subtree; NULL everywhere"),
    Column("kind", Text, comment="kind of the owner; NULL any"),
    Column("severity", Text, comment="NULL any"),
    Column("department", Text, ForeignKey("department.code"), nullable=False),
    Column("assisting", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("in_force", TSTZRANGE, nullable=False, server_default=text("'(,)'::tstzrange")),
    Column("reason", Text, nullable=False, server_default=""),
    Column("first_receiver", Text, nullable=False, server_default="grid", comment="who keeps it until handed over"),
    CheckConstraint("first_receiver IN ('grid', 'department')", name="first_receiver"),
    CheckConstraint("severity IN ('general', 'larger', 'major')", name="severity"),
    CheckConstraint("kind IN ('standard', 'dedicated')", name="kind"),
    ExcludeConstraint(
        ("category", "="),
        (text("coalesce(grid_code, '')"), "="),
        (text("coalesce(kind, '')"), "="),
        (text("coalesce(severity, '')"), "="),
        ("in_force", "&&"),
        name="dispatch_rule_unambiguous",
        using="gist",
    ),
)

# The most specific rule in force wins: longest category, then severity.
deadline_rule = Table(
    "deadline_rule",
    metadata,
    Column("id", Text, primary_key=True),
    Column("category", Text, ForeignKey("category.code"), comment="and all below it; NULL every category"),
    Column("severity", Text, comment="NULL any"),
    Column("stage", Text, nullable=False, comment="which clock: to accept, or to handle"),
    Column("clock", Text, nullable=False),
    Column("amount", Integer, nullable=False, comment="minutes when elapsed, days when working"),
    Column("response_class", Text, nullable=False),
    Column("in_force", TSTZRANGE, nullable=False, server_default=text("'(,)'::tstzrange")),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("severity IN ('general', 'larger', 'major')", name="severity"),
    CheckConstraint("stage IN ('accept', 'handle')", name="stage"),
    CheckConstraint("clock IN ('elapsed', 'working')", name="clock"),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint("response_class IN ('immediate', 'same_day', 'within_3_days')", name="response_class"),
    ExcludeConstraint(
        (text("coalesce(category, '')"), "="),
        (text("coalesce(severity, '')"), "="),
        ("stage", "="),
        ("in_force", "&&"),
        name="deadline_rule_unambiguous",
        using="gist",
    ),
)

# Days that the calendar library does not know, or that the city decides otherwise.
calendar_day = Table(
    "calendar_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("is_workday", Boolean, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

# --------------------------------------------------------------------------------------------------------- incidents

# The id is a UUIDv7: it rises with time, so months are ranges of ids (docs/decisions/0002).  Both tables lie in parts
# of a month each, in a schema of their own; what belongs to no month that is there lies in the part "other".
incident = Table(
    "incident",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("feature_id", BigInteger, Identity(always=True), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False),
    Column("category", Text, ForeignKey("category.code"), nullable=False),
    Column("severity", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("locus", Text, comment="floor, roof or facade, in words"),
    Column("external_id", Text),
    Column("point", _geometry("POINT"), comment="where it happened"),
    Column("reporter_point", _geometry("POINT"), comment="where the reporter stood"),
    Column("accuracy_m", Double),
    Column("building_code", Text, ForeignKey("building.code")),
    Column("unit", Text),
    _moment("occurred_at"),
    _moment("reported_at", default=True),
    Column("reported_by", Text, nullable=False),
    Column("owner", Text, ForeignKey("grid_code.code")),
    Column("chain", ARRAY(Text), nullable=False, comment="codes, root first; the scope of who may see it"),
    Column("edition", Integer, ForeignKey("edition.number")),
    Column("located_by", Text, nullable=False),
    Column("distance_m", Double, comment="to the nearest grid when outside coverage"),
    Column("tied_with", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("department", Text, ForeignKey("department.code")),
    Column("assisting", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("response_class", Text),
    _moment("due_at", nullable=True),
    Column("explain", JSONB, nullable=False),
    Column("picked_grid", Text, ForeignKey("grid_code.code"), comment="pointed at by hand on a map"),
    Column("reporter", Text, comment="on whose behalf it was typed in; restricted"),
    Column("probability", Double, comment="that the owner is right, of an uncertain position"),
    Column(
        "handler", Text, ForeignKey("grid_code.code"), comment="the grid of the chain that handles it; NULL the owner"
    ),
    Column(
        "declined",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'::text[]"),
        comment="departments that said: not mine",
    ),
    Column("merged_into", Uuid),
    Column("satisfaction", SmallInteger, comment="1 worst to 5 best"),
    _moment("accept_due_at", nullable=True),
    _moment("accepted_at", nullable=True),
    _moment("handled_at", nullable=True),
    Column("paused_at", DateTime(timezone=True), comment="since when its clocks stand still"),
    Column("asked_until", DateTime(timezone=True), comment="an extension asked for, not decided"),
    Column("alarm_at", DateTime(timezone=True), comment="when to remind or escalate next"),
    Column("alarm_step", SmallInteger, nullable=False, server_default="0", comment="alarms that have rung"),
    CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
    CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    CheckConstraint(
        "state IN ('reported', 'accepted', 'dispatched', 'handled', 'verified', 'archived', 'evaluated',"
        " 'returned', 'merged', 'cancelled', 'unlocated')",
        name="state",
    ),
    CheckConstraint("severity IN ('general', 'larger', 'major')", name="severity"),
    CheckConstraint("channel IN ('patrol', 'resident', 'device', 'hotline', 'department')", name="channel"),
    CheckConstraint("located_by IN ('building', 'coordinate', 'grid', 'reporter', 'nowhere')", name="located_by"),
    CheckConstraint("(owner IS NULL) = (state = 'unlocated') OR state IN ('cancelled', 'merged')", name="owner"),
    Index("incident_point_ix", "point", postgresql_using="gist"),
    Index("incident_owner_ix", "owner", "id"),
    # Without the pending list, whose scan slows every count; an intake then updates the index itself.
    Index("incident_chain_ix", "chain", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    Index(
        "incident_open_due_ix",
        "due_at",
        postgresql_where=text("state NOT IN ('archived', 'evaluated', 'merged', 'cancelled')"),
    ),
    Index("incident_alarm_ix", "alarm_at", postgresql_where=text("alarm_at IS NOT NULL")),
    Index("incident_external_id_ix", "external_id", postgresql_where=text("external_id IS NOT NULL")),
    postgresql_partition_by="RANGE (id)",
)

# Append-only (a trigger refuses UPDATE and DELETE, but for the place in the feed, which is given once, after the
# commit); the incident is the fold of its events (decision 10).
incident_event = Table(
    "incident_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("incident_id", Uuid, nullable=False),
    _moment("at", default=True),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("from_grid", Text),
    Column("to_grid", Text),
    Column("reason", Text, nullable=False, server_default=""),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Column("position", BigInteger, comment="in the feed, given once committed"),
    ForeignKeyConstraint(["incident_id"], ["incident.id"]),
    Index("incident_event_position_ix", "position"),
    Index("incident_event_waiting_ix", "id", postgresql_where=text("position IS NULL")),
    PrimaryKeyConstraint("incident_id", "id"),  # the key of the parts must be in it
    postgresql_partition_by="RANGE (incident_id)",
)

# Who is sent the events of the feed; the deliverer of one takes a lease, so that several processes share them.
webhook = Table(
    "webhook",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False, comment="signs what is sent; shown once"),
    Column("kinds", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"), comment="empty: all"),
    Column("grid", Text, ForeignKey("grid_code.code"), comment="and all below it"),
    Column("category", Text, comment="and all below it"),
    Column("created_by", Text, nullable=False),
    Column("role", Text, nullable=False, comment="of who made it: what may be seen is what they may"),
    Column("scope", Text),
    _moment("created_at", default=True),
    _moment("paused_at", nullable=True),
    Column("position", BigInteger, nullable=False, comment="in the feed: up to here all is done"),
    Column("tries", Integer, nullable=False, server_default="0", comment="failed, of the next event"),
    _moment("next_try_at", nullable=True),
    Column("delivered", BigInteger, nullable=False, server_default="0"),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    _moment("last_success_at", nullable=True),
    _moment("last_failure_at", nullable=True),
    Column("last_error", Text),
    Column("leased_by", Uuid, comment="who delivers at present"),
    Column("leased_until", DateTime(timezone=True), comment="then another may"),
)

# Events that a receiver did not take however often they were sent.
webhook_dead_letter = Table(
    "webhook_dead_letter",
    metadata,
    Column("webhook_id", Uuid, ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("tries", Integer, nullable=False),
    _moment("failed_at"),
    Column("error", Text, nullable=False),
    Column("is_asked", Boolean, nullable=False, server_default=text("false"), comment="to be sent again"),
    Index("webhook_dead_letter_position_ix", "webhook_id", "position"),
)

# A photo whose files lie in the photo store.  Incidents are not referenced: months of them may be detached.
incident_photo = Table(
    "incident_photo",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("source_hash", LargeBinary, nullable=False, comment="SHA-256 of the file that was sent"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the file that is kept"),
    Column("width", Integer, nullable=False, comment="pixels"),
    Column("height", Integer, nullable=False, comment="pixels"),
    Column("size_bytes", Integer, nullable=False),
    _moment("added_at"),
    Column("added_by", Text, nullable=False),
    Column("removed_at", DateTime(timezone=True), comment="its files are still to be deleted"),
    Index(
        "incident_photo_source_uq",
        "incident_id",
        "source_hash",
        unique=True,
        postgresql_where=text("removed_at IS NULL"),
    ),
)

# By what the public's counts are rounded; one row, made with the table.
count_secret = Table(
    "count_secret",
    metadata,
    Column("id", Boolean, primary_key=True, server_default=true(), comment="there is one row"),
    Column("secret", LargeBinary, nullable=False, comment="who knows it can undo some of the rounding"),
    CheckConstraint("id", name="one"),
)

# One row per accepted key, written in the transaction of the incident: a retry finds the first answer.
idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("incident_id", Uuid, ForeignKey("incident.id"), nullable=False),
    _moment("created_at", default=True),
)

# ------------------------------------------------------------------------------------------------- things on the map

_DATA_CLASSES = "data_class IN ('general', 'important', 'core')"
_WORD = "code ~ '^[a-z][a-z_]{0,31}$'"

# What is measured by grid; who may see it is a matter of its class.  Triggers on this and the tables below move on
# the versions of their layers.
indicator = Table(
    "indicator",
    metadata,
    Column("code", Text, primary_key=True, comment="the name of its field in tiles"),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("more_is", Text, nullable=False, server_default="neutral"),
    Column("rollup", Text, nullable=False, comment="how a grid's value is made of those below it"),
    Column("data_class", Text, nullable=False),
    Column(
        "thresholds",
        ARRAY(Double),
        nullable=False,
        server_default=text("'{}'::double precision[]"),
        comment="rising; where a map changes its colour",
    ),
    Column("weight", Text, ForeignKey("indicator.code"), comment="of a weighted mean; NULL: households"),
    CheckConstraint("weight IS NULL OR (rollup = 'weighted_mean' AND weight <> code)", name="weight"),
    CheckConstraint(
        "code ~ '^[a-z][a-z0-9_]{0,31}$' AND code NOT IN ('code', 'name', 'level', 'buildings', 'incidents')",
        name="code",
    ),
    CheckConstraint("more_is IN ('good', 'bad', 'neutral')", name="more_is"),
    CheckConstraint("rollup IN ('sum', 'mean', 'weighted_mean')", name="rollup"),
    CheckConstraint(_DATA_CLASSES, name="data_class"),
)

# The key finds the newest period of an indicator, and in it the values of some grids.  A row is good for the editions
# in which the grid is drawn as it was when it was measured, apportioned or rolled up.
indicator_value = Table(
    "indicator_value",
    metadata,
    Column("indicator", Text, ForeignKey("indicator.code"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("grid_code", Text, ForeignKey("grid_code.code"), primary_key=True),
    Column("until", Date, nullable=False, comment="the first day after the period"),
    Column("value", Double, nullable=False),
    Column("source", Text, nullable=False),
    Column("is_estimated", Boolean, nullable=False, server_default=text("false")),
    Column("coverage", Double, nullable=False, server_default="1", comment="share that was measured"),
    Column("origin", Text, nullable=False, server_default="given"),
    Column("since_edition", Integer, primary_key=True, server_default="1", autoincrement=False),
    Column("until_edition", Integer, comment="the first edition that has it no more"),
    CheckConstraint("coverage BETWEEN 0 AND 1", name="coverage"),
    CheckConstraint("origin IN ('given', 'apportioned', 'rolled_up')", name="origin"),
    CheckConstraint("since_edition > 0 AND until_edition > since_edition", name="editions"),
    CheckConstraint("until > since", name="period"),
    CheckConstraint("value > '-Infinity' AND value < 'Infinity'", name="finite"),
    Index("indicator_value_grid_ix", "grid_code"),
)

resource_kind = Table(
    "resource_kind",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    CheckConstraint(_WORD, name="code"),
)

# Stocks for emergencies, and places that help: one row for each kind at a place.
resource = Table(
    "resource",
    metadata,
    Column("code", Text, primary_key=True),
    Column("feature_id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, ForeignKey("resource_kind.code"), nullable=False),
    Column("quantity", Double, nullable=False),
    Column("unit", Text, nullable=False),
    Column("expires_on", Date, comment="the last day of use; NULL: it keeps"),
    Column("point", _geometry("POINT"), nullable=False),
    Column("data_class", Text, nullable=False),
    CheckConstraint("quantity >= 0 AND quantity < 'Infinity'", name="quantity"),
    CheckConstraint(_DATA_CLASSES, name="data_class"),
    Index("resource_kind_ix", "kind"),
    Index("resource_point_ix", "point", postgresql_using="gist"),
)

device_kind = Table(
    "device_kind",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("silent_after_s", Integer, comment="not seen for longer it is silent; NULL: it never reports"),
    CheckConstraint(_WORD, name="code"),
    CheckConstraint("silent_after_s > 0", name="silent_after"),
)

device = Table(
    "device",
    metadata,
    Column("code", Text, primary_key=True),
    Column("feature_id", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, ForeignKey("device_kind.code"), nullable=False),
    Column("point", _geometry("POINT"), nullable=False),
    _moment("last_seen_at", nullable=True),
    Column("data_class", Text, nullable=False),
    CheckConstraint(_DATA_CLASSES, name="data_class"),
    Index("device_kind_ix", "kind"),
    Index("device_point_ix", "point", postgresql_using="gist"),
)

# Where staff were on patrol.  ``day`` makes a track of positions: one of each person and day.
position = Table(
    "position",
    metadata,
    Column("staff_id", BigInteger, ForeignKey("staff.id"), primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("day", Date, nullable=False, comment="of the instant, by the clock on the wall there"),
    Column("point", _geometry("POINT"), nullable=False),
    Column("accuracy_m", Double),
    CheckConstraint("accuracy_m >= 0", name="accuracy"),
    Index("position_day_ix", "day", "staff_id", "at"),
    Index("position_point_ix", "point", postgresql_using="gist"),
)

# ------------------------------------------------------------------------------------------------------- emergencies

# A warning for a piece of ground.  What lies in it is not stored: it is looked up when it is asked for.
area_event = Table(
    "area_event",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("area", _geometry("MULTIPOLYGON"), nullable=False),
    _moment("since"),
    _moment("until", nullable=True),
    _moment("raised_at", default=True),
    Column("raised_by", Text, nullable=False),
    Column("key", Text, nullable=False, comment="Idempotency-Key of who raised it"),
    Column("request_hash", LargeBinary, nullable=False),
    _moment("ended_at", nullable=True),
    Column("ended_by", Text),
    Column("end_note", Text),
    CheckConstraint(_WORD.replace("code", "kind"), name="kind"),
    CheckConstraint("severity IN ('general', 'larger', 'major')", name="severity"),
    CheckConstraint("until > since", name="period"),
    CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    UniqueConstraint("raised_by", "key"),
    Index("area_event_area_ix", "area", postgresql_using="gist"),
)

# A worker was at a building, or said so: the distance decides.
check_in = Table(
    "check_in",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("building_code", Text, ForeignKey("building.code", ondelete="CASCADE"), nullable=False),
    Column("entrance", Text, comment="label of the door that was named; NULL the building"),
    Column("point", _geometry("POINT"), nullable=False),
    Column("accuracy_m", Double),
    _moment("at"),
    _moment("received_at", default=True),
    Column("distance_m", Double, nullable=False),
    Column("allowed_m", Double, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("edition", Integer, ForeignKey("edition.number"), nullable=False),
    Column("owner", Text, ForeignKey("grid_code.code"), comment="of the building, in that edition"),
    Column("chain", ARRAY(Text), nullable=False, comment="codes from the root to the owner"),
    CheckConstraint("accuracy_m >= 0", name="accuracy"),
    Index("check_in_chain_ix", "chain", postgresql_using="gin"),
    Index("check_in_worker_ix", "worker", "id"),
    Index("check_in_building_ix", "building_code"),
)

# ---------------------------------------------------------------------------------------------------------- access

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, comment="grid code; covers its subtree; NULL everything"),
    _moment("created_at", default=True),
    _moment("expires_at"),
    _moment("revoked_at", nullable=True),
    _moment("last_used_at", nullable=True),
    Column("key_name", Text, comment="name of the key that sealed the hash; NULL: a bare SHA-256"),
    CheckConstraint("role IN ('worker', 'router', 'dispatcher', 'planner', 'auditor', 'admin')", name="role"),
)

# Versions of what changes between editions; part of the key of a tile (decision 9).  Where changes are noted by
# place, the version is another whenever changes have been forgotten.
data_version = Table(
    "data_version",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

# Where a layer was changed, and by which transaction; triggers on its tables write it (docs/decisions/0008).
tile_change = Table(
    "tile_change",
    metadata,
    Column(
        "transaction_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        server_default=text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
    ),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("token", BigInteger, nullable=False, comment="random; tiles add them up"),
    Column("layer", Text, nullable=False),
    Column("west", Double, comment="degrees; NULL: no place"),
    Column("south", Double),
    Column("east", Double),
    Column("north", Double),
)

# ----------------------------------------------------------------------------------------------------------- audit

# Append-only, by triggers and by the rights of the service's role.  No foreign key leads here or away, and the only
# unique thing is the id, so that ranges of ids can become partitions.
audit_event = Table(
    "audit_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _moment("at"),
    Column("act", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text),
    Column("address", Text),
    Column("method", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("objects", ARRAY(Text), nullable=False),
    Column("query", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("classes", ARRAY(Text), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("request_id", Text, nullable=False),
    CheckConstraint("act IN ('read', 'write', 'export', 'refusal', 'unrecorded')", name="act"),
    Index("audit_event_at_ix", "at"),
    Index("audit_event_name_ix", "name", "id"),
    Index("audit_event_objects_ix", "objects", postgresql_using="gin"),
)

audit_seal = Table(
    "audit_seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _moment("sealed_at"),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("digests", LargeBinary, nullable=False, comment="40 bytes a row: its id and its SHA-256"),
)
