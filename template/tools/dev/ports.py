"""The choice of ports, all on the loopback interface."""

import socket

NEARBY_PORTS = 20


def is_free(port: int) -> bool:
    """Return whether nothing on this machine uses a port.

    A browser may try either address of localhost, so both have to be free. Binding is not enough
    to know: some systems let a program bind one address while another listens on all of them.
    """
    return all(
        _can_bind(family, host, port) and not _answers(family, host, port)
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
    )


def pick(preferred: int) -> int:
    """Return the preferred port, or a free one near it, or any free one."""
    close = range(preferred, preferred + NEARBY_PORTS)
    return next((port for port in close if is_free(port)), None) or any_free()


def any_free() -> int:
    """Return a free port, chosen by the system."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as candidate:
            # Ignore connections that have just closed.
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
