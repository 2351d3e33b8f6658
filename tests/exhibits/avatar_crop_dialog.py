"""Cropping a picture: ``python -m tests.exhibits.avatar_crop_dialog``."""

from __future__ import annotations

from desktop.models.avatars import decode_picture
from desktop.ui.avatar_crop_dialog import AvatarCropDialog
from tests.exhibits.stage import make_application, make_picture, show


def main() -> None:
    _, loop = make_application()
    show(AvatarCropDialog(decode_picture(make_picture())), loop)


if __name__ == "__main__":
    main()
