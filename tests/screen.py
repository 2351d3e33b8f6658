"""A screen without a monitor, and a look at its pixels: what a person sees is what counts."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
from types import TracebackType

__all__ = ["Screen", "has_screen", "is_blank"]

WIDTH, HEIGHT = 1280, 900
SAMPLED_ROWS = 3  # Every third row is looked at: text has more than three.
INKS_MIN = 12  # Smoothed letters have many shades; a ground, a border and a shadow have few.
PIXELS_MIN = 150
ZPIXMAP = 2
ALL_PLANES = ctypes.c_ulong(0xFFFFFFFF)


class _Image(ctypes.Structure):
    """The head of Xlib's XImage."""

    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("xoffset", ctypes.c_int),
        ("format", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_char)),
        ("byte_order", ctypes.c_int),
        ("bitmap_unit", ctypes.c_int),
        ("bitmap_bit_order", ctypes.c_int),
        ("bitmap_pad", ctypes.c_int),
        ("depth", ctypes.c_int),
        ("bytes_per_line", ctypes.c_int),
    )


def has_screen() -> bool:
    """Whether this machine can make one."""
    return shutil.which("Xvfb") is not None and ctypes.util.find_library("X11") is not None


class Screen:
    """An Xvfb of its own, without a window manager unless one is asked for."""

    def __init__(self, *, window_manager: str = "") -> None:
        self._window_manager = window_manager
        self._processes: list[subprocess.Popen[bytes]] = []
        self._x11 = _xlib()
        self._display = 0
        self.name = ""

    def __enter__(self) -> Screen:
        """Start it and connect."""
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
        server = subprocess.Popen(
            [*command, "-nolisten", "tcp", "-ac"], pass_fds=(writer,), stderr=subprocess.DEVNULL
        )
        self._processes.append(server)
        os.close(writer)
        with os.fdopen(reader) as numbers:
            self.name = f":{int(numbers.readline())}"
        self._display = self._x11.XOpenDisplay(self.name.encode())
        assert self._display, "Xvfb does not answer"
        if self._window_manager:
            environ = os.environ | {"DISPLAY": self.name}
            manager = subprocess.Popen(
                [self._window_manager], env=environ, stderr=subprocess.DEVNULL
            )
            self._processes.append(manager)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect and end what was started here."""
        self._x11.XCloseDisplay(ctypes.c_void_p(self._display))
        for process in reversed(self._processes):
            process.terminate()
            process.wait()

    def environ(self) -> dict[str, str]:
        """Return the environment of programs that shall open their windows here."""
        kept = {k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY",)}
        return kept | {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8"}

    def pixels(self) -> memoryview:
        """Return the pixels of some rows of the whole screen, one number each."""
        display = ctypes.c_void_p(self._display)
        root = self._x11.XDefaultRootWindow(display)
        image = self._x11.XGetImage(display, root, 0, 0, WIDTH, HEIGHT, ALL_PLANES, ZPIXMAP)
        assert image, "no picture of the screen"
        head = image.contents
        length = head.bytes_per_line * head.height
        data = ctypes.string_at(head.data, length)
        self._x11.XDestroyImage(image)
        stride = head.bytes_per_line
        rows = (data[at : at + stride] for at in range(0, length, stride * SAMPLED_ROWS))
        return memoryview(b"".join(rows)).cast("I")


def is_blank(pixels: memoryview) -> bool:
    """Whether a screen shows nothing, or a window's ground at most."""
    shades: dict[int, int] = {}
    for pixel in pixels:
        shades[pixel] = shades.get(pixel, 0) + 1
    ranked = sorted(shades.values(), reverse=True)
    # The screen behind the window and its two largest grounds are no content.
    return len(ranked) < INKS_MIN or sum(ranked[3:]) < PIXELS_MIN


def _xlib() -> ctypes.CDLL:
    library = ctypes.CDLL(ctypes.util.find_library("X11"))
    library.XOpenDisplay.restype = ctypes.c_void_p
    library.XDefaultRootWindow.restype = ctypes.c_ulong
    library.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
    library.XGetImage.restype = ctypes.POINTER(_Image)
    library.XGetImage.argtypes = [
        ctypes.c_void_p,
        ctypes.c_ulong,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_ulong,
        ctypes.c_int,
    ]
    library.XDestroyImage.argtypes = [ctypes.POINTER(_Image)]
    return library
