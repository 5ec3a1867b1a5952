#include "report.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_STEPS 250 /* of 20 ms: until a server takes connections */

static struct sockaddr_in
loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A port that nobody uses now; 0 when there is none. */
static unsigned
free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool found = fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    if (fd >= 0)
        close(fd);
    return found ? ntohs(address.sin_port) : 0;
}

static bool
listens(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    bool connected = false;
    for (int i = 0; !connected && i < LISTEN_STEPS && !bench_interrupted(); i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
        if (fd >= 0)
            close(fd);
        if (!connected)
            nanosleep(&(struct timespec){.tv_nsec = 20000000L}, NULL);
    }
    return connected;
}

/* HAProxy between PORT and BEHIND: HTTP/2 without TLS on both sides, connections kept and shared.
 */
static bool
write_haproxy(const char *path, unsigned port, unsigned behind)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    fprintf(file,
            "global\n nbthread 2\ndefaults\n mode http\n timeout client 60s\n timeout server 60s\n"
            " timeout connect 5s\nfrontend f\n bind 127.0.0.1:%u proto h2\n default_backend u\n"
            "backend u\n balance roundrobin\n http-reuse always\n server s 127.0.0.1:%u proto h2\n",
            port, behind);
    return fclose(file) == 0;
}

static void
begin(bench_floor_t *floor, const char *program, const char *folder, const char *name)
{
    *floor = (bench_floor_t){0};
    snprintf(floor->program, sizeof floor->program, "%s", program);
    snprintf(floor->output, sizeof floor->output, "%.900s/%s.out", folder, name);
}

const char *
bench_peer_grpc(cli_t *cli, const char *anchors, const char *folder, size_t payload,
                bench_floor_t *floor)
{
    char program[BENCH_PATH_BYTES], haproxy[BENCH_PATH_BYTES], config[BENCH_PATH_BYTES],
        log[BENCH_PATH_BYTES], address[32];
    unsigned behind = free_port(), port = free_port();
    snprintf(program, sizeof program, "%.900s/grpcbench", anchors);
    snprintf(config, sizeof config, "%.900s/haproxy.cfg", folder);
    snprintf(log, sizeof log, "%.900s/grpc.log", folder);
    snprintf(address, sizeof address, "127.0.0.1:%u", behind);
    begin(floor, program, folder, "grpc");
    if (access(program, X_OK) != 0)
        return "grpcbench is not among the floor programs";
    if (!bench_find_program("haproxy", haproxy))
        return "haproxy is not installed";
    const char *const server[] = {program, "server", "--addr", address, "--api", "callback", NULL};
    const char *const proxy[] = {haproxy, "-db", "-f", config, NULL};
    floor->server = bench_spawn(cli,
                                &(bench_start_t){.program = program, .argv = server, .log = log});
    if (!write_haproxy(config, port, behind) || !listens(behind))
        return "the gRPC server did not start";
    floor->broker = bench_spawn(cli,
                                &(bench_start_t){.program = haproxy, .argv = proxy, .log = log});
    if (!listens(port) || !bench_floor_settled(floor))
        return "haproxy did not start";
    floor->reach = "--addr";
    snprintf(floor->front, sizeof floor->front, "127.0.0.1:%u", port);
    snprintf(floor->extra, sizeof floor->extra, "--api cq --size %zu", payload);
    return NULL;
}

void
bench_peer_grpc_version(const bench_floor_t *floor, char out[32])
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)floor->server);
    out[0] = 0;
    FILE *file = floor->server > 0 ? fopen(path, "re") : NULL;
    while (file && !out[0] && fgets(line, sizeof line, file)) {
        const char *at = strstr(line, "/libgrpc++.so.");
        if (at)
            snprintf(out, 32, "%.*s", (int)strcspn(at + 14, "\n"), at + 14);
    }
    if (file)
        fclose(file);
}

const char *
bench_peer_nats(cli_t *cli, const char *anchors, const char *folder, size_t payload,
                bench_floor_t *floor)
{
    char program[BENCH_PATH_BYTES], broker[BENCH_PATH_BYTES], log[BENCH_PATH_BYTES], port_text[16];
    unsigned port = free_port();
    snprintf(program, sizeof program, "%.900s/natsbench", anchors);
    snprintf(log, sizeof log, "%.900s/nats.log", folder);
    snprintf(port_text, sizeof port_text, "%u", port);
    begin(floor, program, folder, "nats");
    if (access(program, X_OK) != 0)
        return "natsbench is not among the floor programs";
    if (!bench_find_program("nats-server", broker))
        return "nats-server is not installed";
    const char *const nats[] = {broker, "-a", "127.0.0.1", "-p", port_text, NULL};
    floor->broker = bench_spawn(cli, &(bench_start_t){.program = broker, .argv = nats, .log = log});
    if (!listens(port))
        return "nats-server did not start";
    floor->reach = "--url";
    snprintf(floor->front, sizeof floor->front, "nats://127.0.0.1:%u", port);
    snprintf(floor->extra, sizeof floor->extra, "--size %zu --asap 1", payload);
    const char *const server[] = {program, "server", "--url", floor->front, "--asap", "1", NULL};
    floor->server = bench_spawn(cli,
                                &(bench_start_t){.program = program, .argv = server, .log = log});
    return bench_floor_settled(floor) ? NULL : "the NATS service did not start";
}

bench_floor_t
bench_peer_nats_for(const bench_floor_t *floor, unsigned in_flight)
{
    bench_floor_t copy = *floor;
    const char *way = in_flight == 1 ? "req" : "async";
    snprintf(copy.extra, sizeof copy.extra, "%.40s --api %s", floor->extra, way);
    return copy;
}
