"""The native engine (the crate in engine/); absent where it was not built."""

__all__ = ["__version__", "version"]

__version__: str

def version() -> str:
    """The version of the crate that this module was built from, equal to the package's."""
