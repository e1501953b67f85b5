"""Files that are sent with a form: read no further than they may be, and stored for their owner."""

from collections.abc import Callable, Sequence

from werkzeug.datastructures import FileStorage

from app.access.auth import rate_limits
from app.access.auth.rate_limits import RateLimit
from app.requests.walk_requests import brought_uploads
from app.storage.upload_models import Upload
from app.walks.uploads import kinds
from app.walks.uploads.kinds import UploadKind


def store(
    among: Sequence[UploadKind], file: FileStorage, *, owner_hash: str, limit: Callable[[UploadKind], RateLimit]
) -> Upload:
    """Store a file of one of some kinds that came with the current request, and count it.

    Of a file that is too large, one byte more is read than its kind may have. ``limit`` returns the limit of a kind.

    :raises ValueError: when it is refused, with the rest of a sentence that begins with the file.
    :raises NoRoom: when the rate limit or the disk is full, or no worker reads its kind.
    """
    kind, data = kinds.read_of_kind(among, file.stream)
    room = limit(kind)
    return brought_uploads.upload(
        kind,
        data,
        owner_hash=owner_hash,
        network=rate_limits.network_key(),
        check_room=room.check,
        admit=room.admit,
    )
