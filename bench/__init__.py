"""`make bench`: measures what docs promise about speed, against floors measured in the same run."""
