"""Errors as answers: one shape (RFC 9457), one list of codes, one place that turns the first into the second."""

from app.errors.codes import Code
from app.errors.problem import FieldError, ServiceError

__all__ = ["Code", "FieldError", "ServiceError"]
