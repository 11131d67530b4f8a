"""What is wrong between the keys of a configuration whose form is right.

Each check is a generator of faults over the whole configuration; none stops at the first one.
"""
