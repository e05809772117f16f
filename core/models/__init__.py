"""Tables of core."""

from core.models.company import BrandLogo, CompanyProfile
from core.models.events import BY_PEOPLE, Event, EventLink, Heartbeat, Origin
from core.models.files import Sharing, StoredFile
from core.models.home import HomeLayout, RecentRecord
from core.models.mails import MailState, OutgoingMail
from core.models.outgoing import AllowedHost, OutgoingRequest, RequestKind, RequestState, WebhookSigning
from core.models.properties import PropertyChoice, PropertyDefinition, PropertyGroup
from core.models.segments import Segment, SegmentKind, SegmentMember
from core.models.smtp import MailSecurity, MailServer
from core.models.views import ListJob, ListPreference, ListSlice, SavedView, Visibility

__all__ = [
    "BY_PEOPLE",
    "AllowedHost",
    "BrandLogo",
    "CompanyProfile",
    "Event",
    "EventLink",
    "Heartbeat",
    "HomeLayout",
    "ListJob",
    "ListPreference",
    "ListSlice",
    "MailSecurity",
    "MailServer",
    "MailState",
    "Origin",
    "OutgoingMail",
    "OutgoingRequest",
    "PropertyChoice",
    "PropertyDefinition",
    "PropertyGroup",
    "RecentRecord",
    "RequestKind",
    "RequestState",
    "SavedView",
    "Segment",
    "SegmentKind",
    "SegmentMember",
    "Sharing",
    "StoredFile",
    "Visibility",
    "WebhookSigning",
]
