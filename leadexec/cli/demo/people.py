"""Names, streets and the like of people who do not exist."""

from typing import Final

_FIRST_NAMES: Final = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard
Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty
Anthony Sandra Mark Margaret Donald Ashley Steven Kimberly Andrew Emily Paul Donna Joshua
Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah Timothy Stephanie Ronald
Rebecca José María Zoë Siobhán Renée Luis Carlos Ana Wei Mei Aisha Omar Priya Raj
"""
_LAST_NAMES: Final = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez
Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris
Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill
Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
Evans Turner Diaz Parker Cruz Edwards Collins Reyes O'Brien O'Connor McDonald Nuñez Müller
Smith-Jones DeLuca Patel Kim Chen Singh Haddad Kowalski Ivanova Okafor
"""
_STREETS: Final = """
Main Oak Pine Maple Cedar Elm Washington Lake Hill Walnut Spring Ridge Church Park Chestnut
Lincoln Highland Jefferson Sunset River Meadow Franklin Cherry Dogwood Magnolia
"""
FIRST_NAMES: Final = tuple(_FIRST_NAMES.split())
LAST_NAMES: Final = tuple(_LAST_NAMES.split())
STREETS: Final = tuple(_STREETS.split())
STREET_KINDS: Final = ("St", "Ave", "Rd", "Dr", "Ln", "Blvd", "Ct", "Way")
MAIL_HOSTS: Final = ("example.com", "example.net", "example.org")
"""Reserved for examples (RFC 2606): no mail can reach anybody."""

VEHICLES: Final = (
    ("Toyota", "Camry"),
    ("Toyota", "RAV4"),
    ("Honda", "Civic"),
    ("Honda", "CR-V"),
    ("Ford", "F-150"),
    ("Ford", "Escape"),
    ("Chevrolet", "Silverado"),
    ("Chevrolet", "Malibu"),
    ("Nissan", "Altima"),
    ("Hyundai", "Elantra"),
    ("Subaru", "Outback"),
    ("Jeep", "Grand Cherokee"),
    ("Tesla", "Model 3"),
    ("BMW", "330i"),
    ("Kia", "Sorento"),
)
CARRIERS: Final = ("State Farm", "Geico", "Progressive", "Allstate", "USAA", "Liberty Mutual")
REMARKS: Final = (
    "Please call after 5 pm.",
    "Best reached by email",
    'Heard about you from a friend & "neighbor" <really>',
    "Looking to close before the end of the month; rate lock matters.",
    "¿Hablan español?",
)
"""Some with characters that a careless mapping breaks."""
