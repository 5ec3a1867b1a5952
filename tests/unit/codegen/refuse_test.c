/* Contracts that must not build: protoc is run on each, and fails with our words. */
#include "testing.h"
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_BYTES 8192

static const char *protoc, *plugin, *proto_dir, *system_dir;

#define HEAD                                                                                       \
    "syntax = \"proto3\"; package t.v1; import \"kantor/rpc/v1/rule.proto\";"                      \
    " option (kantor.rpc.v1.c_prefix) = \"t\"; "
#define SERVICE(method) HEAD "message M {} service S { " method " } "
#define RULE(text)      "{ option (kantor.rpc.v1.rule) = { " text " }; }"
#define LONG_NAME                                                                                  \
    "N1234567890123456789012345678901234567890123456789012345678901234567890123456789"             \
    "N1234567890123456789012345678901234567890123456789012345678901234567890123456789"             \
    "N1234567890123456789012345678901234567890123456789012345678901234567890123456789"

static const struct row {
    const char *name;
    const char *contract;
    const char *expected; /* NULL: it builds */
} rows[] = {
    {"a good one", SERVICE("rpc A(M) returns (M) " RULE("kind: READ roles: \"x.y\"")), NULL},
    {"no rule", SERVICE("rpc A(M) returns (M);"),
     "x.proto: method /t.v1.S/A has no rule: add "
     "`option (kantor.rpc.v1.rule) = { kind: READ roles: \"...\" };`\n"},
    {"no kind", SERVICE("rpc A(M) returns (M) " RULE("roles: \"*\"")),
     "x.proto: the rule of method /t.v1.S/A has no kind: add `kind: READ`, WRITE or ADMIN\n"},
    {"no role", SERVICE("rpc A(M) returns (M) " RULE("kind: READ")),
     "x.proto: the rule of method /t.v1.S/A names no role, so nobody could call it: add "
     "`roles: \"<department>.<role>\"`, or \"*\" for every principal\n"},
    {"nine roles",
     SERVICE("rpc A(M) returns (M) " RULE(
         "kind: READ roles: [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\"]")),
     "x.proto: the rule of method /t.v1.S/A names 9 roles, more than 8: make one role of some\n"},
    {"everyone and somebody",
     SERVICE("rpc A(M) returns (M) " RULE("kind: READ roles: [\"*\", \"x\"]")),
     "x.proto: the rule of method /t.v1.S/A has \"*\" beside other roles: leave it or them out\n"},
    {"a role with capitals", SERVICE("rpc A(M) returns (M) " RULE("kind: READ roles: \"Clerk\"")),
     "x.proto: role \"Clerk\" of method /t.v1.S/A is no role name: use [a-z0-9.-]{1,48}\n"},
    {"an empty role", SERVICE("rpc A(M) returns (M) " RULE("kind: READ roles: \"\"")),
     "x.proto: role \"\" of method /t.v1.S/A is no role name: use [a-z0-9.-]{1,48}\n"},
    {"a write that takes a stream",
     SERVICE("rpc A(stream M) returns (M) " RULE("kind: WRITE roles: \"*\"")),
     "x.proto: method /t.v1.S/A is a WRITE and streams, but a write is one transaction with one "
     "idempotency key: make it unary with a repeated field\n"},
    {"a write that gives a stream",
     SERVICE("rpc A(M) returns (stream M) " RULE("kind: WRITE roles: \"*\"")),
     "x.proto: method /t.v1.S/A is a WRITE and streams, but a write is one transaction with one "
     "idempotency key: make it unary with a repeated field\n"},
    {"a word of C", SERVICE("rpc Double(M) returns (M) " RULE("kind: READ roles: \"*\"")),
     "x.proto: method /t.v1.S/Double would be called `double` in C, which is a word of C: rename "
     "it\n"},
    {"a long path", SERVICE("rpc " LONG_NAME "(M) returns (M) " RULE("kind: READ roles: \"*\"")),
     "x.proto: the path of method /t.v1.S/" LONG_NAME
     " is longer than 200 bytes: shorten its name\n"},
    {"recursion", HEAD "message M { M inner = 1; }",
     "x.proto: message t.v1.M holds itself by way of field t.v1.M.inner, and protobuf-c unpacks "
     "without a "
     "limit of depth: refer to the inner one by its id\n"},
    {"recursion in a ring",
     HEAD "message A { repeated B b = 1; } message B { oneof o { A a = 1; } }",
     "x.proto: message t.v1.A holds itself by way of field t.v1.B.a, and protobuf-c unpacks "
     "without a "
     "limit of depth: refer to the inner one by its id\n"},
    {"recursion in what is imported",
     "syntax = \"proto3\"; import \"google/protobuf/struct.proto\"; import "
     "\"kantor/rpc/v1/rule.proto\";"
     " option (kantor.rpc.v1.c_prefix) = \"t\"; message M { google.protobuf.ListValue v = 1; }",
     "message google.protobuf.ListValue holds itself by way of field"},
    {"optional", HEAD "message M { optional int32 n = 1; }",
     "x.proto: field t.v1.M.n is `optional`, which protobuf-c cannot do in proto3: "
     "use a oneof of one field\n"},
    {"a map", HEAD "message M { map<string, int32> n = 1; }",
     "x.proto: field t.v1.M.n is a map, of which protobuf-c keeps double keys: "
     "use a repeated message of key and value\n"},
    {"proto2",
     "syntax = \"proto2\"; package t.v1; import \"kantor/rpc/v1/rule.proto\";"
     " option (kantor.rpc.v1.c_prefix) = \"t\"; message M { required int32 n = 1; }",
     "x.proto: not proto3: write `syntax = \"proto3\";` as its first line\n"},
    {"no prefix, a message", "syntax = \"proto3\"; message M {}",
     "x.proto: no prefix for its C names: add `option (kantor.rpc.v1.c_prefix) = \"...\";`\n"},
    {"no prefix, an enum", "syntax = \"proto3\"; enum E { A = 0; }",
     "x.proto: no prefix for its C names: add `option (kantor.rpc.v1.c_prefix) = \"...\";`\n"},
    {"no prefix, nothing that needs one", "syntax = \"proto3\";", NULL},
    {"a bad prefix",
     "syntax = \"proto3\"; import \"kantor/rpc/v1/rule.proto\";"
     " option (kantor.rpc.v1.c_prefix) = \"2t\"; message M {}",
     "x.proto: c_prefix \"2t\" does not begin a C name: use [a-z][a-z0-9_]*\n"},
    {"two types of one name", HEAD "message A { message Bee {} } message ABee {}",
     "t.v1.A.Bee and t.v1.ABee would both be called t_a_bee_t in C: rename one of them\n"},
    {"two constants of one name", HEAD "enum E { Z = 0; X_Y = 1; } enum E_X { W = 0; Y = 1; }",
     "t.v1.E.X_Y and t.v1.E_X.Y would both be called T_E_X_Y in C: rename one of them\n"},
    {"a message like a service's struct", HEAD "message SHandlers {} service S {}",
     "t.v1.S and t.v1.SHandlers would both be called t_s_handlers_t in C: rename one of them\n"},
    {"two faults are both told",
     SERVICE("rpc A(M) returns (M); rpc B(M) returns (M) " RULE("kind: READ")), "names no role"},
};

