/*
 * addresses.h: IPv4 and IPv6 addresses and prefixes as text and as numbers. Own code, since the
 * domain knows no sockets: RFC 4632 (CIDR), RFC 4291 section 2.2 (text), RFC 5952 (the one spelling
 * of an IPv6 address).
 */
#ifndef IT_DOMAIN_ADDRESSES_H
#define IT_DOMAIN_ADDRESSES_H

#include <kt/span.h>

#define IT_IP_BYTES_MAX  16
#define IT_IP_TEXT_MAX   46 /* with its NUL */
#define IT_CIDR_TEXT_MAX 50
#define IT_CIDR_BITS_MAX 128

typedef struct it_ip {
    uint8_t family;                 /* 4 or 6 */
    uint8_t bytes[IT_IP_BYTES_MAX]; /* 4 or 16 of them, big-endian; the others zero */
} it_ip_t;

/* A prefix: bits past its length are zero. */
typedef struct it_cidr {
    it_ip_t ip;
    uint8_t length; /* 0..32 or 0..128 */
} it_cidr_t;

static inline uint32_t
it_ip_bits(const it_ip_t *ip)
{
    return ip->family == 4 ? 32 : 128;
}

/* NULL, or what is wrong with TEXT (static). Only the canonical spelling is taken, so that a text
 * names an address in one way. */
const char *it_ip_parse(kt_span_t text, it_ip_t *ip);
const char *it_cidr_parse(kt_span_t text, it_cidr_t *cidr);
void it_ip_format(const it_ip_t *ip, char out[IT_IP_TEXT_MAX]);
void it_cidr_format(const it_cidr_t *cidr, char out[IT_CIDR_TEXT_MAX]);

/* Family, then number. */
int it_ip_compare(const it_ip_t *a, const it_ip_t *b);
/* The prefix of LENGTH around IP. */
it_cidr_t it_cidr_around(const it_ip_t *ip, uint8_t length);
bool it_cidr_holds(const it_cidr_t *cidr, const it_ip_t *ip);
/* Whether INNER lies inside OUTER and is smaller. Two prefixes nest or are disjoint. */
bool it_cidr_inside(const it_cidr_t *inner, const it_cidr_t *outer);

/* How many addresses of it are for hosts; UINT64_MAX when there are more. */
uint64_t it_cidr_hosts(const it_cidr_t *cidr);
/* The host address of that place, 0 the lowest; PLACE is below it_cidr_hosts. */
it_ip_t it_cidr_host(const it_cidr_t *cidr, uint64_t place);
/* The place of IP; false when it is for no host (see it_cidr_hosts) or not inside. UINT64_MAX for
 * places that 64 bits do not hold. */
bool it_cidr_place(const it_cidr_t *cidr, const it_ip_t *ip, uint64_t *place);

#endif
