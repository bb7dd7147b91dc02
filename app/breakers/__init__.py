"""Circuit breakers: what is outside and fails is left alone for a while, and asked by one caller before all others."""

from app.breakers.breaker import Breaker, BreakerOpen
from app.breakers.breakers import Breakers

__all__ = ["Breaker", "BreakerOpen", "Breakers"]
