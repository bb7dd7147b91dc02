"""What each XID error of the driver asks for.

Source: NVIDIA's XID catalog as encoded in leptonai/gpud (2025-10-29). 109 is a matter of the application for NVIDIA's
Kubernetes device plugin and of the card for gpud; here it is the card's.
"""

from types import MappingProxyType
from typing import Final

#: What to do, to the codes that ask for it. A code in none of them is not classified yet.
_CODES: Final = {
    "reset the card": (46, 62, 64, 95, 109, 110, 119, 120, 136, 140, 143, 155, 156, 158),
    "reboot: it fell off the bus": (79,),
    "restart the virtual machine": (151,),
    "check its power cable": (54,),
    "memory error: drain and reset": (48,),
    "NVLink error: drain and reset": (74, *range(144, 151)),
    "restart the application": (
        *(8, 11, 13, 25, 31, 32, 39, 40, 41, 60, *range(68, 73), 75, 76, 77, 80, *range(82, 87), 88, 89, 94),
        *(*range(96, 106), *range(126, 136), 139),
    ),
    "for information": (
        *(14, 37, 38, 43, 44, 45, 63, 66, 67, 92, 93, 106, 107, 108, 121, 137, 141, 152, 153, 154, 157, 160, 161),
    ),
}

#: XID to what it asks for.
XID_ACTIONS: Final = MappingProxyType({code: action for action, codes in _CODES.items() for code in codes})

#: The card itself is broken or unusable until somebody acts.
XIDS_OF_THE_CARD: Final = tuple(
    sorted(code for code, action in XID_ACTIONS.items() if action not in ("restart the application", "for information"))
)
XIDS_FOR_INFORMATION: Final = tuple(sorted(_CODES["for information"]))
