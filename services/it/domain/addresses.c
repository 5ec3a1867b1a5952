#include "domain/addresses.h"

/* ---- numbers ---- */

static uint32_t
bytes_of(const it_ip_t *ip)
{
    return it_ip_bits(ip) / 8;
}

int
it_ip_compare(const it_ip_t *a, const it_ip_t *b)
{
    int order = (a->family > b->family) - (a->family < b->family);
    return order != 0 ? order : memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

it_cidr_t
it_cidr_around(const it_ip_t *ip, uint8_t length)
{
    it_cidr_t cidr = {.ip = *ip, .length = length};
    for (uint32_t i = 0; i < bytes_of(ip); i++) {
        uint32_t kept = length > 8 * i ? length - 8 * i : 0;
        if (kept < 8)
            cidr.ip.bytes[i] &= (uint8_t)(0xFF00u >> kept);
    }
    return cidr;
}

bool
it_cidr_holds(const it_cidr_t *cidr, const it_ip_t *ip)
{
    if (ip->family != cidr->ip.family)
        return false;
    it_cidr_t around = it_cidr_around(ip, cidr->length);
    return it_ip_compare(&around.ip, &cidr->ip) == 0;
}

bool
it_cidr_inside(const it_cidr_t *inner, const it_cidr_t *outer)
{
    return inner->length > outer->length && it_cidr_holds(outer, &inner->ip);
}

/* Bits behind the prefix. */
static uint32_t
free_bits(const it_cidr_t *cidr)
{
    return it_ip_bits(&cidr->ip) - cidr->length;
}

/* Addresses at the lower end that are for no host: the network's own, or the subnet-router anycast
 * address. Prefixes of one and two addresses have none (RFC 3021, RFC 6164). */
static uint64_t
reserved_low(const it_cidr_t *cidr)
{
    return free_bits(cidr) >= 2 ? 1 : 0;
}

uint64_t
it_cidr_hosts(const it_cidr_t *cidr)
{
    if (free_bits(cidr) >= 64)
        return UINT64_MAX;
    uint64_t all = UINT64_C(1) << free_bits(cidr);
    uint64_t broadcast = cidr->ip.family == 4 ? reserved_low(cidr) : 0;
    return all - reserved_low(cidr) - broadcast;
}

it_ip_t
it_cidr_host(const it_cidr_t *cidr, uint64_t place)
{
    it_ip_t ip = cidr->ip;
    uint64_t carry = place + reserved_low(cidr);
    for (uint32_t i = bytes_of(&ip); i > 0 && carry > 0; i--) {
        uint64_t sum = ip.bytes[i - 1] + (carry & 0xFF);
        ip.bytes[i - 1] = (uint8_t)sum;
        carry = (carry >> 8) + (sum >> 8);
    }
    return ip;
}

bool
it_cidr_place(const it_cidr_t *cidr, const it_ip_t *ip, uint64_t *place)
{
    if (!it_cidr_holds(cidr, ip))
        return false;
    uint64_t offset = 0;
    bool far = false;
    for (uint32_t i = 0; i < bytes_of(ip); i++) {
        far = far || offset >> 56 != 0;
        offset = offset << 8 | (uint8_t)(ip->bytes[i] ^ cidr->ip.bytes[i]);
    }
    if (!far && offset < reserved_low(cidr))
        return false;
    uint64_t at = far ? UINT64_MAX : offset - reserved_low(cidr);
    if (at != UINT64_MAX && at >= it_cidr_hosts(cidr))
        return false;
    *place = at;
    return true;
}

/* ---- writing ---- */

static char *
put_number(char *at, uint32_t number, uint32_t base)
{
    char digits[10];
    uint32_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static char *
put_ipv4(char *at, const uint8_t bytes[4])
{
    for (uint32_t i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = put_number(at, bytes[i], 10);
    }
    return at;
}

static uint32_t
group_of(const it_ip_t *ip, uint32_t i)
{
    return (uint32_t)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* The longest run of at least two zero groups, the first of equal ones (RFC 5952, 4.2). */
static uint32_t
longest_zeros(const it_ip_t *ip, uint32_t groups, uint32_t *first)
{
    uint32_t best = 1;
    for (uint32_t i = 0; i < groups; i++) {
        uint32_t run = 0;
        while (i + run < groups && group_of(ip, i + run) == 0)
            run++;
        if (run > best) {
            best = run;
            *first = i;
        }
        i += run;
    }
    return best > 1 ? best : 0;
}

static char *
put_ipv6(char *at, const it_ip_t *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    bool mixed = memcmp(ip->bytes, mapped, sizeof mapped) == 0; /* RFC 5952, section 5 */
    uint32_t groups = mixed ? 6 : 8, first = 0;
    uint32_t zeros = longest_zeros(ip, groups, &first);
    bool separate = false;
    for (uint32_t i = 0; i < groups; i++) {
        if (zeros > 0 && i == first) {
            *at++ = ':';
            *at++ = ':';
            i += zeros - 1;
            separate = false;
            continue;
        }
        if (separate)
            *at++ = ':';
        at = put_number(at, group_of(ip, i), 16);
        separate = true;
    }
    if (!mixed)
        return at;
    *at++ = ':';
    return put_ipv4(at, ip->bytes + 12);
}

void
it_ip_format(const it_ip_t *ip, char out[IT_IP_TEXT_MAX])
{
    char *end = ip->family == 4 ? put_ipv4(out, ip->bytes) : put_ipv6(out, ip);
    *end = 0;
}

void
it_cidr_format(const it_cidr_t *cidr, char out[IT_CIDR_TEXT_MAX])
{
    it_ip_format(&cidr->ip, out);
    char *end = out + strlen(out);
    *end++ = '/';
    *put_number(end, cidr->length, 10) = 0;
}

/* ---- reading ---- */

/* A number of at most DIGITS digits out of TEXT at *AT; -1: there is none. */
static int32_t
take_number(kt_span_t text, size_t *at, uint32_t base, uint32_t digits)
{
    int32_t number = -1;
    for (uint32_t i = 0; i < digits && *at < text.size; i++, (*at)++) {
        uint8_t c = text.data[*at];
        uint32_t digit = base;
        if (c >= '0' && c <= '9')
            digit = c - (uint32_t)'0';
        else if (c >= 'a' && c <= 'f')
            digit = c - (uint32_t)'a' + 10;
        if (digit >= base)
            break;
        number = (number < 0 ? 0 : number) * (int32_t)base + (int32_t)digit;
    }
    return number;
}

static bool
take(kt_span_t text, size_t *at, char c)
{
    if (*at >= text.size || text.data[*at] != (uint8_t)c)
        return false;
    (*at)++;
    return true;
}

static bool
read_ipv4(kt_span_t text, uint8_t bytes[4])
{
    size_t at = 0;
    for (uint32_t i = 0; i < 4; i++) {
        int32_t number = i > 0 && !take(text, &at, '.') ? -1 : take_number(text, &at, 10, 3);
        if (number < 0 || number > 255)
            return false;
        bytes[i] = (uint8_t)number;
    }
    return at == text.size;
}

/* Groups on both sides of "::", of which there is at most one. */
typedef struct groups {
    uint8_t bytes[IT_IP_BYTES_MAX];
    uint32_t count; /* of bytes */
    uint32_t gap;   /* where "::" stands; UINT32_MAX: nowhere */
} groups_t;

/* What stands between colons: a group, or at the end an IPv4 address. */
static bool
read_group(kt_span_t text, size_t *at, groups_t *g)
{
    kt_span_t rest = kt_span(text.data + *at, text.size - *at);
    if (g->count + 4 <= IT_IP_BYTES_MAX && read_ipv4(rest, g->bytes + g->count)) {
        g->count += 4;
        *at = text.size;
        return true;
    }
    int32_t number = take_number(text, at, 16, 4);
    if (number < 0 || g->count + 2 > IT_IP_BYTES_MAX)
        return false;
    g->bytes[g->count++] = (uint8_t)(number >> 8);
    g->bytes[g->count++] = (uint8_t)number;
    return true;
}

static bool
read_groups(kt_span_t text, groups_t *g)
{
    size_t at = 0;
    while (at < text.size) {
        bool colon = take(text, &at, ':');
        if (colon && take(text, &at, ':')) {
            if (g->gap != UINT32_MAX)
                return false;
            g->gap = g->count;
            if (at == text.size)
                break;
        } else if (colon != (g->count > 0)) {
            return false;
        }
        if (!read_group(text, &at, g))
            return false;
    }
    return g->gap != UINT32_MAX ? g->count < IT_IP_BYTES_MAX : g->count == IT_IP_BYTES_MAX;
}

static bool
read_ipv6(kt_span_t text, uint8_t bytes[IT_IP_BYTES_MAX])
{
    groups_t g = {.gap = UINT32_MAX};
    if (!read_groups(text, &g))
        return false;
    uint32_t before = KT_MIN(g.gap, g.count), behind = g.count - before;
    memset(bytes, 0, IT_IP_BYTES_MAX);
    memcpy(bytes, g.bytes, before);
    memcpy(bytes + IT_IP_BYTES_MAX - behind, g.bytes + before, behind);
    return true;
}

const char *
it_ip_parse(kt_span_t text, it_ip_t *ip)
{
    char canonical[IT_IP_TEXT_MAX];
    it_ip_t read = {.family = 4};
    if (text.size >= IT_IP_TEXT_MAX)
        return "is no IPv4 or IPv6 address";
    if (!read_ipv4(text, read.bytes)) {
        read = (it_ip_t){.family = 6};
        if (!read_ipv6(text, read.bytes))
            return "is no IPv4 or IPv6 address";
    }
    it_ip_format(&read, canonical);
    if (!kt_span_equal(text, kt_span_str(canonical)))
        return "is not spelled as RFC 5952 does: no leading zeros, lower case, the longest zeros "
               "as ::";
    *ip = read;
    return NULL;
}

const char *
it_cidr_parse(kt_span_t text, it_cidr_t *cidr)
{
    size_t slash = 0;
    while (slash < text.size && text.data[slash] != '/')
        slash++;
    if (slash == text.size)
        return "is a prefix: address/length";
    it_ip_t ip;
    const char *wrong = it_ip_parse(kt_span(text.data, slash), &ip);
    if (wrong)
        return wrong;
    size_t at = slash + 1;
    int32_t length = take_number(text, &at, 10, 3);
    bool zero_first = text.size - slash > 2 && text.data[slash + 1] == '0';
    if (at != text.size || zero_first || length < 0 || (uint32_t)length > it_ip_bits(&ip))
        return "has a length of 0 to 32 (IPv4) or 128 (IPv6), without leading zeros";
    it_cidr_t read = it_cidr_around(&ip, (uint8_t)length);
    if (it_ip_compare(&read.ip, &ip) != 0)
        return "has bits set behind its length";
    *cidr = read;
    return NULL;
}
