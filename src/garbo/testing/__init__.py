"""What tests of a policy need, shipped: the synchronous driver."""

from garbo.simulation.driver import Driver

__all__ = ["Driver"]
