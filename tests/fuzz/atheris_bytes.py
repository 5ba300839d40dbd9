"""atheris mutates the bytes of golden messages: `python -m tests.fuzz.atheris_bytes N`.

The bytes are: the entrance, the choice of the key, the value.
"""

import atheris

with atheris.instrument_imports(include=["garbo"]):
    from tests.fuzz.raw import play, seeds

from tests.fuzz.atheris_engine import fuzz

if __name__ == "__main__":
    fuzz("atheris, bytes", play, seeds(), 4096)
