"""atheris writes the messages itself, from the golden ones on: `python -m tests.fuzz.atheris_bytes N`.

Bytes: the entrance, how the key is made, the value.
"""

import atheris

with atheris.instrument_imports(include=["garbo"]):
    from tests.fuzz.raw import play, seeds

from tests.fuzz.atheris_engine import fuzz

if __name__ == "__main__":
    fuzz("atheris, bytes", play, seeds(), 4096)
