/* Which commodities are money. */
#include "reader.h"

#include <wchar.h>

/* The currencies of ISO 4217 (list one of its maintenance agency, without precious metals, units of
 * account and test codes). */
static const char codes[] = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD "
                            "BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY "
                            "COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
                            "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR "
                            "IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP "
                            "LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR "
                            "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR "
                            "PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD "
                            "SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
                            "TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD "
                            "XOF XPF YER ZAR ZMW ZWG ";

/* Currency signs (Unicode general category Sc) below U+2000; those of the block U+20A0..U+20CF are
 * all in. */
static const wchar_t signs[] =
    L"$\u00A2\u00A3\u00A4\u00A5\u058F\u060B\u07FE\u07FF\u09F2\u09F3\u09FB\u0AF1\u0BF9\u0E3F\u17DB";

bool
imp_is_money(const char *commodity)
{
    if (strcmp(commodity, IMP_NO_COMMODITY) == 0)
        return true;
    size_t left = strlen(commodity);
    if (left == 3) {
        for (const char *code = codes; *code; code += 4)
            if (memcmp(code, commodity, 3) == 0)
                return true;
    }
    mbstate_t state = {0};
    while (left > 0) {
        wchar_t wide;
        size_t bytes = mbrtowc(&wide, commodity, left, &state);
        if (bytes == 0 || bytes > left)
            return false;
        if (wcschr(signs, wide) || (wide >= 0x20A0 && wide <= 0x20CF))
            return true;
        commodity += bytes;
        left -= bytes;
    }
    return false;
}
