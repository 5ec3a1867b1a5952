/* kantor legal upload */
#include "../display.h"
#include "../progress.h"
#include "../verbs.h"
#include "legal.h"

#include <errno.h>
#include <kt/sha256.h>
#include <kt/time.h>
#include <sys/stat.h>

/* The department's own limits: of one call, and of all. */
#define PIECE_BYTES       49152
#define VERSION_BYTES_MAX (UINT64_C(16) << 20)

typedef struct sending {
    leg_verb_t v;
    const char *path;
    FILE *file;
    uint64_t size;
    char upload[32];
    kt_sha256_t sha;
    cli_progress_t progress;
} sending_t;

/* "application/pdf" by the file's ending. */
static const char *
type_of(const char *path)
{
    static const char *const types[][2] = {
        {".pdf", "application/pdf"},
        {".txt", "text/plain"},
        {".md", "text/markdown"},
        {".odt", "application/vnd.oasis.opendocument.text"},
        {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < KT_COUNT(types); i++)
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static const char *
name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int
open_file(sending_t *s)
{
    struct stat stat;
    s->file = fopen(s->path, "re");
    if (!s->file || fstat(fileno(s->file), &stat) != 0)
        return cli_fail(s->v.cli, CLI_EXIT_NOINPUT, "%s: %s", s->path, strerror(errno));
    if (!S_ISREG(stat.st_mode))
        return cli_fail(s->v.cli, CLI_EXIT_NOINPUT, "%s: is no file", s->path);
    s->size = (uint64_t)stat.st_size;
    if (s->size > VERSION_BYTES_MAX)
        return cli_fail(s->v.cli, KT_RESOURCE_EXHAUSTED, "%s: a version has at most 16 MiB",
                        s->path);
    return 0;
}

static int
begin(sending_t *s, const char *contract)
{
    const legal_upload_t *upload;
    const char *resumed = cli_text(s->v.cli, "resume"), *type = cli_text(s->v.cli, "type");
    legal_begin_version_request_t request = LEGAL_BEGIN_VERSION_REQUEST_INIT;
    if (resumed) {
        snprintf(s->upload, sizeof s->upload, "%s", resumed);
        return 0;
    }
    request.contract = leg_request_text(contract);
    request.media_type = leg_request_text(type ? type : type_of(s->path));
    request.name = leg_request_text(name_of(s->path));
    if (kt_failed(legal_contracts_begin_version(s->v.cli->client, &s->v.options, &request,
                                                &s->v.reply, &upload)))
        return leg_failed(&s->v, contract);
    snprintf(s->upload, sizeof s->upload, "%s", upload->upload);
    if (s->size > PIECE_BYTES)
        cli_say(s->v.cli, "Upload %s; should it be interrupted, --resume goes on with it.",
                s->upload);
    return 0;
}

/* Sends a piece; *THERE is how much the department has then. */
static int
put(sending_t *s, uint64_t offset, uint8_t *data, size_t size, uint64_t *there)
{
    const legal_upload_t *upload;
    legal_put_chunk_request_t request = LEGAL_PUT_CHUNK_REQUEST_INIT;
    request.upload = s->upload;
    request.offset = (int64_t)offset;
    request.data = (ProtobufCBinaryData){.data = data, .len = size};
    if (kt_failed(legal_contracts_put_chunk(s->v.cli->client, &s->v.options, &request, &s->v.reply,
                                            &upload))) {
        cli_progress_hide(&s->progress);
        int code = leg_failed(&s->v, s->path);
        if (code == KT_UNAVAILABLE || code == KT_DEADLINE_EXCEEDED)
            cli_say(s->v.cli, "To go on: the same command with --resume %s", s->upload);
        return code;
    }
    *there = (uint64_t)upload->size;
    return 0;
}

static int
send_all(sending_t *s)
{
    static uint8_t piece[PIECE_BYTES];
    uint64_t done = 0, there = 0;
    int code = 0;
    size_t size;
    kt_sha256_init(&s->sha);
    cli_progress_begin(&s->progress, s->v.cli->err, s->progress.mode, "uploading", "bytes");
    while (code == 0 && (size = fread(piece, 1, sizeof piece, s->file)) > 0) {
        kt_sha256_add(&s->sha, kt_span(piece, size));
        /* What is there already is not sent again; the hash tells whether it is the same. */
        if (done + size > there || done == 0)
            code = put(s, done, piece, size, &there);
        done += size;
        cli_progress_step(&s->progress, done, s->size, kt_clock_mono_us());
    }
    cli_progress_end(&s->progress, kt_clock_mono_us());
    if (code == 0 && ferror(s->file))
        code = cli_fail(s->v.cli, CLI_EXIT_NOINPUT, "%s: %s", s->path, strerror(errno));
    s->size = done;
    return code;
}

static int
finish(sending_t *s)
{
    char hex[LEG_HASH_CHARS + 1];
    const legal_contract_version_t *version;
    kt_hash_t hash = kt_sha256_end(&s->sha);
    legal_finish_version_request_t request = LEGAL_FINISH_VERSION_REQUEST_INIT;
    request.upload = s->upload;
    request.size = (int64_t)s->size;
    request.sha256 = (ProtobufCBinaryData){.data = hash.bytes, .len = sizeof hash.bytes};
    if (kt_failed(legal_contracts_finish_version(s->v.cli->client, &s->v.options, &request,
                                                 &s->v.reply, &version)))
        return leg_failed(&s->v, s->path);
    cli_hex(hash.bytes, sizeof hash.bytes, hex);
    leg_field(&s->v, "contract", "%s", version->contract);
    leg_field(&s->v, "version", "%u", (unsigned)version->version);
    leg_field(&s->v, "size", "%lld", (long long)version->size);
    leg_field(&s->v, "sha256", "%s", hex);
    return 0;
}

static int
upload(cli_t *cli)
{
    sending_t s = {.path = cli->operands[1]};
    int code = leg_open(&s.v, cli, leg_field_columns, KT_COUNT(leg_field_columns));
    if (!cli->quiet)
        s.progress.mode = cli_progress_choose(cli->err, cli_flag(cli, "progress"));
    if (code == 0)
        code = open_file(&s);
    if (code == 0)
        code = begin(&s, cli->operands[0]);
    if (code == 0)
        code = send_all(&s);
    if (code == 0)
        code = finish(&s);
    if (s.file)
        fclose(s.file);
    return leg_close(&s.v, code);
}

static const cli_option_t options[] = {
    {"type", 't', "TYPE", "the media type; else by the file's ending"},
    {"resume", 0, "UPLOAD", "go on with an upload that was interrupted"},
    {"progress", 0, NULL, "progress as lines where there is no terminal"},
};
static const char *const examples[] = {
    "kantor legal upload c-2026-001 contract.pdf",
    "kantor legal upload c-2026-001 contract.pdf --resume 01JDQ2X8RVK7Z1Y6M3T5P0N9AB", NULL};
const cli_verb_t cli_verb_legal_upload = {
    .name = "legal upload",
    .operands = "CONTRACT FILE",
    .operands_min = 2,
    .operands_max = 2,
    .summary = "Uploads a file as the next version of a contract.",
    .about = "Prints the version and its SHA-256, which approvals and signatures name. A new "
             "version voids the\n"
             "approvals and signatures of those before.",
    .options = options,
    .options_count = KT_COUNT(options),
    .examples = examples,
    .run = upload,
};
