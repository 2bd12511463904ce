"""Evidence that others can read: ladder pictures and captures."""

from typing import TYPE_CHECKING

from sfsip_nb.sip.face import face

if TYPE_CHECKING:
    from . import answers, capture, ladder, pcap, speaking
    from .capture import Capture
    from .diagnose import Diagnosis, diagnosed
    from .records import NotACapture

__all__ = [
    "Capture",
    "Diagnosis",
    "NotACapture",
    "answers",
    "capture",
    "diagnosed",
    "ladder",
    "pcap",
    "speaking",
]

__getattr__ = face(
    __name__,
    {
        "Capture": "capture",
        "Diagnosis": "diagnose",
        "NotACapture": "records",
        "answers": "",
        "capture": "",
        "diagnosed": "diagnose",
        "ladder": "",
        "pcap": "",
        "speaking": "",
    },
)
