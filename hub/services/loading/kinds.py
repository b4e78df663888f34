"""The kinds of files that there are."""

from hub.services.loading import meter_point_file, network_file
from hub.services.loading.load import FileKind

METER_POINTS = FileKind(
    meter_point_file.KIND,
    meter_point_file.COLUMNS,
    meter_point_file.REQUIRED,
    meter_point_file.read,
    meter_point_file.subject,
    meter_point_file.merge,
)
NETWORK_LOCATIONS = FileKind(
    network_file.KIND,
    network_file.COLUMNS,
    network_file.REQUIRED,
    network_file.read,
    network_file.subject,
    network_file.merge,
)
