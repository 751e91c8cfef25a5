"""Where the demonstration's people live: city, state, ZIP and area code that belong together."""

from typing import Final

import msgspec


class Place(msgspec.Struct, frozen=True):
    """A city with one of its ZIP codes and its telephone area code."""

    state: str
    state_name: str
    city: str
    zip: str
    area_code: str


def _read(table: str) -> tuple[Place, ...]:
    rows = (line.split(",") for line in table.strip().splitlines())
    return tuple(Place(*(cell.strip() for cell in row)) for row in rows)


PLACES: Final = _read("""
AL,Alabama,Birmingham,35203,205
AL,Alabama,Huntsville,35801,256
AR,Arkansas,Little Rock,72201,501
AZ,Arizona,Phoenix,85004,602
AZ,Arizona,Tucson,85701,520
CA,California,Los Angeles,90012,213
CA,California,San Diego,92101,619
CA,California,Sacramento,95814,916
CA,California,Fresno,93721,559
CA,California,San Jose,95113,408
CO,Colorado,Denver,80202,303
CO,Colorado,Colorado Springs,80903,719
CT,Connecticut,Hartford,06103,860
FL,Florida,Miami,33130,305
FL,Florida,Tampa,33602,813
FL,Florida,Orlando,32801,407
FL,Florida,Jacksonville,32202,904
GA,Georgia,Atlanta,30303,404
GA,Georgia,Savannah,31401,912
IA,Iowa,Des Moines,50309,515
ID,Idaho,Boise,83702,208
IL,Illinois,Chicago,60602,312
IL,Illinois,Springfield,62701,217
IN,Indiana,Indianapolis,46204,317
KS,Kansas,Wichita,67202,316
KY,Kentucky,Louisville,40202,502
LA,Louisiana,New Orleans,70112,504
MA,Massachusetts,Boston,02108,617
MD,Maryland,Baltimore,21202,410
ME,Maine,Portland,04101,207
MI,Michigan,Detroit,48226,313
MI,Michigan,Grand Rapids,49503,616
MN,Minnesota,Minneapolis,55415,612
MO,Missouri,Kansas City,64106,816
MO,Missouri,St. Louis,63101,314
MS,Mississippi,Jackson,39201,601
MT,Montana,Billings,59101,406
NC,North Carolina,Charlotte,28202,704
NC,North Carolina,Raleigh,27601,919
NE,Nebraska,Omaha,68102,402
NH,New Hampshire,Manchester,03101,603
NJ,New Jersey,Newark,07102,973
NM,New Mexico,Albuquerque,87102,505
NV,Nevada,Las Vegas,89101,702
NV,Nevada,Reno,89501,775
NY,New York,New York,10007,212
NY,New York,Buffalo,14202,716
NY,New York,Albany,12207,518
OH,Ohio,Columbus,43215,614
OH,Ohio,Cleveland,44113,216
OK,Oklahoma,Oklahoma City,73102,405
OR,Oregon,Portland,97204,503
PA,Pennsylvania,Philadelphia,19107,215
PA,Pennsylvania,Pittsburgh,15219,412
SC,South Carolina,Charleston,29401,843
TN,Tennessee,Nashville,37201,615
TN,Tennessee,Memphis,38103,901
TX,Texas,Houston,77002,713
TX,Texas,Dallas,75201,214
TX,Texas,Austin,78701,512
TX,Texas,San Antonio,78205,210
TX,Texas,El Paso,79901,915
UT,Utah,Salt Lake City,84111,801
VA,Virginia,Richmond,23219,804
VA,Virginia,Norfolk,23510,757
WA,Washington,Seattle,98104,206
WA,Washington,Spokane,99201,509
WI,Wisconsin,Milwaukee,53202,414
""")
"""Cities in the contiguous United States."""


def places_in(states: tuple[str, ...]) -> tuple[Place, ...]:
    """Return the places in ``states``; all places when there is none."""
    return tuple(place for place in PLACES if not states or place.state in states)
