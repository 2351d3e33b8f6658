from __future__ import annotations

from backend.services.services import Services
from tests.backend.office import Office


def test_all_services_work_on_the_same_context(office: Office) -> None:
    services = office.services

    assert isinstance(services, Services)
    assert services.context.settings.data == office.app.services.context.settings.data
    assert services.accounts.server_info().protocol_max == 1