static char folder[] = "/tmp/kantor-refuse-XXXXXX";

static int
run_protoc(const char *contract, const char *out_option, char output[OUTPUT_BYTES])
{
    char path[64], command[4096];
    snprintf(path, sizeof(path), "%s/x.proto", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(contract, file);
    fclose(file);
    snprintf(command, sizeof(command),
             "'%s' --plugin=protoc-gen-kantor='%s' --kantor_out=%s:%s -I %s -I '%s' -I '%s' "
             "x.proto 2>&1",
             protoc, plugin, out_option, folder, folder, proto_dir, system_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    output[fread(output, 1, OUTPUT_BYTES - 1, pipe)] = '\0';
    return pclose(pipe);
}

static void
check_row(const struct row *row)
{
    char output[OUTPUT_BYTES];
    int status = run_protoc(row->contract, "set=x", output);
    if (!row->expected && (status != 0 || output[0] != '\0'))
        fail_msg("%s: should build, but: %s", row->name, output);
    if (row->expected && status == 0)
        fail_msg("%s: should not build", row->name);
    if (row->expected && !strstr(output, row->expected))
        fail_msg("%s: expected: %s\nbut: %s", row->name, row->expected, output);
}

static void
every_refusal_says_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < KT_COUNT(rows); i++)
        check_row(&rows[i]);
}

static void
fields_are_limited(void **state)
{
    static char contract[16384];
    char output[OUTPUT_BYTES];
    int size = snprintf(contract, sizeof(contract), HEAD "message M {");
    (void)state;
    for (int i = 1; i <= 256; i++)
        size += snprintf(contract + size, sizeof(contract) - (size_t)size, " int32 n%d = %d;", i,
                         i);
    strcpy(contract + size, " }");
    assert_int_equal(run_protoc(contract, "set=x", output), 0);
    strcpy(contract + size, " int32 n257 = 257; }");
    assert_int_not_equal(run_protoc(contract, "set=x", output), 0);
    assert_non_null(strstr(output,
                           "x.proto: message t.v1.M has more than 256 fields: put some into a "
                           "message of their own\n"));
}

static void
only_a_good_parameter_is_taken(void **state)
{
    char output[OUTPUT_BYTES];
    const char *bad[] = {"speed=9", "set=", "set=A-B"};
    (void)state;
    for (size_t i = 0; i < KT_COUNT(bad); i++) {
        assert_int_not_equal(run_protoc("syntax = \"proto3\";", bad[i], output), 0);
        assert_non_null(strstr(output, "only set=<name> is known, of [a-z0-9_]"));
    }
}

static void
garbage_is_no_request(void **state)
{
    char command[1024], output[OUTPUT_BYTES];
    (void)state;
    snprintf(command, sizeof(command), "printf '\\377\\377' | '%s' 2>&1", plugin);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    output[fread(output, 1, OUTPUT_BYTES - 1, pipe)] = '\0';
    assert_int_not_equal(pclose(pipe), 0);
    assert_non_null(strstr(output, "no CodeGeneratorRequest"));
}

static int
remove_folder(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_says_what_to_do),
        cmocka_unit_test(fields_are_limited),
        cmocka_unit_test(only_a_good_parameter_is_taken),
        cmocka_unit_test(garbage_is_no_request),
    };
    if (argc != 5 || !mkdtemp(folder)) {
        fprintf(stderr, "usage: %s PROTOC PLUGIN PROTO-DIR SYSTEM-PROTO-DIR\n", argv[0]);
        return 2;
    }
    protoc = argv[1];
    plugin = argv[2];
    proto_dir = argv[3];
    system_dir = argv[4];
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
