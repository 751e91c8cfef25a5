"""What the operator says about the ping receiver."""

from typing import Annotated

from msgspec import Meta, Struct


class ChannelPingPostSettings(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Settings of the ping receiver, in ``[plugins.channel-ping-post]``."""

    body_limit: Annotated[
        int,
        Meta(
            title="Largest ping",
            description="In bytes; more is answered with 413 and kept cut",
            ge=1024,
            le=104_857_600,
        ),
    ] = 1_048_576
