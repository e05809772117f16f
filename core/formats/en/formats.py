"""Short months without the full stop of the Associated Press."""

DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = "M j, Y, g:i A"
SHORT_DATE_FORMAT = "m/d/Y"
MONTH_DAY_FORMAT = "F j"
TIME_FORMAT = "g:i A"
