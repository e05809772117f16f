"""What ``manage.py doctor`` looks at: what has to be right outside the code, and what to do where it is not."""
