"""Speech in and out: listens to recordings, and reads answers aloud. Knows no messages and no platforms."""

from bots.speech.connection_test import test_endpoint
from bots.speech.endpoints import can_listen, can_speak
from bots.speech.recognition import transcribe
from bots.speech.synthesis import Spoken, speak
from bots.speech.unheard import Heard, NotHeard, Unheard

__all__ = [
    "Heard",
    "NotHeard",
    "Spoken",
    "Unheard",
    "can_listen",
    "can_speak",
    "speak",
    "test_endpoint",
    "transcribe",
]
