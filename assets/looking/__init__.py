"""What decodes the bytes that people upload, in a process of its own with hard bounds. Nothing here imports Django.

``run.py`` starts it (in a worker), ``__main__.py`` is the process, ``bounds.py`` what it may not do; a module
for each kind decodes.
"""
