"""Example data: one product of a studio that makes training films and the software around them.

``people`` and ``setting`` say who and where; the modules named after areas hold the items; ``papers`` and
``pictures`` the files; ``clock`` turns "so many working days ago" into instants; ``play`` carries everything out
through the services, in the order of time.
"""
