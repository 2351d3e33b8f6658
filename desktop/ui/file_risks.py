"""Which files can harm the computer when they are opened, by how their names end.

The one list of them. `risk_of` says which warning is shown (``file.risk_…`` in the translations);
a name without a risk is opened without a question. What a name promises is all that is known
before a file is opened: its bytes decide nothing here, the program that opens it goes by the name.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Risk", "risk_of"]


class Risk(Enum):
    """What opening a file may do."""

    PROGRAM = "program"  # It runs, or installs what runs.
    SCRIPT = "script"  # It is run by a program that is most likely there.
    MACROS = "macros"  # A document that may bring commands along.
    SHORTCUT = "shortcut"  # It leads to something else, which may run.
    PAGE = "page"  # The browser shows it and runs what is in it.
    ARCHIVE = "archive"  # A disk or a package, opened like a folder; what is inside is unknown.


_ENDINGS = {
    Risk.PROGRAM: (
        "apk app appimage appinstaller appx appxbundle bin com cpl deb drv dll exe flatpak"
        " flatpakref gadget ipa jar jnlp kext mpkg msi msix msixbundle msp mst ocx out pif pkg"
        " rpm run scr snap so sys workflow xbe xpi"
    ),
    Risk.SCRIPT: (
        "action applescript ahk awk bash bat bsh cmd command csh fish hta inf ins isp js jse jsx"
        " ksh lua mjs msc pl ps1 ps1xml ps2 psc1 psd1 psm1 py pyc pyo pyw pyz rb reg rgs scpt sct"
        " sh shb sql tcl tcsh terminal vb vbe vbs vbscript ws wsc wsf wsh zsh"
    ),
    Risk.MACROS: (
        "accdb accde accdr ade adp doc docm dot dotm mdb mde pot potm ppam ppsm ppt pptm"
        " sldm slk xla xlam xll xls xlsb xlsm xlt xltm xlw"
    ),
    Risk.SHORTCUT: (
        "application desktop appref-ms diagcab fileloc inetloc library-ms lnk scf search-ms"
        " searchconnector-ms settingcontent-ms theme themepack url webloc website"
    ),
    Risk.PAGE: "chm htm html mht mhtml shtml svg svgz swf xhtml xht xml xsl xslt",
    Risk.ARCHIVE: "cab dmg img iso udf vhd vhdx wim",
}
_RISKS = {ending: risk for risk, endings in _ENDINGS.items() for ending in endings.split()}


def risk_of(name: str) -> Risk | None:
    """Return what opening a file of this name may do, ``None`` if nothing out of the ordinary."""
    # Windows takes no notice of dots and spaces at the end.
    _, dot, ending = name.rstrip(". \t").rpartition(".")
    return _RISKS.get(ending.strip().casefold()) if dot else None
