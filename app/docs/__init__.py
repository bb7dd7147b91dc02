"""The documentation pages: the OpenAPI document as plain HTML, without scripts and without anything from elsewhere."""
