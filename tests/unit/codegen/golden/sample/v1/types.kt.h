/* Made by protoc-gen-kantor from sample/v1/types.proto. Do not edit. */
#ifndef SAMPLE_V1_TYPES_KT_H
#define SAMPLE_V1_TYPES_KT_H

#include <sample/v1/types.pb-c.h>
#include <kantor/rpc/v1/rule.kt.h>
#include <kt/method.h>

/* sample.v1.Colour */
typedef Sample__V1__Colour smp_colour_t;
#define smp_colour_descriptor sample__v1__colour__descriptor
#define SMP_COLOUR_UNSPECIFIED SAMPLE__V1__COLOUR__COLOUR_UNSPECIFIED
#define SMP_COLOUR_RED SAMPLE__V1__COLOUR__RED
#define SMP_COLOUR_2 SAMPLE__V1__COLOUR__COLOUR_2

/* sample.v1.HTTPOuter.Inner.Mood */
typedef Sample__V1__HTTPOuter__Inner__Mood smp_http_outer_inner_mood_t;
#define smp_http_outer_inner_mood_descriptor sample__v1__httpouter__inner__mood__descriptor
#define SMP_HTTP_OUTER_INNER_MOOD_UNSPECIFIED SAMPLE__V1__HTTPOUTER__INNER__MOOD__MOOD_UNSPECIFIED
#define SMP_HTTP_OUTER_INNER_MOOD_GOOD SAMPLE__V1__HTTPOUTER__INNER__MOOD__GOOD

/* sample.v1.Scalars */
typedef Sample__V1__Scalars smp_scalars_t;
#define SMP_SCALARS_INIT SAMPLE__V1__SCALARS__INIT
#define smp_scalars_descriptor sample__v1__scalars__descriptor

/* sample.v1.Lists */
typedef Sample__V1__Lists smp_lists_t;
#define SMP_LISTS_INIT SAMPLE__V1__LISTS__INIT
#define smp_lists_descriptor sample__v1__lists__descriptor

/* sample.v1.HTTPOuter */
typedef Sample__V1__HTTPOuter smp_http_outer_t;
#define SMP_HTTP_OUTER_INIT SAMPLE__V1__HTTPOUTER__INIT
#define smp_http_outer_descriptor sample__v1__httpouter__descriptor
typedef Sample__V1__HTTPOuter__ChoiceCase smp_http_outer_choice_case_t;
#define SMP_HTTP_OUTER_CHOICE_NOT_SET SAMPLE__V1__HTTPOUTER__CHOICE__NOT_SET
#define SMP_HTTP_OUTER_CHOICE_TEXT SAMPLE__V1__HTTPOUTER__CHOICE_TEXT
#define SMP_HTTP_OUTER_CHOICE_SOME_CORE SAMPLE__V1__HTTPOUTER__CHOICE_SOME_CORE
#define SMP_HTTP_OUTER_CHOICE_FLAG SAMPLE__V1__HTTPOUTER__CHOICE_FLAG
#define SMP_HTTP_OUTER_CHOICE_COLOUR SAMPLE__V1__HTTPOUTER__CHOICE_COLOUR
#define SMP_HTTP_OUTER_CHOICE_NUMBER SAMPLE__V1__HTTPOUTER__CHOICE_NUMBER
#define SMP_HTTP_OUTER_CHOICE_RAW SAMPLE__V1__HTTPOUTER__CHOICE_RAW
#define SMP_HTTP_OUTER_CHOICE_BIG SAMPLE__V1__HTTPOUTER__CHOICE_BIG

/* sample.v1.HTTPOuter.Inner */
typedef Sample__V1__HTTPOuter__Inner smp_http_outer_inner_t;
#define SMP_HTTP_OUTER_INNER_INIT SAMPLE__V1__HTTPOUTER__INNER__INIT
#define smp_http_outer_inner_descriptor sample__v1__httpouter__inner__descriptor

/* sample.v1.HTTPOuter.Inner.Core */
typedef Sample__V1__HTTPOuter__Inner__Core smp_http_outer_inner_core_t;
#define SMP_HTTP_OUTER_INNER_CORE_INIT SAMPLE__V1__HTTPOUTER__INNER__CORE__INIT
#define smp_http_outer_inner_core_descriptor sample__v1__httpouter__inner__core__descriptor

/* sample.v1.Nothing */
typedef Sample__V1__Nothing smp_nothing_t;
#define SMP_NOTHING_INIT SAMPLE__V1__NOTHING__INIT
#define smp_nothing_descriptor sample__v1__nothing__descriptor

/* sample.v1.Sparse */
typedef Sample__V1__Sparse smp_sparse_t;
#define SMP_SPARSE_INIT SAMPLE__V1__SPARSE__INIT
#define smp_sparse_descriptor sample__v1__sparse__descriptor

#endif
