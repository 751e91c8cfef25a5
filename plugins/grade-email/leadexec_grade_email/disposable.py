"""Domains of services that lend mailboxes for minutes: the usual ones, not all there are."""

from typing import Final

# fmt: off
DISPOSABLE: Final = frozenset({
    "0-mail.com", "10minutemail.co.uk", "10minutemail.com", "10minutemail.net", "1secmail.com",
    "1secmail.net", "1secmail.org", "20minutemail.com", "anonbox.net", "anonymbox.com",
    "burnermail.io", "byom.de", "crazymailing.com", "deadaddress.com", "despam.it", "discard.email",
    "discardmail.com", "discardmail.de", "dispostable.com", "dropmail.me", "einrot.com",
    "email-fake.com", "emailondeck.com", "emailsensei.com", "emailtemporanea.net", "eyepaste.com",
    "fake-mail.net", "fakeinbox.com", "fakemail.net", "fakemailgenerator.com", "filzmail.com",
    "generator.email", "getairmail.com", "getnada.com", "gishpuppy.com", "grr.la",
    "guerrillamail.biz", "guerrillamail.com", "guerrillamail.de", "guerrillamail.info",
    "guerrillamail.net", "guerrillamail.org", "guerrillamailblock.com", "harakirimail.com",
    "hidemail.de", "inboxalias.com", "inboxbear.com", "inboxkitten.com", "incognitomail.org",
    "jetable.org", "kasmail.com", "mail-temp.com", "mail-temporaire.fr", "mail.tm", "mail7.io",
    "mailcatch.com", "maildrop.cc", "mailexpire.com", "mailforspam.com", "mailinator.com",
    "mailinator.net", "mailinator2.com", "mailmetrash.com", "mailmoat.com", "mailnesia.com",
    "mailnull.com", "mailpoof.com", "mailsac.com", "mailtemp.info", "mintemail.com",
    "minuteinbox.com", "moakt.com", "mohmal.com", "moncourrier.fr.nf", "monumentmail.com",
    "mt2015.com", "mvrht.com", "mytemp.email", "mytrashmail.com", "nada.email", "no-spam.ws",
    "nospamfor.us", "nowmymail.com", "objectmail.com", "pokemail.net", "proxymail.eu", "rcpt.at",
    "rhyta.com", "rmqkr.net", "sharklasers.com", "shieldemail.com", "sogetthis.com", "spam4.me",
    "spamavert.com", "spambob.com", "spambog.com", "spambox.us", "spamcowboy.com", "spamex.com",
    "spamfree24.org", "spamherelots.com", "spamhole.com", "spaml.com", "superrito.com",
    "teleworm.us", "temp-mail.io", "temp-mail.org", "tempail.com", "tempemail.co", "tempinbox.com",
    "tempmail.dev", "tempmail.net", "tempmail.plus", "tempmailaddress.com", "tempmailo.com",
    "tempomail.fr", "temporaryemail.net", "temporarymail.com", "tempr.email", "throwam.com",
    "throwawaymail.com", "tmail.ws", "tmailinator.com", "tmpmail.net", "tmpmail.org",
    "trash-mail.com", "trash-mail.de", "trashmail.com", "trashmail.de", "trashmail.me",
    "trashmail.net", "trashmail.ws", "trbvm.com", "wegwerfemail.de", "wegwerfmail.de",
    "wegwerfmail.net", "wh4f.org", "yopmail.com", "yopmail.fr", "yopmail.net", "zoemail.org",
})
# fmt: on
