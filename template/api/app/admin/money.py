from decimal import Decimal

# ISO 4217 gives the others two.
WITHOUT_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
WITH_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"


def digits(currency: str) -> int:
    if currency in WITHOUT_DIGITS.split():
        return 0
    return 3 if currency in WITH_THREE_DIGITS.split() else 2


def amount(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-digits(currency))
