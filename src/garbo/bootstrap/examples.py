"""The policies that come with Garbo: in the wheel under garbo/examples, or in the checkout that this runs from."""

from pathlib import Path
from typing import Final

MARK: Final = "policy.yaml"  # a folder that holds it is a policy; producer, dispatcher and others are not


def packaged_policies() -> dict[str, Path]:
    """The folder of each policy, by its name; empty if this installation has none."""
    package = Path(__file__).parent.parent
    for folder in (package / "examples", package.parent.parent / "examples"):
        found = {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{MARK}"))}
        if found:
            return found
    return {}
