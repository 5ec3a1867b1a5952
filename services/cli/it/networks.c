/* kantor it networks, addresses, targets and outages */
#include "../verbs.h"
#include "reach.h"

#define METHOD(name) (&it_networks_service.methods[IT_NETWORKS_##name])
#define PROBES(name) (&it_probes_service.methods[IT_PROBES_##name])

/* ---- networks ---- */

static int
put_vrfs(it_page_t *v)
{
    it_list_vrfs_request_t request = IT_LIST_VRFS_REQUEST_INIT;
    const it_list_vrfs_response_t *page;
    const void *response;
    request.page_size = IT_PAGE_SIZE;
    do {
        request.page_token = v->token;
        int code = it_page_call(v, METHOD(LIST_VRFS), &request.base, "VRFs", &response);
        if (code != 0)
            return code;
        page = (const it_list_vrfs_response_t *)response;
        for (size_t i = 0; i < page->n_vrfs; i++)
            out_row(v->out, (const char *const[]){page->vrfs[i]->vrf, "", "", "", "",
                                                  page->vrfs[i]->title, NULL, NULL});
    } while (it_page_next(v, page->next_page_token));
    return 0;
}

/* A tree for people: what lies inside stands further right. */
static void
put_prefix(it_page_t *v, const it_prefix_t *prefix)
{
    char tree[512];
    int indent = v->cli->format == CLI_TABLE ? (int)KT_MIN(prefix->depth, 128) * 2 : 0;
    snprintf(tree, sizeof tree, "%*s%s", indent, "", prefix->prefix);
    out_row(v->out,
            (const char *const[]){prefix->vrf, tree, prefix->site, it_number(prefix->assigned).text,
                                  prefix->parent, prefix->title, it_number(prefix->depth).text,
                                  it_when(prefix->created_us).text});
}

static int
put_prefixes(it_page_t *v, const char *vrf)
{
    it_list_prefixes_request_t request = IT_LIST_PREFIXES_REQUEST_INIT;
    const it_list_prefixes_response_t *page;
    const void *response;
    request.vrf = it_given(vrf);
    request.page_size = IT_PAGE_SIZE;
    do {
        request.page_token = v->token;
        int code = it_page_call(v, METHOD(LIST_PREFIXES), &request.base, vrf, &response);
        if (code != 0)
            return code;
        page = (const it_list_prefixes_response_t *)response;
        for (size_t i = 0; i < page->n_prefixes; i++)
            put_prefix(v, page->prefixes[i]);
    } while (it_page_next(v, page->next_page_token));
    return 0;
}

static int
networks(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"vrf", "vrf", OUT_TEXT},    {"prefix", "prefix", OUT_TEXT},
        {"site", "site", OUT_TEXT},  {"assigned", "assigned", OUT_NUMBER},
        {"parent", NULL, OUT_TEXT},  {"title", "title", OUT_TEXT},
        {"depth", NULL, OUT_NUMBER}, {"created", NULL, OUT_TEXT},
    };
    it_page_t v = {0};
    const char *vrf = cli_text(cli, "vrf");
    int code = it_page_open(&v, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = vrf ? put_prefixes(&v, vrf) : put_vrfs(&v);
    return it_page_close(&v, code);
}

static const cli_option_t networks_options[] = {
    {"vrf", 0, "VRF", "the prefixes of this one; else the VRFs there are"},
};
static const char *const networks_examples[] = {"kantor it networks",
                                                "kantor it networks --vrf main", NULL};
const cli_verb_t cli_verb_it_networks = {
    .name = "it networks",
    .operands = "",
    .summary = "Address plans: VRFs, and the prefixes of one as a tree.",
    .options = networks_options,
    .options_count = KT_COUNT(networks_options),
    .examples = networks_examples,
    .run = networks,
};

/* ---- addresses ---- */

static void
put_address(it_page_t *v, const it_address_t *address)
{
    out_row(v->out,
            (const char *const[]){address->address, address->holder, address->prefix,
                                  it_when(address->assigned_us).text, address->assigned_by});
}

static int
list_addresses(it_page_t *v, const char *vrf, const char *prefix)
{
    it_list_addresses_request_t request = IT_LIST_ADDRESSES_REQUEST_INIT;
    const it_list_addresses_response_t *page;
    const void *response;
    request.vrf = it_given(vrf);
    request.prefix = it_given(prefix);
    request.page_size = IT_PAGE_SIZE;
    do {
        request.page_token = v->token;
        int code = it_page_call(v, METHOD(LIST_ADDRESSES), &request.base, vrf, &response);
        if (code != 0)
            return code;
        page = (const it_list_addresses_response_t *)response;
        for (size_t i = 0; i < page->n_addresses; i++)
            put_address(v, page->addresses[i]);
    } while (it_page_next(v, page->next_page_token));
    return 0;
}

/* The lowest free address of PREFIX becomes HOLDER's. */
static int
take_next(it_page_t *v, const char *vrf, const char *prefix, const char *holder)
{
    it_allocate_address_request_t request = IT_ALLOCATE_ADDRESS_REQUEST_INIT;
    const void *response;
    request.vrf = it_given(vrf);
    request.prefix = it_given(prefix);
    request.holder = it_given(holder);
    int code = it_page_call(v, METHOD(ALLOCATE_ADDRESS), &request.base, prefix, &response);
    if (code == 0)
        put_address(v, (const it_address_t *)response);
    return code;
}

