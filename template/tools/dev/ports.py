"""Which ports the store listens on, all of them on the loopback interface."""

import socket

NEIGHBOURS = 20


def is_free(port: int) -> bool:
    """Tell whether nothing on this machine answers on a port or could be shadowed by it.

    A browser may try either address of localhost, so both have to be free. Connecting finds what
    binding overlooks: some systems let an address be bound beside a listener on all addresses.
    """
    return all(
        _can_bind(family, host, port) and not _answers(family, host, port)
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
    )


def pick(preferred: int) -> int:
    """Give the preferred port, else one close to it, else any free one."""
    close = range(preferred, preferred + NEIGHBOURS)
    return next((port for port in close if is_free(port)), None) or any_free()


def any_free() -> int:
    """Give a free port that the system chose."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as candidate:
            # Connections that ended a moment ago don't count.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            candidate.bind((host, port))
    except OSError:
        return not _exists(family, host)
    return True


def _exists(family: socket.AddressFamily, host: str) -> bool:
    try:
        with socket.socket(family) as candidate:
            candidate.bind((host, 0))
    except OSError:
        return False
    return True


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as client:
            client.settimeout(1)
            return client.connect_ex((host, port)) == 0
    except OSError:
        return False
