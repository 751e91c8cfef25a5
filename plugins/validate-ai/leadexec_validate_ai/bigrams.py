"""How likely a word is, by which letters follow each other in names and English words."""

import itertools
from typing import Final

LETTERS: Final = " abcdefghijklmnopqrstuvwxyz"
"""The blank stands for the beginning and the end of a word."""
STRANGE: Final = 6.2
"""Bits for each step from letter to letter above which a word looks made up.

Of the 88 799 family names in the census of the United States of 1990, five are stranger, and of
its first names none; of words of five to ten letters drawn by chance, six in ten are.
"""
WILD: Final = 7.0
"""The same above which no name and no word of the census and the dictionary is."""

# One row for each first letter, one column for each that follows, in the order of LETTERS: how
# many half bits that step takes, in base 36. Counted once over the names of that census (half of
# it family names, a fifth first names) and the English words of Webster's dictionary of 1934, all
# of them in the public domain.
_HALF_BITS: Final = (
    "z8878aa99cb987bb8h979bbalfe",
    "5hb9adebdbic795icj698acehce",
    "c5big4mnh7ik7ji6lt6dh7lnxbo",
    "96lai7lg58t7aih6lg9haanlzce",
    "56gkb4hdg6kjbfd7lo8ceaieybh",
    "5adbabedebie7b6ddk589edefaf",
    "86mln56lk6ni7hh6nr6eb8omvdm",
    "66glg5ia87nl8eb7mo7de8mfpdq",
    "64gjk5imj6niacb6luagb9nfyaq",
    "88d7a7cbikkc8b59cia78fclhlc",
    "d3ofh4tmj9mgkjg4qtnkh6tmtml",
    "56hml5iod5lg9ec7lnabialfpap",
    "66dfb5fgh6oe6cg7fnjccaeit9i",
    "74aal5jkk6pifag6aohdmaokybm",
    "47da86e8f7icfh98hkf98ehhqde",
    "7dbaacdbdcjd795aal6898bafef",
    "96jjl5en67qf8ig69v7baaqjxds",
    "fhlplnpppepppppnpolpp0lpppp",
    "66dca6fbf6ldbbb6fkaa9afhpah",
    "58f8i7jj78nacbe8bhj86akezdg",
    "66jen5ik76lhcff7ls8c7bmfybc",
    "baa998daf9jd786ebl668mgjffd",
    "f4qnl3qpq4ojfqi7vvegpfopvfn",
    "74fhe5ij95tfcga7kqc8ffmjvcl",
    "46eaj8fld5qlcef89kic7bndk8l",
    "29ebc9hehele9b8abqbaceihjpi",
    "55egg4lgh6udcce7ljihlameua8",
)
_BITS: Final = {
    (first, second): int(digit, 36) / 2
    for first, row in zip(LETTERS, _HALF_BITS, strict=True)
    for second, digit in zip(LETTERS, row, strict=True)
}


def strangeness(word: str) -> float:
    """Return how many bits each step of ``word`` takes on average; 0 for an empty one.

    Args:
        word: Of the letters a to z.
    """
    if not word:
        return 0.0
    path = f" {word} "
    return sum(_BITS[step] for step in itertools.pairwise(path)) / (len(word) + 1)
