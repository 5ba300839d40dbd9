"""How a chunk travels through Faust: Faust decodes nothing and hands the chunk on as it is."""

from typing import Any

import faust

from garbo.runtime.chunk import Chunk


class ChunkSchema(faust.Schema):  # type: ignore[type-arg]
    """Raw bytes in: a chunk is already what the agent wants."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> None:
        return None

    def loads_value(self, app: Any, message: Any, **_: Any) -> Chunk:
        chunk: Chunk = message.value
        return chunk
