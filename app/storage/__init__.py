"""Results and uploads where all nodes reach them: in folders, or in an object store that speaks S3."""

from app.storage.opening import files_of

__all__ = ["files_of"]
