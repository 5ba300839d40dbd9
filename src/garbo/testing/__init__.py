"""What tests of a policy need, shipped: the synchronous driver."""

from garbo.testing.driver import Driver

__all__ = ["Driver"]
