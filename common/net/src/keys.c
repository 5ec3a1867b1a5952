/* CURVE keys and czmq's certificate files, read and written through zconfig alone: zcert changes
 * the process's umask, and zsys installs signal handlers. */
#include <czmq.h>
#include <fcntl.h>
#include <kt/net.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERTIFICATE_BYTES_MAX 65536
#define NAME_CHARS_MAX        64

kt_status_t
kt_keys_generate(kt_key_pair_t *keys)
{
    if (zmq_curve_keypair(keys->public_key, keys->secret_key) != 0)
        return kt_error(KT_INTERNAL, 0, "libzmq was built without CURVE");
    return kt_ok();
}

static kt_status_t
write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return errno == EEXIST ? kt_error(KT_ALREADY_EXISTS, 0, "there is a key file already")
                               : kt_error(KT_FAILED_PRECONDITION, 0, "cannot create the key file");
    size_t size = strlen(text);
    bool written = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    if (close(fd) == 0 && written)
        return kt_ok();
    (void)unlink(path);
    return kt_error(KT_FAILED_PRECONDITION, 0, "cannot write the key file");
}

static kt_status_t
save(const char *path, const char *name, const char *public_key, const char *secret_key)
{
    zconfig_t *root = zconfig_new("root", NULL);
    zconfig_put(root, "metadata/name", name);
    zconfig_put(root, "curve/public-key", public_key);
    if (secret_key)
        zconfig_put(root, "curve/secret-key", secret_key);
    char *text = zconfig_str_save(root);
    kt_status_t status = text ? write_file(path, text, secret_key ? 0600 : 0644)
                              : kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a certificate");
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    zconfig_destroy(&root);
    return status;
}

static bool
name_valid(const char *name)
{
    size_t length = strspn(name,
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length > 0 && length <= NAME_CHARS_MAX && name[length] == '\0';
}

kt_status_t
kt_keys_save(const kt_key_pair_t *keys, const char *name, const char *public_path,
             const char *secret_path)
{
    if (!name_valid(name))
        return kt_error(KT_INVALID_ARGUMENT, 0, "a certificate's name has letters, digits and ._-");
    if (secret_path)
        KT_TRY(save(secret_path, name, keys->public_key, keys->secret_key));
    if (public_path)
        KT_TRY(save(public_path, name, keys->public_key, NULL));
    return kt_ok();
}

/* Nobody but the owner may read it; or a group, when root owns it: so do containers' secrets come,
 * whose owner nobody inside can be. */
static bool
kept_secret(const struct stat *stat)
{
    return (stat->st_mode & (stat->st_uid == 0 ? 037 : 077)) == 0;
}

/* The whole file as a string that the caller frees. */
static kt_status_t
read_file(const char *path, bool secret, char **text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? kt_error(KT_NOT_FOUND, 0, "there is no such key file")
                               : kt_error(KT_PERMISSION_DENIED, 0, "cannot read the key file");
    struct stat stat;
    kt_status_t status = kt_ok();
    char *read_text = NULL;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size > CERTIFICATE_BYTES_MAX)
        status = kt_error(KT_INVALID_ARGUMENT, 0, "the key file is no certificate");
    else if (secret && !kept_secret(&stat))
        status = kt_error(KT_FAILED_PRECONDITION, 0,
                          "others may read the secret key file: chmod 600 it, or make a new key");
    else if (!(read_text = calloc(1, (size_t)stat.st_size + 1)))
        status = kt_error(KT_RESOURCE_EXHAUSTED, 0, "no memory for a certificate");
    else if (read(fd, read_text, (size_t)stat.st_size) != stat.st_size)
        status = kt_error(KT_FAILED_PRECONDITION, 0, "cannot read the key file");
    (void)close(fd);
    if (kt_failed(status)) {
        free(read_text);
        return status;
    }
    *text = read_text;
    return kt_ok();
}

static bool
key_get(zconfig_t *root, const char *path, char out[KT_KEY_CHARS + 1])
{
    const char *value = zconfig_get(root, path, "");
    uint8_t bytes[32];
    if (strlen(value) != KT_KEY_CHARS || !zmq_z85_decode(bytes, value))
        return false;
    memcpy(out, value, KT_KEY_CHARS + 1);
    return true;
}

static kt_status_t
keys_from(zconfig_t *root, bool secret, kt_key_pair_t *keys)
{
    kt_key_pair_t read_keys = {0};
    if (!key_get(root, "curve/public-key", read_keys.public_key))
        return kt_error(KT_INVALID_ARGUMENT, 0, "the file has no curve/public-key");
    if (secret) {
        char derived[KT_KEY_CHARS + 1];
        if (!key_get(root, "curve/secret-key", read_keys.secret_key))
            return kt_error(KT_INVALID_ARGUMENT, 0, "the file has no curve/secret-key");
        if (zmq_curve_public(derived, read_keys.secret_key) != 0 ||
            strcmp(derived, read_keys.public_key) != 0)
            return kt_error(KT_INVALID_ARGUMENT, 0, "the secret key is not the public key's");
    }
    *keys = read_keys;
    return kt_ok();
}

kt_status_t
kt_keys_load(const char *path, bool secret, kt_key_pair_t *keys)
{
    char *text = NULL;
    KT_TRY(read_file(path, secret, &text));
    zconfig_t *root = zconfig_str_load(text);
    kt_status_t status = root ? keys_from(root, secret, keys)
                              : kt_error(KT_INVALID_ARGUMENT, 0, "the key file is no certificate");
    zconfig_destroy(&root);
    explicit_bzero(text, strlen(text));
    free(text);
    return status;
}
