"""The key with which learn signs its snapshots and workers check them (BLAKE2b's keyed mode)."""

from pathlib import Path
from typing import Final

from garbo.errors import ConfigError

# Everybody knows it. It finds damage; only a key of one's own keeps out another writer.
DEVELOPMENT_KEY: Final = b"garbo development model key"
_LEAST: Final = 16
_MOST: Final = 64  # BLAKE2b's limit


def read_key(path: Path | None) -> bytes:
    """The key in a file, without surrounding white space; the development key if there is no file.

    Raises:
        ConfigError: the file cannot be read, or the key is too short or too long.
    """
    if path is None:
        return DEVELOPMENT_KEY
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"the model key cannot be read: {error.strerror}; check GARBO_MODEL_KEY_FILE.") from None
    if not _LEAST <= len(key) <= _MOST:
        raise ConfigError(f"the model key has {len(key)} bytes: give {_LEAST} to {_MOST} in GARBO_MODEL_KEY_FILE.")
    return key
