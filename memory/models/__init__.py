"""Models of the memory app. The rows are the source of truth; every index and cache is rebuilt from them."""

from memory.models.consolidation import ConsolidatedEpisode, ConsolidationRun, MemorySource
from memory.models.embedder import EmbedderChoice
from memory.models.entry import MemoryEntry, MemoryEntryQuerySet, new_stamp, stale
from memory.models.indexes import LargeScope, VectorChange
from memory.models.work import OngoingWork

__all__ = [
    "ConsolidatedEpisode",
    "ConsolidationRun",
    "EmbedderChoice",
    "LargeScope",
    "MemoryEntry",
    "MemoryEntryQuerySet",
    "MemorySource",
    "OngoingWork",
    "VectorChange",
    "new_stamp",
    "stale",
]
