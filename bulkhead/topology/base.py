"""What every part of a topology is."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown fields are refused, values never change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
