"""The OpenAPI document: what the framework finds out by itself, and what it cannot know."""

from app.openapi.document import describe, operation_id

__all__ = ["describe", "operation_id"]
