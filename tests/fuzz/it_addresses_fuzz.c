/* Input: a text. What reads as an address or a prefix is written as the same text, the system's own
 * reader takes it for the same address, and its places lead to hosts and back. */
#include "domain/addresses.h"

#include <arpa/inet.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_ip(kt_span_t text)
{
    it_ip_t ip;
    char out[IT_IP_TEXT_MAX];
    uint8_t bytes[IT_IP_BYTES_MAX] = {0};

    if (it_ip_parse(text, &ip))
        return;
    it_ip_format(&ip, out);
    KT_ASSERT(kt_span_equal(kt_span_str(out), text));
    KT_ASSERT(inet_pton(ip.family == 4 ? AF_INET : AF_INET6, out, bytes) == 1);
    KT_ASSERT(memcmp(bytes, ip.bytes, sizeof bytes) == 0);
}

static void
try_place(const it_cidr_t *cidr, uint64_t place)
{
    it_ip_t host = it_cidr_host(cidr, place);
    uint64_t back;

    KT_ASSERT(it_cidr_holds(cidr, &host));
    KT_ASSERT(it_cidr_place(cidr, &host, &back) && back == place);
}

static void
try_cidr(kt_span_t text)
{
    it_cidr_t cidr;
    char out[IT_CIDR_TEXT_MAX];

    if (it_cidr_parse(text, &cidr))
        return;
    it_cidr_format(&cidr, out);
    KT_ASSERT(kt_span_equal(kt_span_str(out), text));
    uint64_t hosts = it_cidr_hosts(&cidr);
    try_place(&cidr, 0);
    try_place(&cidr, hosts / 2);
    if (hosts != UINT64_MAX)
        try_place(&cidr, hosts - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_ip(kt_span(data, size));
    try_cidr(kt_span(data, size));
    return 0;
}
