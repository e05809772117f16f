"""Short months without the full stop of the Associated Press."""

DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = "M j, Y, g:i A"
SHORT_DATE_FORMAT = "m/d/Y"
TIME_FORMAT = "g:i A"