static int
addresses(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"address", "address", OUT_TEXT}, {"holder", "holder", OUT_TEXT},
        {"prefix", "prefix", OUT_TEXT},   {"assigned", "assigned", OUT_TEXT},
        {"assigned_by", "by", OUT_TEXT},
    };
    it_page_t v = {0};
    const char *vrf = cli_required(cli, "vrf"), *prefix = cli_text(cli, "prefix");
    const char *holder = cli_text(cli, "next-for");
    if (!vrf)
        return CLI_EXIT_USAGE;
    if (holder && !prefix)
        return cli_fail(cli, CLI_EXIT_USAGE, "--next-for wants the --prefix to take it from");
    int code = it_page_open(&v, cli, columns, KT_COUNT(columns));
    if (code == 0)
        code = holder ? take_next(&v, vrf, prefix, holder) : list_addresses(&v, vrf, prefix);
    return it_page_close(&v, code);
}

static const cli_option_t addresses_options[] = {
    {"vrf", 0, "VRF", "the routing table they are of"},
    {"prefix", 0, "CIDR", "only those inside"},
    {"next-for", 0, "HOLDER", "give the lowest free one of the prefix to this holder"},
};
static const char *const addresses_examples[] = {
    "kantor it addresses --vrf main --prefix 10.1.0.0/24",
    "kantor it addresses --vrf main --prefix 10.1.0.0/24 --next-for printer-2", NULL};
const cli_verb_t cli_verb_it_addresses = {
    .name = "it addresses",
    .operands = "",
    .summary = "Addresses that are assigned, and the next free one.",
    .options = addresses_options,
    .options_count = KT_COUNT(addresses_options),
    .examples = addresses_examples,
    .run = addresses,
};

/* ---- targets ---- */

static void
put_target(it_page_t *v, const it_probe_target_t *target)
{
    char where[320];
    if (target->kind == IT_TARGET_KIND_TCP)
        snprintf(where, sizeof where, "%s port %u", target->host, (unsigned)target->port);
    else
        snprintf(where, sizeof where, "%s",
                 target->department[0] ? target->department : "the broker");
    out_row(v->out, (const char *const[]){target->target, where, it_state_text(target),
                                          it_when(target->since_us).text,
                                          target->in_maintenance ? "yes" : "no", target->depends_on,
                                          target->outage, it_when(target->last_us).text,
                                          target->last_text});
}

static int
targets(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"target", "target", OUT_TEXT},
        {"where", "where", OUT_TEXT},
        {"state", "state", OUT_TEXT},
        {"since", "since", OUT_TEXT},
        {"in_maintenance", "maintenance", OUT_YES},
        {"depends_on", "depends on", OUT_TEXT},
        {"outage", NULL, OUT_TEXT},
        {"last", NULL, OUT_TEXT},
        {"text", "last heard", OUT_TEXT},
    };
    it_page_t v = {0};
    it_list_targets_request_t request = IT_LIST_TARGETS_REQUEST_INIT;
    const void *response;
    const it_list_targets_response_t *page = NULL;
    int code = it_page_open(&v, cli, columns, KT_COUNT(columns));
    request.page_size = IT_PAGE_SIZE;
    while (code == 0 && (!page || v.token[0])) {
        request.page_token = v.token;
        code = it_page_call(&v, PROBES(LIST_TARGETS), &request.base, "targets", &response);
        if (code != 0)
            break;
        page = (const it_list_targets_response_t *)response;
        for (size_t i = 0; i < page->n_targets; i++)
            put_target(&v, page->targets[i]);
        it_page_next(&v, page->next_page_token);
    }
    return it_page_close(&v, code);
}

static const char *const targets_examples[] = {"kantor it targets", NULL};
const cli_verb_t cli_verb_it_targets = {
    .name = "it targets",
    .operands = "",
    .summary = "What is probed, and whether it is reachable.",
    .examples = targets_examples,
    .run = targets,
};

/* ---- outages ---- */

static int
outages(cli_t *cli)
{
    static const out_column_t columns[] = {
        {"outage", "outage", OUT_TEXT}, {"target", "root cause", OUT_TEXT},
        {"state", "state", OUT_TEXT},   {"opened", "opened", OUT_TEXT},
        {"closed", "closed", OUT_TEXT}, {"merged_into", "merged into", OUT_TEXT},
        {"ticket", "ticket", OUT_TEXT}, {"excused", NULL, OUT_YES},
    };
    it_page_t v = {0};
    it_list_outages_request_t request = IT_LIST_OUTAGES_REQUEST_INIT;
    const void *response;
    const it_list_outages_response_t *page = NULL;
    int code = it_page_open(&v, cli, columns, KT_COUNT(columns));
    request.page_size = IT_PAGE_SIZE;
    request.open_only = !cli_flag(cli, "all");
    while (code == 0 && (!page || v.token[0])) {
        request.page_token = v.token;
        code = it_page_call(&v, PROBES(LIST_OUTAGES), &request.base, "outages", &response);
        if (code != 0)
            break;
        page = (const it_list_outages_response_t *)response;
        for (size_t i = 0; i < page->n_outages; i++) {
            const it_outage_t *o = page->outages[i];
            out_row(v.out, (const char *const[]){
                               o->outage, o->target,
                               it_enum_text(&it_outage_state_descriptor, (int)o->state, "OUTAGE_"),
                               it_when(o->opened_us).text, it_when(o->closed_us).text,
                               o->merged_into, o->ticket, o->excused ? "yes" : "no"});
        }
        it_page_next(&v, page->next_page_token);
    }
    return it_page_close(&v, code);
}

static const cli_option_t outages_options[] = {
    {"all", 'a', NULL, "those that are over as well"},
};
static const char *const outages_examples[] = {"kantor it outages", "kantor it outages --all",
                                               NULL};
const cli_verb_t cli_verb_it_outages = {
    .name = "it outages",
    .operands = "",
    .summary = "Outages that are open, each with its root cause and its ticket.",
    .options = outages_options,
    .options_count = KT_COUNT(outages_options),
    .examples = outages_examples,
    .run = outages,
};
