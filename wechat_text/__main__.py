"""``python -m wechat_text``: see `wechat_text.cli`."""

import sys

from wechat_text.cli import main

if __name__ == "__main__":
    sys.exit(main())
