"""One transaction and its repositories."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import exc, text
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.area_events import AreaEventRepository
from gis_service.database.areas import AreaRepository
from gis_service.database.audit import AuditRepository
from gis_service.database.building_imports import BuildingImportRepository
from gis_service.database.building_places import BuildingPlaceRepository
from gis_service.database.building_register import BuildingRegisterRepository
from gis_service.database.building_rows import BuildingRowRepository
from gis_service.database.buildings import BuildingRepository
from gis_service.database.cancelling import Cancellation
from gis_service.database.check_ins import CheckInRepository
from gis_service.database.coverage_targets import CoverageTargetRepository
from gis_service.database.devices import DeviceRepository
from gis_service.database.drafts import DraftRepository
from gis_service.database.duplicates import DuplicateRepository
from gis_service.database.editions import EditionRepository
from gis_service.database.features import FeatureRepository
from gis_service.database.finding_exceptions import FindingExceptionRepository
from gis_service.database.generalised import GeneralisedRepository
from gis_service.database.grids import GridRepository
from gis_service.database.hand_overs import HandOverRepository
from gis_service.database.idempotency_keys import IdempotencyKeyRepository
from gis_service.database.incident_counts import IncidentCountRepository
from gis_service.database.incident_feed import IncidentFeedRepository
from gis_service.database.incident_months import IncidentMonthRepository
from gis_service.database.incidents import IncidentRepository
from gis_service.database.indicators import IndicatorRepository
from gis_service.database.intake import IntakeRepository
from gis_service.database.integrity import translate
from gis_service.database.levels import LevelRepository
from gis_service.database.lineage import LineageRepository
from gis_service.database.owners import OwnerRepository
from gis_service.database.photos import PhotoRepository
from gis_service.database.plans import PlanRepository
from gis_service.database.plates import PlateRepository
from gis_service.database.positions import PositionRepository
from gis_service.database.proofs import ProofRepository
from gis_service.database.resources import ResourceRepository
from gis_service.database.rules import RuleRepository
from gis_service.database.staff import StaffRepository
from gis_service.database.stock import StockRepository
from gis_service.database.tile_changes import TileChangeRepository
from gis_service.database.tiles import TileRepository
from gis_service.database.tokens import TokenRepository
from gis_service.database.trial_incidents import TrialIncidentRepository
from gis_service.database.webhooks import WebhookRepository

_Repository = TypeVar("_Repository")


class _Member(Generic[_Repository]):
    """A repository of the transaction that is open, made when it is first asked for: few are, of the many."""

    def __init__(self, make: Callable[[Session], _Repository]) -> None:
        self._make = make

    def __get__(self, work: UnitOfWork, owner: type[UnitOfWork]) -> _Repository:
        made = work._made  # noqa: SLF001 - a part of it
        if self not in made:
            made[self] = self._make(work._session)  # noqa: SLF001
        repository: _Repository = made[self]
        return repository


class UnitOfWork:
    """The repositories of one transaction; left without ``commit()``, nothing happened.

    Errors of the database leave as the refusals of ``gis_service.errors``, or as a ``DatabaseFaultError``.
    """

    area_events = _Member(AreaEventRepository)
    areas = _Member(AreaRepository)
    audit = _Member(AuditRepository)
    building_imports = _Member(BuildingImportRepository)
    building_places = _Member(BuildingPlaceRepository)
    building_register = _Member(BuildingRegisterRepository)
    building_rows = _Member(BuildingRowRepository)
    buildings = _Member(BuildingRepository)
    check_ins = _Member(CheckInRepository)
    coverage_targets = _Member(CoverageTargetRepository)
    devices = _Member(DeviceRepository)
    drafts = _Member(DraftRepository)
    duplicates = _Member(DuplicateRepository)
    editions = _Member(EditionRepository)
    features = _Member(FeatureRepository)
    finding_exceptions = _Member(FindingExceptionRepository)
    generalised = _Member(GeneralisedRepository)
    grids = _Member(GridRepository)
    hand_overs = _Member(HandOverRepository)
    idempotency_keys = _Member(IdempotencyKeyRepository)
    incident_counts = _Member(IncidentCountRepository)
    incident_feed = _Member(IncidentFeedRepository)
    incident_months = _Member(IncidentMonthRepository)
    incidents = _Member(IncidentRepository)
    indicators = _Member(IndicatorRepository)
    intake = _Member(IntakeRepository)
    levels = _Member(LevelRepository)
    lineage = _Member(LineageRepository)
    owners = _Member(OwnerRepository)
    photos = _Member(PhotoRepository)
    plans = _Member(PlanRepository)
    plates = _Member(PlateRepository)
    positions = _Member(PositionRepository)
    proofs = _Member(ProofRepository)
    resources = _Member(ResourceRepository)
    rules = _Member(RuleRepository)
    staff = _Member(StaffRepository)
    stock = _Member(StockRepository)
    tile_changes = _Member(TileChangeRepository)
    tiles = _Member(TileRepository)
    tokens = _Member(TokenRepository)
    trial_incidents = _Member(TrialIncidentRepository)
    webhooks = _Member(WebhookRepository)

    def __init__(self, open_session: sessionmaker[Session]) -> None:
        self._open_session = open_session
        self._cancellation: Cancellation | None = None

    def allow_calling_off(self) -> Callable[[], bool]:
        """Return what ends the statement that runs and lets no other begin, from any thread.

        It tells whether a statement was ended.  To be asked for before the unit of work begins; when it is called off
        it ends in an error, and does not begin again.
        """
        self._cancellation = Cancellation()
        return self._cancellation.call_off

    def __enter__(self) -> Self:
        session = self._open_session()
        if self._cancellation is not None:
            self._cancellation.watch(session)
        self._session = session
        self._made: dict[object, Any] = {}
        return self

    def commit(self) -> None:
        """Make all that was done durable, or raise the refusal that the database gives."""
        try:
            self._session.commit()
        except exc.SQLAlchemyError as error:
            raise translate(error) from None

    def ping(self) -> None:
        """Ask the database for a sign of life."""
        self._session.execute(text("SELECT 1"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo what was not committed."""
        if self._cancellation is not None:
            self._cancellation.leave()
        self._session.close()
        if isinstance(error, exc.SQLAlchemyError):
            raise translate(error).with_traceback(trace) from None
