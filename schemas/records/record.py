"""What all rows are."""

from typing import Any

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)
