"""The forms a lead may be posted in, read into one shape; and the answer, written in any of them.

``reading`` is the way in, ``negotiation`` and ``answers`` the way out; everything here is pure.
"""
