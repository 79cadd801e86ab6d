"""What stands in a text: its lines and what each of them is, parts, segments, claims, differences. Pure computing.

A text is decoded once (``reading.decoded``): a byte order mark, the form of line ends and the last line end belong
to the container, not to the text.
"""
