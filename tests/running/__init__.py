"""What holds while a generated store runs on this machine."""

import pytest

pytest.register_assert_rewrite("running.browser", "running.store")
