"""The own devices: ``python -m tests.exhibits.devices_dialog``."""

from __future__ import annotations

from desktop.events import DeviceRow
from desktop.ui.devices_dialog import DevicesDialog
from tests.desktop.fake_port import at
from tests.exhibits.stage import make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.devices = [
        DeviceRow(
            device_id=number,
            name=name,
            created_ms=at(60),
            last_seen_ms=at(5 * number),
            is_current=number == 1,
            is_revoked=False,
            has_session=number < 3,
        )
        for number, name in enumerate(("Laptop", "Office", "Old desktop"), start=1)
    ]
    show(DevicesDialog(port), loop)


if __name__ == "__main__":
    main()
