"""The thin agent: chunks in, one call for each."""

from collections.abc import Awaitable, Callable
from typing import Any

from garbo.runtime.chunk import Chunk


def body(
    take: Callable[[Chunk], Awaitable[None]], forget_acknowledgements: Callable[[], None]
) -> Callable[[Any], Awaitable[None]]:
    """The agent's function. `take` never raises: Faust would restart the agent and acknowledge the chunk on the way."""

    async def agent(stream: Any) -> None:
        async for chunk in stream:
            await take(chunk)
            forget_acknowledgements()

    return agent
