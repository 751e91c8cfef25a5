"""How long leads are kept, and finding, exporting and erasing one person's data (``LS11``)."""
